// SPDX-License-Identifier: GPL-2.0-only

// Package lane does work in the background, in order. Make a [Lane] and call [Lane.Do].
package lane

import (
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// A Lane does work in the background, one piece after the other, up to the first that fails. It is for one
// goroutine at a time.
type Lane struct {
	// length is how many pieces may wait for their turn.
	Length  int
	todo    chan func() error
	dropped atomic.Bool
	group   errgroup.Group
}

// Do has a piece of work done, and waits where the lane is full.
func (l *Lane) Do(work func() error) {
	if l.todo == nil {
		todo := make(chan func() error, l.Length)
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

// Wait returns once all is done, with the first error of all that the lane has done.
func (l *Lane) Wait() error {
	if l.todo != nil {
		close(l.todo)
		l.todo = nil
	}
	return l.group.Wait()
}

// Drop is wait without what has not begun.
func (l *Lane) Drop() error {
	l.dropped.Store(true)
	return l.Wait()
}
