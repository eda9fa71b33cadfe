// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
)

// A Toolchain runs compilers: those of a root filesystem, or this machine's own. It runs them in a
// sandbox, since building a patch runs its author's code: without network, with the source
// read-only and only the output folder writable.
type Toolchain struct{ box *sandbox.Box }

// Where the folders of a [Cmd] are inside. They are the same for each build, wherever the tree
// lies, so that two builds of the same source are the same.
const (
	insideSource = "/src"
	insideOut    = "/out"
)

// rootHint advises on tools that are missing or too old.
const rootHint = "`lsmpatch toolchain create` makes a root filesystem with all the tools, by mmdebstrap; then --toolchain auto"

// OpenToolchain returns the tools below the root filesystem root, or this machine's own where
// root is "". It proves that the sandbox works. noSandbox runs this machine's tools without
// one: the user must have said so.
//
// A root that is no root filesystem, or a machine that cannot isolate, is an error with a hint.
func OpenToolchain(ctx context.Context, root string, noSandbox bool) (*Toolchain, error) {
	if root != "" {
		if _, err := os.Stat(filepath.Join(root, "usr/bin/env")); err != nil {
			return nil, hint.Wrap(fmt.Errorf("toolchain %s is no root filesystem: %w", root, err), rootHint)
		}
	}
	box, err := sandbox.Open(ctx, &sandbox.Options{Root: root, None: noSandbox})
	if err != nil {
		return nil, err
	}
	return &Toolchain{box}, nil
}

// Root returns the root filesystem, or "" for this machine's own tools.
func (t *Toolchain) Root() string { return t.box.Root() }

// Isolation returns how commands are kept apart from the machine: "bubblewrap" or "none".
func (t *Toolchain) Isolation() string { return t.box.How() }

// Isolated reports whether commands are kept apart from the machine at all.
func (t *Toolchain) Isolated() bool { return t.box.Isolated() }

// A Cmd is a program of the toolchain to run.
type Cmd struct {
	Args []string
	// Source and Out are folders that the program sees under [Toolchain.SourcePath] and
	// [Toolchain.OutPath]; either may be empty. The program can write to Out alone (and to a /tmp
	// of its own). It starts in Source, else in Out, else in /tmp.
	Source, Out Folder
	// Env is added to an environment that holds nothing but PATH, HOME, LC_ALL and a fixed
	// build time, user and host.
	Env   []string
	Stdin io.Reader
	// Tee, where it is not nil, gets standard output and standard error as they come.
	Tee    io.Writer
	Limits sandbox.Limits
}

// SourcePath returns what the folder src of a [Cmd] is called by the program.
func (t *Toolchain) SourcePath(src Folder) string { return t.box.Path(src.mount(insideSource, false)) }

// OutPath returns what the folder out of a [Cmd] is called by the program.
func (t *Toolchain) OutPath(out Folder) string { return t.box.Path(out.mount(insideOut, true)) }

// Output runs c and returns its standard output, 32 MiB at most. Where c fails the error is a
// [*run.Error] and what was written before is returned all the same.
func (t *Toolchain) Output(ctx context.Context, c Cmd) ([]byte, error) {
	cmd := sandbox.Cmd{Args: c.Args, Env: append(buildEnv(), c.Env...), Stdin: c.Stdin, Tee: c.Tee, Limits: c.Limits}
	if c.Out.Dir != "" {
		cmd.Mounts = append(cmd.Mounts, c.Out.mount(insideOut, true))
		cmd.Dir = t.OutPath(c.Out)
	}
	if c.Source.Dir != "" {
		cmd.Mounts = append(cmd.Mounts, c.Source.mount(insideSource, false))
		cmd.Dir = t.SourcePath(c.Source)
	}
	return t.box.Output(ctx, cmd)
}

// buildEnv fixes the build's time, user and host, so that a kernel does not depend on who built it
// and when.
func buildEnv() []string {
	return []string{"KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970", "KBUILD_BUILD_VERSION=1",
		"KBUILD_BUILD_USER=lsmpatch", "KBUILD_BUILD_HOST=lsmpatch"}
}
