// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestRefusalLeavesAll holds the whole state of a repository before a landing that is refused against the one after
// it, in repositories that land natively and by git.
func TestRefusalLeavesAll(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(t *testing.T, dir string){
		"native":  func(*testing.T, string) {},
		"index 4": func(t *testing.T, dir string) { gittest.Git(t, dir, "update-index", "--index-version", "4") },
		"split":   func(t *testing.T, dir string) { gittest.Git(t, dir, "update-index", "--split-index") },
		"crlf":    func(t *testing.T, dir string) { gittest.Git(t, dir, "config", "core.autocrlf", "true") },
		"sparse": func(t *testing.T, dir string) {
			gittest.Git(t, dir, "sparse-checkout", "set", "--no-cone", "/*", "!/a")
		},
		"flags": func(t *testing.T, dir string) {
			gittest.Git(t, dir, "update-index", "--assume-unchanged", "kernel/fork.c")
			gittest.Git(t, dir, "update-index", "--skip-worktree", "kernel/sched/core.c")
		},
	}
	file := func(name, content string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { gittest.Write(t, filepath.Join(dir, name), content) }
	}
	refusals := map[string]func(t *testing.T, dir string){
		"a change":             file("kernel/fork.c", "mine\n"),
		"an untracked file":    file("security/rust/lsm.c", "mine\n"),
		"the very file":        file("security/rust/lsm.c", "new\n"),
		"a file for a folder":  file("security/rust", "mine\n"),
		"a folder for a file":  file("empty/mine", "mine\n"),
		"a lock":               file(".git/index.lock", ""),
		"a lock on the branch": file(".git/refs/heads/main.lock", ""),
		"an ignored file": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, ".git/info/exclude"), "*\n")
			gittest.Write(t, filepath.Join(dir, "security/rust/lsm.c"), "a week of work\n")
		},
		"an ignored link": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, ".git/info/exclude"), "rust\n")
			gittest.Must(t, os.Symlink(t.TempDir(), filepath.Join(dir, "security/rust")))
		},
		"an ignored folder with a file": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, ".git/info/exclude"), "mine\n")
			gittest.Write(t, filepath.Join(dir, "empty/mine"), "mine\n")
		},
		"staged": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, "security/Kconfig"), "mine\n")
			gittest.Git(t, dir, "add", "security/Kconfig")
		},
		"a filter fails": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, ".git/info/attributes"), "security/** filter=fails\n")
			gittest.Git(t, dir, "config", "filter.fails.smudge", "false")
			gittest.Git(t, dir, "config", "filter.fails.required", "true")
		},
		"a change nobody looks at": func(t *testing.T, dir string) {
			gittest.Git(t, dir, "update-index", "--assume-unchanged", "kernel/fork.c")
			gittest.Write(t, filepath.Join(dir, "kernel/fork.c"), "mine\n")
		},
	}
	steps := stepsOf(t, gittest.SeriesRepo(t), "base", "series")
	for kind, setUp := range kinds {
		for refusal, spoil := range refusals {
			t.Run(kind+"/"+refusal, func(t *testing.T) {
				runtest.OneIn(t, 8)
				t.Parallel()
				dir := gittest.BaseRepo(t)
				setUp(t, dir)
				gittest.Git(t, dir, "status")
				spoil(t, dir)
				gittest.Must(t, os.MkdirAll(filepath.Join(dir, "security", "kept", "empty"), 0o777))
				tr := open(t, dir)
				base, err := tr.Resolve("base")
				gittest.Must(t, err)
				before := gittest.State(t, dir)
				for _, dry := range []bool{true, false} {
					if _, err = land(tr, base, steps, &Options{DryRun: dry}); err == nil && !(dry && strings.Contains(refusal, "filter")) && !(dry && strings.Contains(refusal, "lock")) {
						t.Errorf("dry run %v: it landed", dry)
					}
					if diff := cmp.Diff(before, gittest.State(t, dir)); diff != "" {
						t.Fatalf("dry run %v, refused with %v (-before +after):\n%s", dry, err, diff)
					}
				}
			})
		}
	}
}

// TestGoneComesBack lands on files that were deleted in the worktree: as git am does, all is as the series has it.
func TestGoneComesBack(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	for _, to := range []string{"series~1", "series"} {
		source := gittest.SeriesRepo(t)
		dir := gittest.BaseRepo(t)
		for _, name := range []string{"kernel/fork.c", "a/b/c/d.txt", "swap"} {
			gittest.Must(t, os.Remove(filepath.Join(dir, name)))
		}
		tr := open(t, dir)
		base, err := tr.Resolve("base")
		gittest.Must(t, err)
		_, err = land(tr, base, stepsOf(t, source, "base", to), nil)
		gittest.Must(t, err)
		gittest.CheckClean(t, dir)
		checkNothingLeft(t, tr.Repo)
	}
}
