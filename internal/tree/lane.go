// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// A lane does work in the background, one piece after the other, up to the first that fails. It is for one
// goroutine at a time.
type lane struct {
	// length is how many pieces may wait for their turn.
	length  int
	todo    chan func() error
	dropped atomic.Bool
	group   errgroup.Group
}

// do has a piece of work done, and waits where the lane is full.
func (l *lane) do(work func() error) {
	if l.todo == nil {
		todo := make(chan func() error, l.length)
		l.todo = todo
		l.group.Go(func() (err error) {
			for work := range todo {
				if err == nil && !l.dropped.Load() {
					err = work()
				}
			}
			return err
		})
	}
	l.todo <- work
}

// wait returns once all is done, with the first error of all that the lane has done.
func (l *lane) wait() error {
	if l.todo != nil {
		close(l.todo)
		l.todo = nil
	}
	return l.group.Wait()
}

// drop is wait without what has not begun.
func (l *lane) drop() error {
	l.dropped.Store(true)
	return l.wait()
}
