// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"context"
	"errors"
	"time"
)

// markWait is how long nothing comes before the mark at the end of a list counts as lost.
const markWait = 5 * time.Second

var (
	// errWatchEnded is the error of a watcher that tells nothing more, as its connection is closed.
	errWatchEnded = errors.New("the queue is closed")
	// errNoMark is the error of a list that is not known to be whole.
	errNoMark = errors.New("the queue does not say where a list ends")
)

// untilMark calls one for each thing that a watcher tells of, up to the zero value that marks the end of what was there when it
// began. The library makes that mark of the last of them: where that one goes before it was sent, none comes, and the error is
// errNoMark once nothing came for wait.
func untilMark[T comparable](ctx context.Context, updates <-chan T, wait time.Duration, one func(T)) error {
	var mark T
	quiet := time.NewTimer(wait)
	defer quiet.Stop()
	for {
		select {
		case thing, ok := <-updates:
			switch {
			case !ok:
				return errWatchEnded
			case thing == mark:
				return nil
			}
			one(thing)
			quiet.Reset(wait)
		case <-quiet.C:
			return errNoMark
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// listed calls list until the mark of its end comes, a few times at most: what made it be lost has happened then.
func listed(list func() error) (err error) {
	for range 3 {
		if err = list(); !errors.Is(err, errNoMark) {
			break
		}
	}
	return err
}
