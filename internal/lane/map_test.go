// SPDX-License-Identifier: GPL-2.0-only

package lane

import (
	"errors"
	"iter"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// numbers yields 0 to n-1, and then err, where it is one.
func numbers(n int, err error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

// TestMap: results come in order whatever takes longest, no more are under way than asked for, and an error of
// either side ends it behind what came before.
func TestMap(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, workers := range []int{0, 1, 3} {
		for _, c := range []struct {
			name     string
			in       iter.Seq2[int, error]
			failing  int
			stopAt   int
			want     int
			wantsErr bool
		}{
			{"all", numbers(20, nil), -1, -1, 20, false},
			{"in fails", numbers(5, broken), -1, -1, 5, true},
			{"work fails", numbers(20, nil), 7, -1, 7, true},
			{"stopped", numbers(20, nil), -1, 3, 4, false},
		} {
			var now, most atomic.Int32
			got := 0
			var failed error
			for v, err := range Map(c.in, workers, func(i int) (int, error) {
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				defer now.Add(-1)
				for range (20 - i) * 10 {
					runtime.Gosched()
				}
				if i == c.failing {
					return 0, broken
				}
				return i * i, nil
			}) {
				if err != nil {
					failed = err
					continue
				}
				if v != got*got {
					t.Errorf("%d workers, %s: result %d is %d", workers, c.name, got, v)
				}
				if got++; got-1 == c.stopAt {
					break
				}
			}
			if got != c.want || (failed != nil) != c.wantsErr {
				t.Errorf("%d workers, %s: %d results, %v", workers, c.name, got, failed)
			}
			if int(most.Load()) > max(workers, 1)+1 {
				t.Errorf("%d workers, %s: %d under way", workers, c.name, most.Load())
			}
			if now.Load() != 0 {
				t.Errorf("%d workers, %s: work goes on", workers, c.name)
			}
		}
	}
}

// TestMapWorksAhead: while the caller looks at one result, the next is worked on.
func TestMapWorksAhead(t *testing.T) {
	t.Parallel()
	second := make(chan struct{})
	for v := range Map(numbers(2, nil), 2, func(i int) (int, error) {
		if i == 1 {
			close(second)
		}
		return i, nil
	}) {
		if v != 0 {
			continue
		}
		select {
		case <-second:
		case <-time.After(10 * time.Second):
			t.Fatal("the second is not begun")
		}
	}
}
