// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// patience is how long a verb may take to end by itself after a signal. One that waits for a FIFO without a
// writer, or is in the midst of a long computation, would not hear of it.
const patience = 800 * time.Millisecond

// endSignals are the signals that end a verb, apart from those that this process was started to ignore, as
// nohup asks for.
func endSignals() []os.Signal {
	return slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
}

// withinPatience returns what verb returns, or exitBroken where it goes on long after ctx ended. What it was
// landing in a tree then, the watcher takes back; see [guard].
func withinPatience(ctx context.Context, a *app, verb func() int) int {
	done := make(chan int, 1)
	go func() { done <- verb() }()
	select {
	case code := <-done:
		return code
	case <-ctx.Done():
	}
	select {
	case code := <-done:
		return code
	case <-time.After(time.Duration(a.patience.Load())):
		a.complain(errInterrupted)
		_ = a.tell(errInterrupted)
		a.cleanup() // which the verb does not come to
		return exitBroken
	}
}
