// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package land

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// TestE2ECrash kills landings before each of their writes.
func TestE2ECrash(t *testing.T) {
	crashRepo(t, 1)
	crashPlain(t, 1)
}

// TestE2EKill kills landings at random moments, 150 times, and looks at what the next Open makes of it.
func TestE2EKill(t *testing.T) {
	source := gittest.SeriesRepo(t)
	dir := filepath.Join(t.TempDir(), "repo")
	gittest.CopyRepo(t, gittest.TemplateBase(t), dir)
	base, want := gittest.Git(t, source, "rev-parse", "base"), gittest.Git(t, source, "rev-parse", "series~1")
	job := crashJob{Dir: dir, Base: odb.Hash(base), Steps: stepsOf(t, source, "base", "series~1")}
	var whole time.Duration
	olds, news := 0, 0
	for round := range 150 {
		gittest.Git(t, dir, "reset", "-q", "--hard", base)
		gittest.Write(t, filepath.Join(dir, "kernel/sched/core.c"), "a local change\n")
		start := time.Now()
		cmd := startCrash(t, job)
		if round > 0 {
			// From just before the first write to just after the last one.
			time.Sleep(time.Duration(float64(whole) * (0.3 + 0.75*rand.Float64())))
			gittest.Must(t, ignoreDone(cmd.Process.Kill()))
		}
		cmd.Wait()
		if took := time.Since(start); round == 0 {
			whole = took
		}
		tr, err := Open(dir)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		head, err := tr.Resolve("HEAD")
		gittest.Must(t, err)
		gittest.Must(t, tr.Close())
		switch string(head) {
		case base:
			olds++
		case want:
			news++
		default:
			t.Fatalf("round %d: HEAD is %s", round, head)
		}
		if status := gittest.Git(t, dir, "status", "--porcelain"); status != " M kernel/sched/core.c" {
			t.Fatalf("round %d: status:\n%s", round, status)
		}
		checkNothingLeft(t, tr.Repo)
	}
	gittest.CheckSound(t, dir)
	t.Logf("%d times the old state, %d times the new one", olds, news)
	if olds == 0 || news == 0 {
		t.Errorf("%d times the old state, %d times the new one", olds, news)
	}
}

func ignoreDone(err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}
