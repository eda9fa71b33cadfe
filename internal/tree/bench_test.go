// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package tree

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// someSteps makes n commits that each change, add and remove files of a real tree.
// Round makes them differ from those of other rounds.
func someSteps(b testing.TB, t *Tree, n, round int) []Step {
	b.Helper()
	snapshot, err := t.Snapshot("HEAD")
	must(b, err)
	sig := object.Signature{Name: "A U Thor", Email: "author@example.org", When: time.Unix(1_700_000_000, 0).UTC()}
	read := func(name string) []byte {
		data, err := ReadEntry(snapshot, name)
		must(b, err)
		return data
	}
	var steps []Step
	for i := range n {
		mark := fmt.Sprintf("\n/* step %d, round %d */\n", i, round)
		steps = append(steps, Step{Draft: Draft{Author: sig, Committer: sig, Message: fmt.Sprintf("lsm: step %d\n", i)}, Changes: []Change{
			{Path: "security/security.c", Mode: filemode.Regular, Data: append(read("security/security.c"), mark...)},
			{Path: "include/linux/lsm_count.h", Mode: filemode.Regular, Data: append(read("include/linux/lsm_count.h"), mark...)},
			{Path: fmt.Sprintf("rust/kernel/lsm/step%d.rs", i), Mode: filemode.Regular, Data: []byte(mark)},
		}})
	}
	return steps
}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLand lands series in a copy of the real tree.
func BenchmarkLand(b *testing.B) {
	dir := e2e.Cache(b, "bench/tree-land")
	if _, err := os.Stat(filepath.Join(dir, ".git", "index")); err != nil {
		must(b, os.RemoveAll(dir))
		git(b, ".", "clone", "-q", "--shared", e2e.Tree(b, "7.3"), dir)
	}
	git(b, dir, "reset", "-q", "--hard", "origin/HEAD")
	base := git(b, dir, "rev-parse", "HEAD")
	for _, n := range []int{5, 100} {
		for _, branch := range []string{"", "topic"} {
			b.Run(fmt.Sprintf("%d/%s", n, map[string]string{"": "worktree", "topic": "branch"}[branch]), func(b *testing.B) {
				t, err := openRecovered(dir)
				must(b, err)
				var all [][]Step
				for round := range 20 {
					all = append(all, someSteps(b, t, n, round+int(time.Now().Unix())))
				}
				must(b, t.Close())
				round := 0
				var cpu time.Duration
				for b.Loop() {
					before := cpuTime()
					t, err := openRecovered(dir)
					must(b, err)
					_, err = land(t, Hash(base), all[round%len(all)], &LandOptions{Branch: branch})
					must(b, err)
					must(b, t.Close())
					cpu += cpuTime() - before
					round++
					b.StopTimer()
					if branch == "" {
						git(b, dir, "reset", "-q", "--hard", base)
					} else {
						git(b, dir, "branch", "-q", "-D", branch)
					}
					b.StartTimer()
				}
				b.ReportMetric(float64(cpu.Microseconds())/1000/float64(b.N), "cpu-ms/op")
			})
		}
	}
}
