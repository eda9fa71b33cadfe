// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package tree

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/e2e/gitserver"
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
		steps = append(steps, Step{Author: sig, Committer: sig, Message: fmt.Sprintf("lsm: step %d\n", i), Changes: []Change{
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
				t, err := Open(dir)
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
					t, err := Open(dir)
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

// seriesPaths are what premerge.Paths names for the five patches.
var seriesPaths = []string{
	".get_maintainer.ignore", ".mailmap", "Documentation/process/coding-assistants.rst", "Documentation/security/rust-lsm.rst",
	"Documentation/security/index.rst", "LICENSES", "MAINTAINERS", "Makefile", "include/linux/lsm_count.h", "include/linux/lsm_hook_defs.h",
	"include/linux/lsm_hooks.h", "include/linux/types.h", "include/uapi/linux/lsm.h", "rust/bindings/bindings_helper.h", "rust/bindgen_parameters",
	"rust/ffi.rs", "rust/helpers/helpers.c", "rust/kernel/lib.rs", "scripts/checkpatch.pl", "scripts/const_structs.checkpatch",
	"scripts/spelling.txt", "security/Kconfig", "security/Makefile",
}

// TestBenchFetch prints what a fetch for the five patches takes, in bytes and time, beside git clone
// --depth 1, from git http-backend and git daemon on this machine; and a whole fetch beside the
// clone with its files checked out. LSMPATCH_BENCH_RUNS sets the number of runs, by default 3.
func TestBenchFetch(t *testing.T) {
	runs := 3
	if n, err := strconv.Atoi(os.Getenv("LSMPATCH_BENCH_RUNS")); err == nil {
		runs = n
	}
	source := e2e.Tree(t, "7.3")
	for _, serve := range []func(testing.TB, string, ...string) *gitserver.Server{gitserver.HTTP, gitserver.Daemon} {
		server := serve(t, source)
		measure := func(name string, fetch func(dir string)) (bytes, median float64) {
			var times []float64
			for i := range runs {
				dir := filepath.Join(t.TempDir(), fmt.Sprint(name, i))
				before, start := server.Sent.Load(), time.Now()
				fetch(dir)
				times = append(times, time.Since(start).Seconds())
				bytes = float64(server.Sent.Load() - before)
				must(t, os.RemoveAll(dir))
			}
			slices.Sort(times)
			median = times[len(times)/2]
			fmt.Printf("  %-28s %8.2f %8.2f %8.2f s %10.1f MB\n", name, times[0], median, times[len(times)-1], bytes/1e6)
			return bytes, median
		}
		fetch := func(paths []string) func(dir string) {
			return func(dir string) {
				_, err := Fetch(context.Background(), &FetchOptions{Dir: dir, Remote: server.URL, Commit: "HEAD", Paths: paths})
				must(t, err)
			}
		}
		fmt.Printf("fetching what five patches need, from %s\n", server.URL)
		gitBytes, gitTime := measure("git clone --depth 1 -n", func(dir string) { git(t, ".", "clone", "-q", "--depth=1", "--no-checkout", server.URL, dir) })
		bytes, took := measure("lsmpatch fetch --for", fetch(seriesPaths))
		fmt.Printf("  1/%.0f of the bytes (aim: 1/50), 1/%.0f of the time (aim: 1/30)\n", gitBytes/bytes, gitTime/took)
		_, gitTime = measure("git clone --depth 1", func(dir string) { git(t, ".", "clone", "-q", "--depth=1", server.URL, dir) })
		_, took = measure("lsmpatch fetch", fetch(nil))
		fmt.Printf("  git takes %.2f times as long\n", gitTime/took)
	}
}
