// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package tree

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// someSteps makes n commits that each change, add and remove files of a real tree.
func someSteps(b testing.TB, t *Tree, n int) []Step {
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
		mark := fmt.Sprintf("\n/* step %d */\n", i)
		steps = append(steps, Step{Author: sig, Committer: sig, Message: fmt.Sprintf("lsm: step %d\n", i), Changes: []Change{
			{Path: "security/security.c", Mode: filemode.Regular, Data: append(read("security/security.c"), mark...)},
			{Path: "include/linux/lsm_count.h", Mode: filemode.Regular, Data: append(read("include/linux/lsm_count.h"), mark...)},
			{Path: fmt.Sprintf("rust/kernel/lsm/step%d.rs", i), Mode: filemode.Regular, Data: []byte(mark)},
		}})
	}
	return steps
}

// BenchmarkLand lands series in a copy of the real tree.
func BenchmarkLand(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "linux")
	git(b, ".", "clone", "-q", "--shared", e2e.Tree(b, "7.3"), dir)
	git(b, dir, "status")
	base := git(b, dir, "rev-parse", "HEAD")
	for _, n := range []int{5, 100} {
		for _, branch := range []string{"", "topic"} {
			b.Run(fmt.Sprintf("%d/%s", n, map[string]string{"": "worktree", "topic": "branch"}[branch]), func(b *testing.B) {
				t, err := Open(dir)
				must(b, err)
				steps := someSteps(b, t, n)
				must(b, t.Close())
				for b.Loop() {
					t, err := Open(dir)
					must(b, err)
					_, err = t.Land(context.Background(), Hash(base), steps, &LandOptions{Branch: branch})
					must(b, err)
					must(b, t.Close())
					b.StopTimer()
					if branch == "" {
						git(b, dir, "reset", "-q", "--hard", base)
						git(b, dir, "status")
					} else {
						git(b, dir, "branch", "-q", "-D", branch)
					}
					b.StartTimer()
				}
			})
		}
	}
}
