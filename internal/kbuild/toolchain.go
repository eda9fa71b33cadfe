// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A Toolchain runs compilers: those of a root filesystem, or this machine's own. Where it can it
// runs them isolated, without network, with the source read-only and only the output folder
// writable, since building a patch runs its author's code.
type Toolchain struct {
	root string
	via  isolation
}

// isolation is how a command is kept apart from the machine.
type isolation string

const (
	viaBubblewrap isolation = "bubblewrap"
	viaChroot     isolation = "chroot"
	viaNothing    isolation = "none"
)

// makeRoot is how a root filesystem with all the tools is made.
const makeRoot = "mmdebstrap --variant=minbase --include=rustc,rust-src,bindgen,clang-19,lld-19,llvm-19," +
	"libclang-19-dev,rustfmt,rust-clippy,make,gcc,flex,bison,bc,libelf-dev,libssl-dev,python3,perl,cpio,kmod," +
	"xz-utils,pahole,rsync trixie DIR"

// rootHint advises on tools that are missing or too old.
const rootHint = "a root filesystem with all the tools: " + makeRoot + "; then --toolchain DIR"

// OpenToolchain returns the tools below the root filesystem root, or this machine's own where
// root is "". It proves that the isolation works, by running true(1).
//
// A root that is no root filesystem, or that can neither be entered by bubblewrap nor by chroot,
// is an error with a hint.
func OpenToolchain(ctx context.Context, root string) (*Toolchain, error) {
	if root != "" {
		abs, err := filepath.Abs(root)
		if err != nil {
			return nil, err
		}
		if root = abs; root == "/" {
			root = ""
		}
	}
	if root != "" {
		if _, err := os.Stat(filepath.Join(root, "usr/bin/env")); err != nil {
			return nil, hint.Wrap(fmt.Errorf("toolchain %s is no root filesystem: %w", root, err), "to make one: "+makeRoot)
		}
	}
	var refused error
	for _, via := range []isolation{viaBubblewrap, viaChroot, viaNothing} {
		t := &Toolchain{root: root, via: via}
		if err := t.prove(ctx); err != nil {
			refused = errors.Join(refused, fmt.Errorf("%s: %w", via, err))
			continue
		}
		return t, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, hint.Wrap(fmt.Errorf("entering toolchain %s: %w", root, refused),
		"install bubblewrap (package bubblewrap), or run as root")
}

// prove runs true(1) by t, after checking that its way of isolation fits at all.
func (t *Toolchain) prove(ctx context.Context) error {
	switch {
	case t.via == viaBubblewrap && lookPath("bwrap") != nil:
		return lookPath("bwrap")
	case t.via == viaChroot && t.root == "":
		return errors.New("needs a root filesystem")
	case t.via == viaChroot && os.Geteuid() != 0:
		return errors.New("needs root")
	case t.via == viaNothing && t.root != "":
		return errors.New("cannot enter a root filesystem")
	}
	_, err := t.Output(ctx, Cmd{Args: []string{"true"}})
	return err
}

func lookPath(name string) error {
	_, err := exec.LookPath(name)
	return err
}

// Root returns the root filesystem, or "" for this machine's own tools.
func (t *Toolchain) Root() string { return t.root }

// Isolation returns how commands are kept apart from the machine: "bubblewrap", "chroot" or "none".
func (t *Toolchain) Isolation() string { return string(t.via) }

// Isolated reports whether commands are kept apart from the machine at all.
func (t *Toolchain) Isolated() bool { return t.via != viaNothing }

// A Cmd is a program of the toolchain to run.
type Cmd struct {
	Args []string
	// Source and Out are folders of this machine that the program sees under
	// [Toolchain.SourcePath] and [Toolchain.OutPath]; either may be "". The program can write
	// to Out alone (and to a /tmp of its own). It starts in Source, else in Out, else in /tmp.
	Source, Out string
	// Env is added to an environment that holds nothing but PATH, HOME, LC_ALL and a fixed
	// build time, user and host.
	Env   []string
	Stdin io.Reader
	// Tee, where it is not nil, gets standard output and standard error as they come.
	Tee io.Writer
}

// maxOutput bounds what is kept of a program's output.
const maxOutput = 32 << 20

// Output runs c and returns its standard output, 32 MiB at most. Where c fails the error is a
// [*run.Error] and what was written before is returned all the same.
func (t *Toolchain) Output(ctx context.Context, c Cmd) ([]byte, error) {
	var stdout, both bounded
	cmd, err := t.Command(ctx, c)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	tee := func(p []byte) {
		mu.Lock()
		defer mu.Unlock()
		both.Write(p)
		if c.Tee != nil {
			c.Tee.Write(p)
		}
	}
	cmd.Stdout = writerFunc(func(p []byte) { stdout.Write(p); tee(p) })
	cmd.Stderr = writerFunc(tee)
	if err := cmd.Run(); err != nil {
		e := run.NewError(ctx, cmd, both.Bytes(), err)
		e.Args = c.Args
		return stdout.Bytes(), e
	}
	return stdout.Bytes(), nil
}

// writerFunc is a writer that cannot fail.
type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

// bounded is a buffer that drops what goes beyond maxOutput.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	room := max(0, maxOutput-b.Len())
	b.Buffer.Write(p[:min(len(p), room)])
	return len(p), nil
}
