// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// hashes are the words of what git prints.
func hashes(text string) []odb.Hash {
	var list []odb.Hash
	for _, word := range strings.Fields(text) {
		list = append(list, odb.Hash(word))
	}
	return list
}

// TestHistoryAsGit: what is asked of history is what git's own commands say of it.
func TestHistoryAsGit(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := gittest.SeriesRepo(t)
	git := func(args ...string) string { return gittest.Git(t, dir, args...) }
	git("checkout", "-q", "-b", "side", "base")
	gittest.Write(t, filepath.Join(dir, "side.txt"), "side\n")
	git("add", "side.txt")
	git("commit", "-q", "-m", "side")
	git("checkout", "-q", "-b", "joined", "series")
	git("merge", "-q", "--no-edit", "side")
	git("rm", "-q", "side.txt")
	git("commit", "-q", "-m", "gone again")
	r := repoOf(t, dir)

	gone, err := r.LastRemoved(ctx, "joined", "side.txt")
	if err != nil || gone == nil || gone.Subject() != "gone again" {
		t.Errorf("last removed: %+v, %v", gone, err)
	}
	if never, err := r.LastRemoved(ctx, "joined", "Makefile"); never != nil || err != nil {
		t.Errorf("a file that is there was removed: %+v, %v", never, err)
	}

	all := hashes(git("rev-list", "--no-merges", "joined"))
	ids, err := r.PatchIDsOf(ctx, all)
	gittest.Must(t, err)
	side := odb.Hash(git("rev-parse", "side"))
	want, _, _ := strings.Cut(git("-c", "alias.id=!git show side | git patch-id --stable", "id"), " ")
	if ids[want] != side {
		t.Errorf("patch ID %s is of %s, want %s", want, ids[want], side)
	}

	blob := git("rev-parse", "side:side.txt")
	found, err := r.Versions(ctx, map[string]string{"side.txt": blob[:12]}, time.Time{}, 100)
	if err != nil || !slices.Contains(found["side.txt"], side) {
		t.Errorf("versions: %v, %v", found, err)
	}
	if found, err = r.Versions(ctx, map[string]string{"side.txt": blob[:12]}, time.Now().Add(time.Hour), 100); err != nil || len(found) > 0 {
		t.Errorf("versions of tomorrow: %v, %v", found, err)
	}

	// What was proposed to a forge is in no branch: no base.
	proposed := git("commit-tree", "-p", "side", "-m", "proposed", git("rev-parse", "side:"))
	git("update-ref", "refs/pull/1/head", git("commit-tree", "-p", proposed, "-m", "away", git("mktree")))
	git("update-ref", "refs/pull/2/head", git("commit-tree", "-p", git("rev-parse", "refs/pull/1/head"), "-m", "back", git("rev-parse", "side:")))
	if found, err = r.Versions(ctx, map[string]string{"side.txt": blob}, time.Time{}, 100); err != nil || slices.Contains(found["side.txt"], odb.Hash(git("rev-parse", "refs/pull/2/head"))) {
		t.Errorf("versions that were proposed: %v, %v", found, err)
	}

	merges, err := r.MergesAfter(ctx, []odb.Hash{side}, time.Time{}, 10)
	if err != nil || !slices.Equal(merges, hashes(git("rev-parse", "joined~1"))) {
		t.Errorf("merges: %v, %v", merges, err)
	}
	if merges, err = r.MergesAfter(ctx, hashes(git("rev-parse", "joined")), time.Time{}, 10); err != nil || len(merges) > 0 {
		t.Errorf("merges after the last commit: %v, %v", merges, err)
	}

	ahead, behind, err := r.Apart(ctx, "joined", "main")
	counts := strings.Fields(git("rev-list", "--left-right", "--count", "joined...main"))
	if err != nil || strings.Join(counts, " ") != fmt.Sprint(ahead, " ", behind) {
		t.Errorf("apart by %d and %d, %v; git says %v", ahead, behind, err, counts)
	}

	git("remote", "add", "origin", "https://example.org/linux.git")
	git("remote", "set-url", "--add", "origin", "https://example.net/linux.git")
	remotes, err := r.Remotes(ctx)
	if err != nil || len(remotes) != 1 || remotes["origin"] != "https://example.org/linux.git" {
		t.Errorf("remotes: %v, %v", remotes, err)
	}

	var plain *Repo
	_, err1 := plain.LastRemoved(ctx, "HEAD", "a")
	_, err2 := plain.PatchIDsOf(ctx, nil)
	_, err3 := plain.Versions(ctx, nil, time.Time{}, 1)
	_, err4 := plain.MergesAfter(ctx, nil, time.Time{}, 1)
	for _, err := range []error{err1, err2, err3, err4} {
		if !errors.Is(err, ErrPlain) {
			t.Errorf("in a plain directory: %v", err)
		}
	}
}

// TestCheckBeginning: git am begins, or says that somebody holds the index, that something is staged, or that a file is not as HEAD
// has it.
func TestCheckBeginning(t *testing.T) {
	t.Parallel()
	dir := gittest.SeriesRepo(t)
	r := repoOf(t, dir)
	beginning := func() error { return r.CheckBeginning(context.Background(), []string{"Makefile", "new.txt"}) }
	gittest.Must(t, beginning())

	gittest.Write(t, filepath.Join(dir, "new.txt"), "mine\n")
	gittest.Write(t, filepath.Join(dir, ".git/info/exclude"), "new.txt\n")
	var dirty *DirtyError
	if err := beginning(); !errors.As(err, &dirty) || dirty.Index || !slices.Equal(dirty.Paths, []string{"new.txt"}) {
		t.Errorf("a file that is ignored and in the way: %v", err)
	}
	gittest.Must(t, os.Remove(filepath.Join(dir, "new.txt")))
	gittest.Must(t, os.Remove(filepath.Join(dir, "Makefile")))
	gittest.Must(t, beginning()) // git apply writes it anew

	gittest.Git(t, dir, "rm", "-q", "--cached", "Makefile")
	if err := beginning(); !errors.As(err, &dirty) || !dirty.Index {
		t.Errorf("a staged removal: %v", err)
	}
	gittest.Git(t, dir, "reset", "-q", "--hard")
	gittest.Write(t, filepath.Join(dir, ".git/index.lock"), "")
	var locked *LockedError
	if err := beginning(); !errors.As(err, &locked) {
		t.Errorf("a lock of the index: %v", err)
	}
}

// TestConvertsNothing: whatever might make a file in the worktree differ from its blob is taken for that.
func TestConvertsNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, attributes, key, value string
		foreign                      bool
	}{
		{"nothing", "", "", "", false},
		{"what diffs and merges take", "*.c diff=cpp\n*.dts merge=union\n# *.c filter=x\n*.sh eol=lf\n", "", "", false},
		{"a filter", "*.c filter=lfs\n", "", "", true},
		{"ident", "*.c ident\n", "", "", true},
		{"line ends", "*.bat eol=crlf\n", "", "", true},
		{"an encoding", "*.txt working-tree-encoding=UTF-16\n", "", "", true},
		{"autocrlf", "", "core.autocrlf", "true", true},
		{"autocrlf, into the repository alone", "", "core.autocrlf", "input", false},
		{"eol", "", "core.eol", "crlf", true},
		{"a file of attributes", "", "core.attributesFile", "/none", true},
	} {
		dir := gittest.BaseRepo(t)
		if tt.attributes != "" {
			gittest.Write(t, filepath.Join(dir, "kernel/.gitattributes"), tt.attributes)
		}
		if tt.key != "" {
			gittest.Git(t, dir, "config", tt.key, tt.value)
		}
		r := repoOf(t, dir)
		if err := r.ConvertsNothing([]string{"kernel/fork.c"}); errors.Is(err, ErrForeign) != tt.foreign || err != nil && !tt.foreign {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err := r.ConvertsNothing([]string{"kernel/.gitattributes"}); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: a series that changes attributes: %v", tt.name, err)
		}
	}
}
