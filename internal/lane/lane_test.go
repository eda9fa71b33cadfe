// SPDX-License-Identifier: GPL-2.0-only

package lane

import (
	"errors"
	"testing"
)

func TestLane(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, c := range []struct {
		name    string
		failing int // the piece that fails
		done    int
		want    error
	}{
		{"all", -1, 10, nil},
		{"up to the first failure", 4, 5, broken},
	} {
		l := Lane{Length: 2}
		done := 0
		for i := range 10 {
			l.Do(func() error {
				if done++; i == c.failing {
					return broken
				}
				return nil
			})
		}
		if err := l.Wait(); err != c.want || done != c.done {
			t.Errorf("%s: %d pieces done, %v", c.name, done, err)
		}
		// Whoever asks later gets the same answer, and the lane can be used again.
		l.Do(func() error { done = 100; return nil })
		if err := l.Wait(); err != c.want || done != 100 {
			t.Errorf("%s, again: %d, %v", c.name, done, err)
		}
	}
}

// TestLaneDrop drops what waits while the first piece is being done.
func TestLaneDrop(t *testing.T) {
	t.Parallel()
	l := Lane{Length: 10}
	begun, finish := make(chan bool), make(chan bool)
	done := 0
	l.Do(func() error { begun <- true; <-finish; return nil })
	for range 5 {
		l.Do(func() error { done++; return nil })
	}
	<-begun
	go func() {
		for !l.dropped.Load() {
		}
		finish <- true
	}()
	if err := l.Drop(); err != nil || done > 0 {
		t.Errorf("%d pieces done, %v", done, err)
	}
}
