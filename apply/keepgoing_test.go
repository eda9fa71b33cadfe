// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// TestKeepGoing tries the patches after one that does not fit: each that does not is told, and which need it.
func TestKeepGoing(t *testing.T) {
	edit := func(file, from, to string) string {
		return fmt.Sprintf("--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n-%s\n+%s\n", file, file, from, to)
	}
	set := setOf(edit("a", "1", "2"), edit("b", "x", "y"), edit("b", "y", "z"), edit("c", "1", "2"), edit("d", "x", "y"), edit("a", "2", "3"))
	tree := files{"a": text("1\n"), "b": text("1\n"), "c": text("1\n"), "d": text("1\n")}
	_, res, err := Overlay(tree.snapshot(t), set, &Options{KeepGoing: true})
	if err != nil {
		t.Fatal(err)
	}
	var fit, unfit []int
	for _, p := range res.Patches {
		fit = append(fit, p.Index)
	}
	for _, c := range res.Conflicts {
		unfit = append(unfit, c.Patch)
	}
	if !slices.Equal(fit, []int{1, 4, 6}) || !slices.Equal(unfit, []int{2, 3, 5}) {
		t.Errorf("fit %v, unfit %v", fit, unfit)
	}
	if needs := res.Conflicts[1].Needs; !slices.Equal(needs, []int{2}) || res.Conflicts[2].Needs != nil {
		t.Errorf("needs %v and %v", needs, res.Conflicts[2].Needs)
	}
}

// TestLandFitting lands what comes before the first patch that does not fit, as git am leaves it.
func TestLandFitting(t *testing.T) {
	dir, base := newRepo(t)
	set, mbox := setOfCommits(t, dir, base, "topic")
	put(t, dir, "gone", "another\n")
	gitIn(t, dir, "commit", "-q", "-am", "moved on")
	head := gitIn(t, dir, "rev-parse", "HEAD")
	if out, err := tryGitIn(dir, "am", "-q", mbox); err == nil {
		t.Fatalf("git am takes it: %s", out)
	}
	want := gitIn(t, dir, "rev-parse", "HEAD")
	for _, keep := range []bool{false, true} {
		gitIn(t, dir, "am", "--abort")
		gitIn(t, dir, "reset", "-q", "--hard", head)
		res, err := Series(context.Background(), dir, set, &Options{Committer: committedAt, LandFitting: true, KeepGoing: keep})
		if err != nil || len(res.Conflicts) == 0 || res.Head != want || gitIn(t, dir, "rev-parse", "HEAD") != want || res.Patches[1].Commit != want {
			t.Errorf("%+v, %v; git am is at %s", res, err, want)
		}
		if out := gitIn(t, dir, "status", "--porcelain"); out != "" {
			t.Errorf("status %s", out)
		}
		tryGitIn(dir, "am", "-q", mbox)
	}
	gitIn(t, dir, "am", "--abort")
	gitIn(t, dir, "reset", "-q", "--hard", head)
	set.Patches = set.Patches[2:]
	res, err := Series(context.Background(), dir, set, &Options{Committer: committedAt, LandFitting: true})
	if err != nil || res.Head != "" || gitIn(t, dir, "rev-parse", "HEAD") != head {
		t.Errorf("nothing fits: %+v, %v", res, err)
	}
}
