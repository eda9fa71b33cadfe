// SPDX-License-Identifier: GPL-2.0-only

package lane

import (
	"iter"
	"sync"
)

// Map yields work(x) for each x of in, in the order of in, with up to workers of them under way at once. It
// reads at most that many ahead of its caller. The first error, of in or of work, is yielded and ends it. No
// goroutine is left once the loop over it has ended.
func Map[T, U any](in iter.Seq2[T, error], workers int, work func(T) (U, error)) iter.Seq2[U, error] {
	type result struct {
		value U
		err   error
	}
	return func(yield func(U, error) bool) {
		var group sync.WaitGroup
		defer group.Wait()
		stop := make(chan struct{})
		defer close(stop)
		// One place in turns is taken by the result that the caller has or waits for.
		turns := make(chan chan result, max(workers, 1)-1)
		group.Go(func() {
			defer close(turns)
			for x, err := range in {
				turn := make(chan result, 1)
				select {
				case turns <- turn:
				case <-stop:
					return
				}
				if err != nil {
					turn <- result{err: err}
					return
				}
				group.Go(func() {
					value, err := work(x)
					turn <- result{value, err}
				})
			}
		})
		for turn := range turns {
			r := <-turn
			if !yield(r.value, r.err) || r.err != nil {
				return
			}
		}
	}
}
