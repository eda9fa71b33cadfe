// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/patchset"
)

var corpus = flag.Int("corpus", 500, "how many per-file differences to time")

// peerSample is how many of the differences the script is run on too: a minute's worth.
const peerSample = 120

// TestBench times both engines side by side: the series in the binary, per-file differences, a large file, and, by
// the native engine alone, all differences of the corpus and all of kernel/. All but kernel/ runs on one core.
func TestBench(t *testing.T) {
	tree := e2e.Tree(t, "7.3")
	oracle, err := NewOracle(tree, e2e.Cache(t, "parity"))
	if err != nil {
		t.Fatal(err)
	}
	checker := checkpatch.NewChecker(&checkpatch.Options{Root: tree})
	// This is first, so that the memory is that of the engine, and not of the samples below.
	whole, err := kernelFiles(tree)
	if err != nil {
		t.Fatal(err)
	}
	took := least(func() { nativeAll(t, checker, tree, whole) })
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Logf("all of kernel/ -f        %4d inputs   native %8.1f ms   %d MB from the system", len(whole), ms(took), mem.Sys>>20)
	cores := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(cores)
	diffs, err := Diffs(t.Context(), e2e.Tree(t, "7.2"), tree, *seed, *corpus)
	if err != nil {
		t.Fatal(err)
	}
	took = least(func() { nativeAll(t, checker, tree, diffs) })
	t.Logf("per-file differences     %4d inputs   native %8.1f ms", len(diffs), ms(took))
	for _, b := range []struct {
		what    string
		samples []Sample
	}{
		{"the embedded series", embedded(t)},
		{"the first of these", diffs[:min(peerSample, len(diffs))]},
		{"kernel/sched/core.c -f", []Sample{{Path: "kernel/sched/core.c"}}},
	} {
		theirs := scriptTime(t, oracle, b.samples)
		ours := least(func() { nativeAll(t, checker, tree, b.samples) })
		t.Logf("%-24s %4d inputs   script %9.1f ms   native %8.1f ms   %6.0f times as fast",
			b.what, len(b.samples), ms(theirs), ms(ours), float64(theirs)/float64(ours))
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// least returns the shortest of three runs.
func least(f func()) time.Duration {
	best := time.Hour
	for range 3 {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}

// embedded returns the mails of the series that the binary carries, but for the cover letter.
func embedded(t *testing.T) []Sample {
	series, ok := patchset.Builtin("rust-lsm")
	if !ok || len(series.Mails) < 2 {
		t.Fatal("the binary carries no series")
	}
	var samples []Sample
	for _, m := range series.Mails[1:] {
		samples = append(samples, Sample{Name: "embedded " + m.File, Data: m.Raw})
	}
	return samples
}

func kernelFiles(tree string) ([]Sample, error) {
	var samples []Sample
	for _, pattern := range []string{"kernel/*.[ch]", "kernel/*/*.[ch]", "kernel/*/*/*.[ch]"} {
		names, err := filepath.Glob(filepath.Join(tree, pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			rel, err := filepath.Rel(tree, name)
			if err != nil {
				return nil, err
			}
			samples = append(samples, Sample{Path: rel})
		}
	}
	return samples, nil
}

// nativeAll checks samples, on as many cores as there are.
func nativeAll(t *testing.T, c *checkpatch.Checker, tree string, samples []Sample) {
	work := make(chan Sample)
	done := make(chan error)
	workers := runtime.GOMAXPROCS(0)
	for range workers {
		go func() {
			var failed error
			for s := range work {
				if s.Data != nil {
					c.Patch("-", s.Data)
				} else if data, err := os.ReadFile(filepath.Join(tree, s.Path)); err != nil {
					failed = err
				} else {
					c.File(s.Path, data)
				}
			}
			done <- failed
		}()
	}
	for _, s := range samples {
		work <- s
	}
	close(work)
	for range workers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// scriptTime runs the script over samples, one by one.
func scriptTime(t *testing.T, o *Oracle, samples []Sample) time.Duration {
	start := time.Now()
	for _, s := range samples {
		args := []string{"scripts/checkpatch.pl", "--terse", "--root=."}
		if s.Data == nil {
			args = append(args, "-f", s.Path)
		} else {
			args = append(args, "-")
		}
		cmd := exec.CommandContext(t.Context(), "perl", args...)
		cmd.Dir, cmd.Stdin = o.shadow, bytes.NewReader(s.Data)
		if _, err := cmd.Output(); err != nil && cmd.ProcessState.ExitCode() != 1 {
			t.Fatal(err)
		}
	}
	return time.Since(start)
}
