// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// Touched returns the files that patches change, make or remove, in order.
func Touched(patches []*patchset.Patch, opts *Options) []string {
	names := map[string]bool{}
	for _, p := range patches {
		for _, c := range changesOf(p, opts.naming()) {
			if wanted(opts.Filters, c.name()) {
				names[c.oldName], names[c.newName] = true, true
			}
		}
	}
	var list []string
	for name := range names {
		if name != "" && tree.CheckPath(name) == nil {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// Reject has git apply --reject put p into a plain directory: what fits of it, and for each file the rest into a
// file beside it, FILE.rej. What git says goes to out. It reports whether all of it fits.
func Reject(ctx context.Context, dir string, p *patchset.Patch, opts *Options, out io.Writer) (fits bool, err error) {
	s := session{opts: opts}
	if s.white, err = whitespaceOf(ctx, nil, opts); err != nil {
		return false, err
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return false, err
	}
	args := append([]string{"git", "apply", "--reject"}, s.gitArgs()...)
	if opts.Reverse {
		args = append(args, "-R")
	}
	_, err = run.Output(ctx, run.Cmd{
		Args: args, Dir: full, Stdin: bytes.NewReader(p.Diff), Tee: out,
		// No repository that the directory may lie in: git would take the names to be below it.
		Env: run.GitEnv("GIT_CEILING_DIRECTORIES=" + filepath.Dir(full)),
	})
	var failed *run.Error
	if errors.As(err, &failed) && failed.ExitCode == 1 {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("git apply --reject: %w", err)
	}
	return true, nil
}
