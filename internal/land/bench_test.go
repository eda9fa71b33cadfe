// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package land

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// someSteps makes n commits that each change, add and remove files of a real tree.
// Round makes them differ from those of other rounds.
func someSteps(b testing.TB, t *tree.Tree, n, round int) []Step {
	b.Helper()
	snapshot, err := t.Snapshot("HEAD")
	gittest.Must(b, err)
	sig := object.Signature{Name: "A U Thor", Email: "author@example.org", When: time.Unix(1_700_000_000, 0).UTC()}
	read := func(name string) []byte {
		data, err := tree.ReadEntry(snapshot, name)
		gittest.Must(b, err)
		return data
	}
	var steps []Step
	for i := range n {
		mark := fmt.Sprintf("\n/* step %d, round %d */\n", i, round)
		steps = append(steps, Step{Draft: git.Draft{Author: sig, Committer: sig, Message: fmt.Sprintf("lsm: step %d\n", i)}, Changes: []tree.Change{
			{Path: "security/security.c", Mode: filemode.Regular, Data: append(read("security/security.c"), mark...)},
			{Path: "include/linux/lsm_count.h", Mode: filemode.Regular, Data: append(read("include/linux/lsm_count.h"), mark...)},
			{Path: fmt.Sprintf("rust/kernel/lsm/step%d.rs", i), Mode: filemode.Regular, Data: []byte(mark)},
		}})
	}
	return steps
}

// BenchmarkLand lands series in a copy of the real tree.
func BenchmarkLand(b *testing.B) {
	dir := e2e.Cache(b, "bench/tree-land")
	if _, err := os.Stat(filepath.Join(dir, ".git", "index")); err != nil {
		gittest.Must(b, os.RemoveAll(dir))
		gittest.Git(b, ".", "clone", "-q", "--shared", e2e.Tree(b, "7.3"), dir)
	}
	gittest.Git(b, dir, "reset", "-q", "--hard", "origin/HEAD")
	base := gittest.Git(b, dir, "rev-parse", "HEAD")
	for _, n := range []int{5, 100} {
		for _, branch := range []string{"", "topic"} {
			b.Run(fmt.Sprintf("%d/%s", n, map[string]string{"": "worktree", "topic": "branch"}[branch]), func(b *testing.B) {
				t, err := Open(dir)
				gittest.Must(b, err)
				var all [][]Step
				for round := range 20 {
					all = append(all, someSteps(b, t, n, round+int(time.Now().Unix())))
				}
				gittest.Must(b, t.Close())
				round := 0
				var cpu time.Duration
				for b.Loop() {
					before := runtest.CPUTime()
					t, err := Open(dir)
					gittest.Must(b, err)
					_, err = land(t, odb.Hash(base), all[round%len(all)], &Options{Branch: branch})
					gittest.Must(b, err)
					gittest.Must(b, t.Close())
					cpu += runtest.CPUTime() - before
					round++
					b.StopTimer()
					if branch == "" {
						gittest.Git(b, dir, "reset", "-q", "--hard", base)
					} else {
						gittest.Git(b, dir, "branch", "-q", "-D", branch)
					}
					b.StartTimer()
				}
				b.ReportMetric(float64(cpu.Microseconds())/1000/float64(b.N), "cpu-ms/op")
			})
		}
	}
}
