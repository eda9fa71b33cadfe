// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// Applied is what came of [ApplyWithGit].
type Applied struct {
	// Changes are what the patch makes of the files; nil where it is refused.
	Changes []tree.Change
	// Refused is what git says of a patch that it does not take, else "".
	Refused string
	// Warnings are what it says of one that it takes, a line each.
	Warnings []string
}

// ApplyWithGit lets git apply diff to files, with args of git apply, such as those about white space.
// All is done in a repository of its own, which holds just the files at paths, what stands in their
// way, and the attributes that count for them. Where t, which may be nil, is a git repository, its
// configuration counts, and its objects are at hand. Ctx ends git.
func ApplyWithGit(ctx context.Context, t *tree.Tree, files fs.FS, paths []string, diff []byte, args ...string) (*Applied, error) {
	dir, err := os.MkdirTemp("", "lsmpatch-apply-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	m := &scratch{dir: dir}
	var r *git.Repo
	if t != nil && t.Repo != nil {
		r = t.Repo
		if m.config, err = r.ConfigOf(ctx, `^core\.(whitespace|attributesfile)$`); err != nil {
			return nil, err
		}
	}
	before, err := neighbours(files, paths)
	if err != nil {
		return nil, err
	}
	if err := m.init(ctx, r, "", before); err != nil {
		return nil, fmt.Errorf("preparing git apply: %w", err)
	}
	return m.apply(ctx, diff, args)
}

// apply applies diff to the index, and returns how that differs from HEAD.
func (m *scratch) apply(ctx context.Context, diff []byte, args []string) (*Applied, error) {
	if _, err := m.layAttributes(ctx); err != nil {
		return nil, err
	}
	var said bytes.Buffer
	_, err := run.Output(ctx, m.command(string(diff), nil, append([]string{"apply", "--cached"}, args...), &said))
	var failed *run.Error
	switch {
	case errors.As(err, &failed) && failed.ExitCode > 0:
		return &Applied{Refused: strings.TrimSpace(string(failed.Stderr))}, nil
	case err != nil:
		return nil, err
	}
	merged, err := m.changes(ctx)
	if err != nil {
		return nil, err
	}
	done := &Applied{Changes: merged.Changes}
	for line := range strings.Lines(said.String()) {
		done.Warnings = append(done.Warnings, strings.TrimSuffix(line, "\n"))
	}
	return done, nil
}

// layAttributes puts the .gitattributes of the index into the worktree: git apply looks for what they say
// of white space before it has read the index. Remove takes them away again, so that a merge can be made.
func (m *scratch) layAttributes(ctx context.Context) (remove func(), err error) {
	names, err := m.git(ctx, "", nil, "ls-files", "-z", "--", ".gitattributes", "*/.gitattributes")
	if err != nil {
		return nil, err
	}
	if _, err := m.git(ctx, string(names), nil, "checkout-index", "-z", "--stdin"); err != nil {
		return nil, err
	}
	return func() {
		for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
			if tree.CheckPath(name) == nil {
				os.Remove(filepath.Join(m.dir, name))
			}
		}
	}, nil
}

// neighbours returns as changes what a tree has at paths and above them, where that is no folder, one
// file of each folder that stands at a path, and the attributes on the way.
func neighbours(files fs.FS, paths []string) ([]tree.Change, error) {
	wanted := map[string]bool{".gitattributes": true}
	for _, name := range paths {
		if !fs.ValidPath(name) || name == "." {
			continue
		}
		wanted[name] = true
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			wanted[dir] = true
			wanted[dir+"/.gitattributes"] = true
		}
	}
	inside := map[string]bool{}
	found := map[string]tree.Change{}
	for name := range wanted {
		entry, err := tree.Lookup(files, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, err
		case entry.Mode == filemode.Dir:
			inside[name] = slices.Contains(paths, name)
			continue
		}
		if found[name], err = changeAt(files, name, entry); err != nil {
			return nil, err
		}
	}
	for name, isPath := range inside {
		if !isPath {
			continue
		}
		if err := firstInside(files, name, found); err != nil {
			return nil, err
		}
	}
	var all []tree.Change
	for _, name := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[name])
	}
	return all, nil
}

// firstInside adds a file below dir to found, where there is one.
func firstInside(files fs.FS, dir string, found map[string]tree.Change) error {
	return fs.WalkDir(files, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		entry, err := tree.Lookup(files, name)
		if err != nil || entry.Mode == filemode.Dir {
			return err
		}
		if found[name], err = changeAt(files, name, entry); err != nil {
			return err
		}
		return fs.SkipAll
	})
}

// changeAt returns what makes the entry at name.
func changeAt(files fs.FS, name string, entry tree.Entry) (tree.Change, error) {
	c := tree.Change{Path: name, Mode: entry.Mode}
	if entry.Mode == filemode.Submodule {
		c.Hash = entry.Hash
		return c, nil
	}
	data, err := tree.ReadEntry(files, name)
	c.Data = data
	return c, err
}
