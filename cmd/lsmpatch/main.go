// SPDX-License-Identifier: GPL-2.0-only

// Lsmpatch decides whether a kernel patch series can be merged: it reads the series as the
// mailing list sees it, applies it as git am would, checks its style and its LSM hooks against
// the tree it is going into, builds that tree, boots the kernel and reports.
//
// Each verb is one file of this package: flags, one library call, rendering.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/rights"
)

// The exit codes of every verb.
const (
	exitClean = 0
	// exitFault: the series is at fault.
	exitFault = 1
	// exitBroken: usage, or something of ours failed.
	exitBroken = 2
)

// errFault ends a verb whose result, already written, puts the series at fault.
var errFault = errors.New("the series is at fault")

// errBroken ends a verb whose result, already written, says what of ours failed.
var errBroken = errors.New("a step could not be done")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), endSignals()...)
	code := withinPatience(ctx, os.Stderr, func() int {
		verb := func(args []string) int { return runVerb(ctx, args, os.Stdin, os.Stdout, os.Stderr, rights.Confine) }
		if isScript(os.Args[0]) {
			return runAsScript(os.Args[0], os.Args[1:], os.Stdout, os.Stderr, verb)
		}
		return verb(os.Args[1:])
	})
	stop()
	os.Exit(code)
}

// run executes one command line and returns its exit code. It leaves this process as it is.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return runVerb(ctx, args, stdin, stdout, stderr, nil)
}

// runVerb is run for a process of its own, which may give up rights by giveUp.
func runVerb(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, giveUp func(rights.Needs) error) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, giveUp: giveUp, cleanup: func() {}}
	root := a.rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	a.cleanup()
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFault):
		return exitFault
	case errors.Is(err, errBroken):
		return exitBroken
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "lsmpatch: interrupted")
		return exitBroken
	}
	complain(stderr, "lsmpatch: ", err.Error())
	if h := hint.Of(err); h != "" {
		complain(stderr, "hint: ", h)
	}
	return exitBroken
}
