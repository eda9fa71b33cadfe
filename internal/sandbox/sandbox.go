// SPDX-License-Identifier: GPL-2.0-only

// Package sandbox runs programs that somebody else wrote: compilers at the work of a hostile
// Makefile, scripts of a tree under test, kernels in an emulator.
//
// For most uses, call [Open] once and [Box.Output] for each program:
//
//	box, err := sandbox.Open(ctx, nil)
//	out, err := box.Output(ctx, sandbox.Cmd{
//		Args:   []string{"perl", "scripts/checkpatch.pl", "--terse", "-"},
//		Mounts: []sandbox.Mount{{Host: tree, Inside: "/src"}},
//		Dir:    "/src",
//		Stdin:  patch,
//	})
//
// A program in the box sees the tools (those of this machine, or of a root filesystem), the
// folders of its mounts, an empty /tmp, and nothing else: no network, no other process, no home, no
// variable of the environment but those it is given. It can write to /tmp and to mounts that say
// so. It is never the host's root: where the caller is, an unused uid of this machine owns the
// writable folders and runs the program. It has no capability and gains none, makes no user
// namespace, gets only the system calls that compilers and emulators need, and is ended where it
// goes beyond its [Limits]; that is a [*LimitError].
//
// bubblewrap does the work. Without it, or where the kernel refuses user namespaces, Open fails
// with a hint; [Options.None] is for a caller whose user has said that he wants no isolation.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// Options say whose programs are run, and how. The zero value runs this machine's, isolated.
type Options struct {
	// Root is a root filesystem with the programs; "" for this machine's own.
	Root string
	// None runs programs without any isolation: only where the user has asked for just that. It does
	// not go with Root.
	None bool
}

// A Box runs programs. It has no state and may be used by several goroutines.
type Box struct {
	root string // "" for this machine's own programs
	none bool
	free int      // the uid, and gid, of programs where the caller is root, else 0
	more []string // flags that this bubblewrap knows
}

// Open returns a box, after it has proved by running true(1) that it works. A root that is no root
// filesystem, and a machine that cannot isolate, are errors with a hint.
func Open(ctx context.Context, opts *Options) (*Box, error) {
	if opts == nil {
		opts = &Options{}
	}
	b := &Box{none: opts.None}
	if opts.Root != "" {
		abs, err := filepath.Abs(opts.Root)
		if err == nil {
			abs, err = filepath.EvalSymlinks(abs)
		}
		if err != nil {
			return nil, err
		}
		if abs != "/" {
			b.root = abs
		}
	}
	if b.none {
		if b.root != "" {
			return nil, hint.Wrap(errors.New("a root filesystem cannot be entered without isolation"), "take this machine's own tools, or the sandbox")
		}
		return b, nil
	}
	if err := b.prove(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, hint.Wrap(fmt.Errorf("programs cannot be isolated here: %w", err),
			"install bubblewrap (Debian package bubblewrap) on a kernel that lets users have namespaces; --no-sandbox runs the code of the series' author with your rights")
	}
	return b, nil
}

// prove finds bubblewrap and runs true(1) by it.
func (b *Box) prove(ctx context.Context) error {
	help, err := exec.CommandContext(ctx, "bwrap", "--help").CombinedOutput()
	if err != nil {
		return err
	}
	for _, flag := range []string{"--disable-userns", "--assert-userns-disabled"} {
		if strings.Contains(string(help), flag+" ") {
			b.more = append(b.more, flag)
		}
	}
	if os.Geteuid() == 0 {
		if b.free, err = freeUID(); err != nil {
			return err
		}
	}
	_, err = b.Output(ctx, Cmd{Args: []string{"true"}})
	var failed *run.Error
	if errors.As(err, &failed) && failed.ExitCode == 127 && b.root != "" {
		return fmt.Errorf("%s has no program true: %w", b.root, err)
	}
	return err
}

// Root returns the root filesystem of the programs, or "" for this machine's own.
func (b *Box) Root() string { return b.root }

// Isolated reports whether programs are kept apart from the machine.
func (b *Box) Isolated() bool { return !b.none }

// How names the way of isolation: "bubblewrap" or "none".
func (b *Box) How() string {
	if b.none {
		return "none"
	}
	return "bubblewrap"
}

// Path returns what a program in the box calls the folder m: without isolation, its own name.
func (b *Box) Path(m Mount) string {
	if b.none {
		return m.Host
	}
	return m.Inside
}

// Overlays reports whether [Mount.Lower] works here.
func (b *Box) Overlays() bool { return b.free != 0 }
