// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package tree

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// TestE2EArchive imports a real kernel archive; git then says that the tree is what the repository of
// the provisioning, made by git, has.
func TestE2EArchive(t *testing.T) {
	archive := e2e.Tarball(t, "7.3")
	want := git(t, e2e.Tree(t, "7.3"), "rev-parse", "HEAD^{tree}")
	dir := filepath.Join(t.TempDir(), "tree")
	start, cpu := time.Now(), cpuTime()
	got, err := Fetch(context.Background(), &FetchOptions{Dir: dir, Archive: archive})
	must(t, err)
	t.Logf("imported in %.1f s, %.1f s of processor time without xz, as %s", time.Since(start).Seconds(), (cpuTime() - cpu).Seconds(), got.Commit)
	if tree := git(t, dir, "rev-parse", "HEAD^{tree}"); tree != want {
		t.Errorf("tree %s, want %s", tree, want)
	}
	if out := git(t, dir, "status", "--porcelain"); out != "" {
		t.Errorf("git status: %.500s", out)
	}
	if out := git(t, dir, "verify-pack", strings.TrimSuffix(packOf(t, dir), ".pack")+".idx"); out != "" {
		t.Errorf("git verify-pack: %s", out)
	}
	build := filepath.Join(t.TempDir(), "build")
	snapshot, err := open(t, dir).Snapshot("HEAD")
	must(t, err)
	for _, round := range []string{"first", "second"} {
		start, cpu = time.Now(), cpuTime()
		must(t, Materialize(context.Background(), snapshot, build, nil))
		t.Logf("laid out the %s time in %.1f s, %.1f s of processor time", round, time.Since(start).Seconds(), (cpuTime() - cpu).Seconds())
	}
	git(t, ".", "--git-dir="+filepath.Join(dir, ".git"), "--work-tree="+build, "diff", "--quiet", "HEAD")
}

func packOf(t *testing.T, dir string) string {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack/*.pack"))
	must(t, err)
	if len(packs) != 1 {
		t.Fatalf("packs: %v", packs)
	}
	return packs[0]
}
