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
	"runtime"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	_ "github.com/lsmpatch/lsmpatch/internal/hugeheap" // it does its work while packages are initialised
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
	runtime.MemProfileRate = 0 // nobody asks for that profile, and taking it costs a fiftieth of the time
	holdMemory()
	ctx, stop := signal.NotifyContext(context.Background(), endSignals()...)
	a := newApp(os.Stdin, os.Stdout, os.Stderr)
	a.giveUp = rights.Confine
	code := withinPatience(ctx, a, func() int {
		verb := func(args []string) int { return a.run(ctx, args) }
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
	a := newApp(stdin, stdout, stderr)
	a.giveUp = giveUp
	return a.run(ctx, args)
}

// run executes one command line and returns its exit code.
func (a *app) run(ctx context.Context, args []string) int {
	a.args = args
	root := a.rootCommand()
	root.SetArgs(args)
	defer func() {
		if p := recover(); p != nil {
			_ = a.tell(fmt.Errorf("lsmpatch broke: %v", p)) // the trace tells the rest
			panic(p)
		}
	}()
	err := root.ExecuteContext(ctx)
	defer a.cleanup()
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFault):
		return exitFault
	case errors.Is(err, errBroken):
		return exitBroken
	}
	if words := wordsOf(args, "--format"); len(words) > 0 {
		a.format = words[len(words)-1] // also where it stands behind the word that is wrong
	}
	err = causeOf(ctx, err)
	a.complain(err)
	if told := a.tell(err); told != nil {
		a.complain(told)
	}
	return exitBroken
}

// complain says on standard error why a run ends with exit code 2.
func (a *app) complain(err error) {
	complain(a.stderr, "lsmpatch: ", err.Error())
	if h := hint.Of(err); h != "" {
		complain(a.stderr, "hint: ", h)
	}
}
