// SPDX-License-Identifier: GPL-2.0-only

package compare

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/series/cover"
)

// TestNetFilesAsGit composes random series and compares with what git says of their sum.
func TestNetFilesAsGit(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	r := mailtest.NewRepo(t)
	var lines []string
	for i := range 60 {
		lines = append(lines, fmt.Sprintf("line %d", i))
	}
	r.Write("a", lines)
	r.Commit("start")
	for round := range runtest.Short(2, 6) {
		fresh := fmt.Sprintf("dir/new%d", round)
		created := slices.Clone(lines[:20])
		const patches = 4
		for i := range patches {
			lines = mailtest.Mutate(rnd, lines)
			created = mailtest.Mutate(rnd, created)
			r.Write("a", lines)
			r.Write(fresh, created)
			if i == patches-1 && round > 0 {
				r.Git("rm", "-q", fmt.Sprintf("dir/new%d", round-1))
			}
			r.Commit(fmt.Sprintf("step %d.%d", round, i))
		}
		want := strings.Fields(r.Git("diff", "--no-renames", "--numstat", fmt.Sprintf("HEAD~%d", patches)))
		var got []string
		for _, nf := range NetFiles(r.Patches(patches)) {
			if !nf.exact {
				t.Errorf("round %d: %s is not exact", round, nf.Path)
			}
			if !nf.Vanishes() {
				got = append(got, fmt.Sprint(nf.Added), fmt.Sprint(nf.Deleted), nf.Path)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("round %d: numbers differ from git's (-git +ours):\n%s", round, diff)
		}
	}
}

// TestNetFilesRename follows a file through a rename, a creation that vanishes, and a return.
func TestNetFilesRename(t *testing.T) {
	r := mailtest.NewRepo(t)
	var lines []string
	for i := range 30 {
		lines = append(lines, fmt.Sprintf("line %d", i))
	}
	r.Write("a", lines)
	r.Write("back", lines[:3])
	r.Commit("start")
	r.Git("mv", "a", "b")
	r.Write("temporary", lines[:2])
	r.Write("back", lines[:4])
	r.Commit("one")
	lines[7] = "changed"
	r.Write("b", lines)
	r.Git("rm", "-q", "temporary")
	r.Write("back", lines[:3])
	r.Commit("two")

	got := NetFiles(r.Patches(2))
	if len(got) != 2 {
		t.Fatalf("got %d files, want 2: %+v", len(got), got)
	}
	if nf := got[0]; nf.Path != "b" || nf.Old != "a" || nf.Added != 1 || nf.Deleted != 1 || !nf.exact {
		t.Errorf("got %+v, want b from a with 1 line added and 1 deleted", nf)
	}
	if nf := got[1]; nf.Path != "back" || !nf.Vanishes() {
		t.Errorf("got %+v, want back unchanged", nf)
	}
}

// TestDiffLines checks that the edits lead from a to b, and are as few as git's.
func TestDiffLines(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		a, b := randomLines(rnd), randomLines(rnd)
		edits := diffLines(a, b, maxEdits)
		var from, to []string
		for _, e := range edits {
			if e.op != '+' {
				from = append(from, e.text)
			}
			if e.op != '-' {
				to = append(to, e.text)
			}
		}
		if !slices.Equal(from, a) || !slices.Equal(to, b) {
			t.Fatalf("edits %v do not lead from %q to %q", edits, a, b)
		}
		changes := slices.DeleteFunc(edits, func(e edit) bool { return e.op == '=' })
		if want := len(a) + len(b) - 2*longestCommon(a, b); len(changes) != want {
			t.Fatalf("%q to %q: %d edits, want %d", a, b, len(changes), want)
		}
	}
}

func randomLines(rnd *rand.Rand) []string {
	var lines []string
	for range rnd.IntN(12) {
		lines = append(lines, string(rune('a'+rnd.IntN(4))))
	}
	return lines
}

// longestCommon is the length of the longest common subsequence, by the textbook.
func longestCommon(a, b []string) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
		for j := range table[i] {
			switch {
			case i == 0 || j == 0:
			case a[i-1] == b[j-1]:
				table[i][j] = table[i-1][j-1] + 1
			default:
				table[i][j] = max(table[i-1][j], table[i][j-1])
			}
		}
	}
	return table[len(a)][len(b)]
}

// TestNetBoundsHold moves blocks about, so that git's diff of the sum may show others as moved than the
// patches did: what it shows is to fit, and one line more or less is not.
func TestNetBoundsHold(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	r := mailtest.NewRepo(t)
	lines := mailtest.Numbered("line", 60)
	r.Write("a", lines)
	r.Commit("start")
	for round := range 6 {
		var moved []string
		for i := range 2 {
			if i == 0 {
				from, n := rnd.IntN(40), 3+rnd.IntN(12)
				moved = slices.Clone(lines[from : from+n])
				lines = slices.Delete(slices.Clone(lines), from, from+n)
			} else {
				lines = slices.Insert(slices.Clone(lines), rnd.IntN(len(lines)), moved...)
			}
			r.Write("a", lines)
			r.Commit(fmt.Sprintf("step %d.%d", round, i))
		}
		stat := strings.Fields(r.Git("diff", "--numstat", "HEAD~2"))
		files := NetFiles(r.Patches(2))
		if len(files) != 1 {
			t.Fatalf("round %d: got %d files", round, len(files))
		}
		nf := files[0]
		if len(stat) == 0 {
			if !nf.Vanishes() {
				t.Errorf("round %d: git sees no change, we see %d and %d", round, nf.Added, nf.Deleted)
			}
			continue
		}
		added, deleted := cover.Atoi(stat[0]), cover.Atoi(stat[1])
		if !nf.Fits(added+deleted) || nf.Fits(added+deleted+1) {
			t.Errorf("round %d: git counts %d and %d, which is out of %d to %d", round, added, deleted, nf.Least, nf.Most)
		}
	}
}
