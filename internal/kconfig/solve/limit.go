// SPDX-License-Identifier: GPL-2.0-only

package solve

import (
	"context"
	"sync/atomic"

	"github.com/crillab/gophersat/solver"
)

// within calls f, which has sat solve, and ends it when ctx does; it reports whether f came to its end. The solver knows no
// way to be stopped, but sends each thing that it learns to a channel: closed, that ends it.
func within(ctx context.Context, sat *solver.Solver, f func()) bool {
	learned := make(chan string)
	sat.Certified, sat.CertChan = true, learned
	var closed atomic.Bool
	over := make(chan bool)
	go func() {
		done := false
		defer func() {
			if !done && closed.Load() {
				recover() // the send on what we closed
			}
			over <- done
		}()
		f()
		done = true
	}()
	for {
		select {
		case <-learned:
		case done := <-over:
			return done
		case <-ctx.Done():
			closed.Store(true)
			close(learned)
			return <-over
		}
	}
}

// sat returns the solver that satisfied problem, nil where none can, and whether that was decided: not where ctx ended first, which
// makes s late.
func (s *Solver) sat(ctx context.Context, problem *solver.Problem) (sat *solver.Solver, decided bool) {
	if problem.Status == solver.Unsat {
		return nil, true
	}
	sat, status := solver.New(problem), solver.Indet
	if ctx.Err() != nil || !within(ctx, sat, func() { status = sat.Solve() }) {
		s.late = true
		return nil, false
	}
	if status != solver.Sat {
		return nil, true
	}
	return sat, true
}
