// SPDX-License-Identifier: GPL-2.0-only

package compare

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/thread"
)

// update makes the tests rewrite their golden files.
var update = flag.Bool("update", false, "rewrite golden files")

// seriesOf reads the commits base..branch as mails.
func seriesOf(t testing.TB, r *mailtest.Repo, base, branch string) *patchset.Set {
	t.Helper()
	mbox := r.Git("format-patch", "--stdout", "--numbered", "--find-renames", "--binary", base+".."+branch)
	sets, err := thread.Read(strings.NewReader(mbox), branch, thread.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(sets) != 1 {
		t.Fatalf("%s: got %d sets", branch, len(sets))
	}
	return sets[0]
}

// twoVersions makes a repository with branches v1 and v2 of a series upon base, of which v2 has a
// patch changed, one dropped, one added, two swapped, one reworded and one as it was.
func twoVersions(t *testing.T) *mailtest.Repo {
	r := mailtest.NewRepo(t)
	for _, f := range []string{"a", "b", "c", "d", "e", "f"} {
		r.Write(f, mailtest.Numbered(f, 40))
	}
	r.Commit("start")
	r.Git("branch", "base")
	commit := func(file string, line int, text, message string) {
		r.Write(file, append(append(mailtest.Numbered(file, 40)[:line:line], text), mailtest.Numbered(file, 40)[line+1:]...))
		r.Commit(message)
	}
	r.Git("checkout", "-q", "-b", "v1", "base")
	commit("a", 10, "one", "x: one\n\nText.\n\nSigned-off-by: A <a@example.org>")
	commit("b", 10, "two", "x: two\n\nText.\n")
	commit("c", 10, "three", "x: three\n\nText.\n\nAcked-by: B <b@example.org>")
	commit("d", 10, "four", "x: four\n\nText.\n")
	commit("e", 10, "five", "x: five\n\nText.\n")
	r.Git("checkout", "-q", "-b", "v2", "base")
	commit("a", 10, "one", "x: one\n\nText.\n\nSigned-off-by: A <a@example.org>\nReviewed-by: B <b@example.org>")
	commit("f", 20, "new", "x: new\n\nText.\n")
	commit("d", 10, "four", "x: four\n\nText.\n")
	commit("c", 10, "three", "x: three, reworded\n\nOther text.\n")
	commit("b", 10, "two changed", "x: two\n\nText.\n")
	return r
}

func TestCompare(t *testing.T) {
	r := twoVersions(t)
	c := Compare(seriesOf(t, r, "base", "v1"), seriesOf(t, r, "base", "v2"))
	type line struct {
		old, new int
		status   Status
		moved    bool
	}
	var got []line
	for _, p := range c.Pairs {
		got = append(got, line{p.OldIndex, p.NewIndex, p.Status, p.Moved})
	}
	want := []line{
		{1, 1, MessageOnly, false},
		{0, 2, NewPatch, false},
		{4, 3, Unchanged, false},
		{3, 4, MessageOnly, true},
		{2, 5, CodeChanged, true},
		{5, 0, Dropped, false},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(line{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]patchset.Trailer{{Key: "Reviewed-by", Value: "B <b@example.org>"}}, c.Pairs[0].Gained); diff != "" {
		t.Errorf("trailers gained, -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]patchset.Trailer{{Key: "Acked-by", Value: "B <b@example.org>"}}, c.Pairs[3].Lost); diff != "" {
		t.Errorf("trailers lost, -want +got:\n%s", diff)
	}
	if p := c.Pairs[3]; p.OldTitle != "x: three" || !strings.Contains(p.MessageDiff, "+Other text.") {
		t.Errorf("got %+v, want the old title and the text", p)
	}
	const interdiff = `--- a/b
+++ b/b
@@ -8,7 +8,7 @@
 b 7
 b 8
 b 9
-two
+two changed
 b 11
 b 12
 b 13
`
	if diff := cmp.Diff(interdiff, c.Pairs[4].Interdiff); diff != "" {
		t.Errorf("interdiff, -want +got:\n%s", diff)
	}
}

// TestCompareText compares the text with a golden file.
func TestCompareText(t *testing.T) {
	r := twoVersions(t)
	var out strings.Builder
	if err := Compare(seriesOf(t, r, "base", "v1"), seriesOf(t, r, "base", "v2")).WriteText(&out); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "compare.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestInterdiffAsGit compares the interdiff of whole series with the diff of what they leave.
func TestInterdiffAsGit(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	r := mailtest.NewRepo(t)
	for _, f := range []string{"a", "b", "c"} {
		r.Write(f, mailtest.Numbered(f, 80))
	}
	r.Commit("start")
	r.Git("branch", "base")
	for round := range runtest.Short(2, 5) {
		var sets []*patchset.Set
		for _, v := range []string{"v1", "v2"} {
			branch := fmt.Sprintf("%s.%d", v, round)
			r.Git("checkout", "-q", "-b", branch, "base")
			content := map[string][]string{}
			for _, f := range []string{"a", "b", "c"} {
				content[f] = mailtest.Numbered(f, 80)
			}
			for i := range 3 {
				f := string(rune('a' + rnd.IntN(3)))
				content[f] = mailtest.Mutate(rnd, content[f])
				r.Write(f, content[f])
				if rnd.IntN(3) == 0 {
					content["new"] = mailtest.Mutate(rnd, mailtest.Numbered("new", 10))
					r.Write("new", content["new"])
				}
				r.Commit(fmt.Sprintf("x: step %d", i))
			}
			sets = append(sets, seriesOf(t, r, "base", branch))
		}
		want := r.Git("diff", "--no-renames", "--no-color", fmt.Sprintf("v1.%d", round), fmt.Sprintf("v2.%d", round))
		got := Compare(sets[0], sets[1]).Interdiff
		if diff := cmp.Diff(plainChanges(want), plainChanges(got)); diff != "" {
			t.Errorf("round %d, -git +ours:\n%s\nours:\n%s", round, diff, got)
		}
	}
}

var reHunkHead = regexp.MustCompile(`(?m)^(?:diff --git|index|new file mode|deleted file mode) .*\n|^(@@ [^@]*@@).*$`)

// plainChanges returns for each file of a unified diff how many lines it adds and deletes, and which
// hunks there are. Where equal lines stand side by side, which of them is the new one is a matter of
// taste, so their text is not compared.
func plainChanges(diff string) []string {
	var lines []string
	for line := range strings.Lines(reHunkHead.ReplaceAllString(diff, "$1")) {
		switch line[0] {
		case '@':
			lines = append(lines, line)
		case '+', '-':
			if strings.HasPrefix(line, "+++ ") || strings.HasPrefix(line, "--- ") {
				lines = append(lines, line)
			} else {
				lines[len(lines)-1] += line[:1]
			}
		}
	}
	for i, line := range lines {
		signs := []byte(line)
		if j := strings.IndexByte(line, '\n'); j >= 0 {
			slices.Sort(signs[j+1:])
		}
		lines[i] = string(signs)
	}
	return lines
}

// TestCompareAsRangeDiff compares with git range-diff, over random second versions of a series.
func TestCompareAsRangeDiff(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	r := mailtest.NewRepo(t)
	const files = 6
	for f := range files {
		r.Write(fmt.Sprintf("f%d", f), mailtest.Numbered(fmt.Sprint("f", f), 60))
	}
	r.Commit("start")
	r.Git("branch", "base")
	r.Git("checkout", "-q", "-b", "v1", "base")
	first := map[int][]string{}
	for f := range files {
		first[f] = mailtest.Mutate(rnd, mailtest.Mutate(rnd, mailtest.Numbered(fmt.Sprint("f", f), 60)))
		r.Write(fmt.Sprintf("f%d", f), first[f])
		r.Commit(fmt.Sprintf("x: file %d", f))
	}
	old := seriesOf(t, r, "base", "v1")
	for round := range 5 {
		branch := fmt.Sprintf("v2.%d", round)
		r.Git("checkout", "-q", "-b", branch, "base")
		for i, f := range rnd.Perm(files)[:files-round%3] {
			content := first[f]
			if rnd.IntN(2) == 0 {
				content = mailtest.Mutate(rnd, content)
			}
			r.Write(fmt.Sprintf("f%d", f), content)
			r.Commit(fmt.Sprintf("x: round %d, patch %d", round, i))
		}
		want := rangeDiff(r, "base..v1", "base.."+branch)
		var got []string
		for _, p := range Compare(old, seriesOf(t, r, "base", branch)).Pairs {
			got = append(got, fmt.Sprintf("%s %s", indexOrDash(p.OldIndex), indexOrDash(p.NewIndex)))
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("round %d, -git +ours:\n%s", round, diff)
		}
	}
}

var reRangeDiff = regexp.MustCompile(`(?m)^ *(\d+|-): +\S+ [=!<>] +(\d+|-): +\S+ `)

// rangeDiff returns the pairs that git range-diff finds.
func rangeDiff(r *mailtest.Repo, old, new string) []string {
	var pairs []string
	for _, m := range reRangeDiff.FindAllStringSubmatch(r.Git("range-diff", "--no-color", "--no-patch", old, new), -1) {
		pairs = append(pairs, m[1]+" "+m[2])
	}
	slices.Sort(pairs)
	return pairs
}

// TestAssign compares the assignment with trying all of them.
func TestAssign(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		n := 1 + rnd.IntN(4)
		m := n + rnd.IntN(3)
		cost := make([][]int, n)
		for i := range cost {
			for range m {
				cost[i] = append(cost[i], rnd.IntN(20)-5)
			}
		}
		sum, seen := 0, map[int]bool{}
		for r, c := range assign(cost) {
			if seen[c] {
				t.Fatalf("column %d twice", c)
			}
			seen[c] = true
			sum += cost[r][c]
		}
		if want := cheapest(cost, 0, map[int]bool{}); sum != want {
			t.Fatalf("got %d, want %d for %v", sum, want, cost)
		}
	}
}

func cheapest(cost [][]int, row int, used map[int]bool) int {
	if row == len(cost) {
		return 0
	}
	best := 1 << 30
	for c := range cost[row] {
		if !used[c] {
			used[c] = true
			best = min(best, cost[row][c]+cheapest(cost, row+1, used))
			used[c] = false
		}
	}
	return best
}

// TestOutOfOrder: only what left its place among the others is moved.
func TestOutOfOrder(t *testing.T) {
	for _, tt := range []struct {
		partner []int
		moved   []bool
	}{
		{[]int{0, 1, 2}, []bool{false, false, false}},
		{[]int{-1, 0, 1}, []bool{false, false, false}},
		{[]int{2, 0, 1}, []bool{true, false, false}},
		{[]int{1, -1, 2, 0}, []bool{false, false, false, true}},
	} {
		if got := outOfOrder(tt.partner); !slices.Equal(got, tt.moved) {
			t.Errorf("%v: got %v, want %v", tt.partner, got, tt.moved)
		}
	}
}

// TestCompareRebased: the same change between other lines is no change of code, and another change
// there is shown as the diff of the diffs.
func TestCompareRebased(t *testing.T) {
	r := mailtest.NewRepo(t)
	r.Write("a", mailtest.Numbered("a", 40))
	r.Commit("start")
	r.Git("branch", "base1")
	moved := append(mailtest.Numbered("before", 5), mailtest.Numbered("a", 40)...)
	moved[13] = "changed upstream"
	r.Write("a", moved)
	r.Commit("upstream")
	r.Git("branch", "base2")
	version := func(branch, base string, lines []string, at int, text string) *patchset.Set {
		r.Git("checkout", "-q", "-b", branch, base)
		lines = slices.Clone(lines)
		lines[at] = text
		r.Write("a", lines)
		r.Commit("x: one\n\nText.\n")
		return seriesOf(t, r, base, branch)
	}
	old := version("v1", "base1", mailtest.Numbered("a", 40), 10, "one")
	same := Compare(old, version("v2", "base2", moved, 15, "one")).Pairs[0]
	if same.Status != Unchanged || !same.Rebased || same.Interdiff != "" {
		t.Errorf("rebased: got %+v", same)
	}
	other := Compare(old, version("v3", "base2", moved, 15, "two")).Pairs[0]
	if other.Status != CodeChanged || !strings.Contains(other.Interdiff, "diff of a (new)") ||
		!strings.Contains(other.Interdiff, "\n-+one\n") || !strings.Contains(other.Interdiff, "\n++two\n") {
		t.Errorf("rebased and changed: got %+v", other)
	}
}

// TestCompareFiles: new, deleted, renamed and binary files.
func TestCompareFiles(t *testing.T) {
	r := mailtest.NewRepo(t)
	r.Write("a", mailtest.Numbered("a", 20))
	r.Write("b", mailtest.Numbered("b", 20))
	r.Commit("start")
	r.Git("branch", "base")
	version := func(branch string, change func()) *patchset.Set {
		r.Git("checkout", "-q", "-b", branch, "base")
		change()
		r.Commit("x: one\n\nText.\n")
		return seriesOf(t, r, "base", branch)
	}
	write := func(name, text string) func() { return func() { r.Write(name, []string{text}) } }
	versions := map[string]*patchset.Set{
		"new":     version("new", write("c", "one")),
		"new2":    version("new2", write("c", "two")),
		"other":   version("other", write("d", "one")),
		"deleted": version("deleted", func() { r.Git("rm", "-q", "b") }),
		"renamed": version("renamed", func() { r.Git("mv", "b", "e") }),
		"binary":  version("binary", write("c", "one\x00")),
		"binary2": version("binary2", write("c", "two\x00")),
	}
	for _, tt := range []struct{ old, new, want string }{
		{"new", "new", ""},
		{"new", "new2", "--- a/c\n+++ b/c\n@@ -1,1 +1,1 @@\n-one\n+two\n"},
		{"new", "other", "--- a/c\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-one\n--- /dev/null\n+++ b/d\n@@ -0,0 +1,1 @@\n+one\n"},
		{"deleted", "renamed", "+++ b/e\n"},
		{"renamed", "deleted", "+++ /dev/null\n"},
		{"binary", "binary", ""},
		{"binary", "binary2", "-## binary"},
	} {
		p := Compare(versions[tt.old], versions[tt.new]).Pairs[0]
		if (tt.want == "") != (p.Interdiff == "") || !strings.Contains(p.Interdiff, tt.want) {
			t.Errorf("%s to %s: got %q, want %q", tt.old, tt.new, p.Interdiff, tt.want)
		}
	}
}
