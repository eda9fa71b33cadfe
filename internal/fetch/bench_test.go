// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package fetch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/e2e/gitserver"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// seriesPaths are what premerge.Paths names for the five patches.
var seriesPaths = []string{
	".get_maintainer.ignore", ".mailmap", "Documentation/process/coding-assistants.rst", "Documentation/security/rust-lsm.rst",
	"Documentation/security/index.rst", "LICENSES", "MAINTAINERS", "Makefile", "include/linux/lsm_count.h", "include/linux/lsm_hook_defs.h",
	"include/linux/lsm_hooks.h", "include/linux/types.h", "include/uapi/linux/lsm.h", "rust/bindings/bindings_helper.h", "rust/bindgen_parameters",
	"rust/ffi.rs", "rust/helpers/helpers.c", "rust/kernel/lib.rs", "scripts/checkpatch.pl", "scripts/const_structs.checkpatch",
	"scripts/spelling.txt", "security/Kconfig", "security/Makefile",
}

// measure prints the least, median and greatest time of something that is done in a new folder, and returns
// the median. LSMPATCH_BENCH_RUNS sets how often, by default 3 times.
func measure(t *testing.T, name string, do func(dir string)) float64 {
	t.Helper()
	runs := 3
	if n, err := strconv.Atoi(os.Getenv("LSMPATCH_BENCH_RUNS")); err == nil {
		runs = n
	}
	var times []float64
	for i := range runs {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(i))
		start := time.Now()
		do(dir)
		times = append(times, time.Since(start).Seconds())
		gittest.Must(t, os.RemoveAll(dir))
	}
	slices.Sort(times)
	fmt.Printf("  %-28s %8.2f %8.2f %8.2f s\n", name, times[0], times[len(times)/2], times[len(times)-1])
	return times[len(times)/2]
}

// TestBenchFetch prints what a fetch for the five patches takes, in bytes and time, beside git clone
// --depth 1, from git http-backend and git daemon on this machine; and a whole fetch beside the
// clone with its files checked out.
func TestBenchFetch(t *testing.T) {
	source := e2e.Tree(t, "7.3")
	for _, serve := range []func(testing.TB, string, ...string) *gitserver.Server{gitserver.HTTP, gitserver.Daemon} {
		server := serve(t, source)
		var bytes int64 // of the last transfer
		clone := func(args ...string) func(dir string) {
			return func(dir string) {
				before := server.Sent.Load()
				gittest.Git(t, ".", append(append([]string{"clone", "-q", "--depth=1"}, args...), server.URL, dir)...)
				bytes = server.Sent.Load() - before
			}
		}
		fetch := func(paths []string) func(dir string) {
			return func(dir string) {
				before := server.Sent.Load()
				_, err := Fetch(context.Background(), &Options{Dir: dir, Remote: server.URL, Commit: "HEAD", Paths: paths})
				gittest.Must(t, err)
				bytes = server.Sent.Load() - before
			}
		}
		fmt.Printf("fetching what five patches need, from %s\n", server.URL)
		gitTime := measure(t, "git clone --depth 1 -n", clone("--no-checkout"))
		gitBytes := bytes
		took := measure(t, "lsmpatch fetch --for", fetch(seriesPaths))
		fmt.Printf("  %d bytes, 1/%d of git's (aim: 1/50); 1/%.0f of the time (aim: 1/30)\n", bytes, gitBytes/bytes, gitTime/took)
		gitTime = measure(t, "git clone --depth 1", clone())
		took = measure(t, "lsmpatch fetch", fetch(nil))
		fmt.Printf("  git takes %.2f times as long\n", gitTime/took)
	}
}

// TestBenchMaterialize prints what it takes to lay out the 96,000 files of a snapshot, beside git checkout.
func TestBenchMaterialize(t *testing.T) {
	source := e2e.Tree(t, "7.3")
	snapshot, err := fetched(t, source).Snapshot("HEAD")
	gittest.Must(t, err)
	fmt.Println("laying out 96,000 files")
	checkout := func(workers string) func(dir string) {
		return func(dir string) {
			gittest.Git(t, ".", "-c", "checkout.workers="+workers, "clone", "-q", "--shared", source, dir)
		}
	}
	one := measure(t, "git clone --shared", checkout("1"))
	many := measure(t, "the same, parallel", checkout("0"))
	took := measure(t, "Materialize", func(dir string) { gittest.Must(t, tree.Materialize(context.Background(), snapshot, dir, nil)) })
	fmt.Printf("  git takes %.2f times as long, %.2f times in parallel\n", one/took, many/took)
}
