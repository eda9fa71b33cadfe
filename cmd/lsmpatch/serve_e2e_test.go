// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// TestE2EFleetKilled and TestLongFleetKilled: jobs over four workers, while workers and the server are killed at random moments. None
// is lost, none is reported twice, and each report is whole.
func TestE2EFleetKilled(t *testing.T)  { killed(t, 40) }
func TestLongFleetKilled(t *testing.T) { killed(t, 500) }

func killed(t *testing.T, commits int) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := newSite(t, commits)
	s.start("server")
	q := s.connect()
	jobs := s.plan("builtin:rust-lsm", "builtin:rust-lsm-v1")
	names := []string{"server"}
	for i := range 4 {
		name := fmt.Sprintf("worker %d", i+1)
		names = append(names, name)
		s.start(name)
	}
	kills := map[string]int{}
	start := time.Now()
	s.await(q, jobs, 20*time.Minute, func(int) {
		time.Sleep(time.Duration(100+random.IntN(900)) * time.Millisecond)
		name := names[random.IntN(len(names))]
		_ = s.kill(name, syscall.SIGKILL)
		s.start(name)
		kills[name]++
	})
	t.Logf("%d jobs in %v, killed: %v", len(jobs), time.Since(start).Round(time.Second), kills)
	s.check(s.connect(), jobs)
}

// TestBenchWorkers measures how many jobs a second one and four workers do, checks alone, on what cores there are.
func TestBenchWorkers(t *testing.T) {
	for _, workers := range []int{1, 4} {
		s := newSite(t, 60)
		s.start("server")
		q := s.connect()
		jobs := s.plan("builtin:rust-lsm", "builtin:rust-lsm-v1")
		start := time.Now()
		for i := range workers {
			s.start(fmt.Sprintf("worker %d", i+1))
		}
		s.await(q, jobs, 5*time.Minute, func(int) { time.Sleep(100 * time.Millisecond) })
		t.Logf("%d workers: %.1f jobs/s", workers, float64(len(jobs))/time.Since(start).Seconds())
		s.check(q, jobs)
	}
}
