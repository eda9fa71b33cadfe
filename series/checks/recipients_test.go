// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"
)

// changing returns a patch that changes, or adds, a file, and goes to some addresses.
func changing(index int, file string, isNew bool, to ...string) *patchset.Patch {
	p := setOf("x: y\n\nText.\n\nSigned-off-by: A Uthor <a@example.org>\n").Patches[0]
	p.Index = index
	p.Author = object.Signature{Name: "A Uthor", Email: "a@example.org"}
	p.From = p.Author
	p.To = to
	p.Files = []*gitdiff.File{{OldName: file, NewName: file, IsNew: isNew}}
	return p
}

func TestWhoIsCopied(t *testing.T) {
	const all = "lsm@lists.example.org"
	mary, rob := "Mary Maintainer <mary@example.org>", "Rob Reviewer <rob@example.org>"
	const sample = "security/sample/a.c"
	for _, tt := range []struct {
		name    string
		patches []*patchset.Patch
		want    []string
	}{
		{"all", []*patchset.Patch{changing(1, sample, false, mary, rob, all)}, nil},
		{"bare address, other case", []*patchset.Patch{changing(1, sample, false, "MARY@example.org", rob, all)}, nil},
		{"name at another address", []*patchset.Patch{changing(1, sample, false, "Mary Maintainer <m@example.com>", rob, all)}, nil},
		{"only one of two patches", []*patchset.Patch{changing(1, sample, false, rob, all, mary), changing(2, sample, false, rob, all)},
			[]string{"2 maintainer-not-copied: Mary Maintainer <mary@example.org> (maintainer of \"SAMPLE SECURITY MODULE\") is neither in To nor in Cc of patch 2"}},
		{"neither of two patches", []*patchset.Patch{changing(1, sample, false, mary, rob), changing(2, sample, false, mary, rob)},
			[]string{"1 list-not-copied: lsm@lists.example.org (moderated list of \"SAMPLE SECURITY MODULE\") is neither in To nor in Cc of patches 1, 2"}},
		{"nobody looks after it", []*patchset.Patch{changing(1, "lib/a.c", false, all)}, nil},
	} {
		set := &patchset.Set{Total: len(tt.patches), Patches: tt.patches}
		v := &check.View{Set: set, Before: fstest.MapFS{"MAINTAINERS": {Data: []byte(mailtest.Maintainers)}, sample: {}, "lib/a.c": {}}}
		var got []string
		for _, rule := range recipientRules {
			rule.Run(v, func(f report.Finding) {
				got = append(got, string(rune('0'+f.Patch))+" "+strings.TrimPrefix(rule.ID, "series/")+": "+f.Message)
			})
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.name, diff)
		}
	}
}

// TestAuthorNeedsNoCopy: a maintainer who sends their own patch knows of it.
func TestAuthorNeedsNoCopy(t *testing.T) {
	p := changing(1, "security/sample/a.c", false, "rob@example.org", "lsm@lists.example.org")
	p.Author = object.Signature{Name: "Mary Maintainer", Email: "mary@example.com"}
	x := newExam(&check.View{Set: &patchset.Set{Total: 1, Patches: []*patchset.Patch{p}}, Before: fstest.MapFS{"MAINTAINERS": {Data: []byte(mailtest.Maintainers)}}})
	if d := x.duties(); len(d) != 0 {
		t.Errorf("got %v", d[0].Recipient)
	}
}

// TestNewEntryCovers: an entry that the series itself adds covers its files, whichever patch it is in.
func TestNewEntryCovers(t *testing.T) {
	entry := changing(2, "MAINTAINERS", false)
	entry.Files[0].TextFragments = []*gitdiff.TextFragment{{Lines: []gitdiff.Line{
		{Op: gitdiff.OpContext, Line: "F:\tother/\n"},
		{Op: gitdiff.OpAdd, Line: "\n"},
		{Op: gitdiff.OpAdd, Line: "NEW THING\n"},
		{Op: gitdiff.OpAdd, Line: "M:\tA Uthor <a@example.org>\n"},
		{Op: gitdiff.OpAdd, Line: "F:\tlib/new*.c\n"},
	}}}
	set := &patchset.Set{Total: 3, Patches: []*patchset.Patch{
		changing(1, "lib/new_one.c", true), entry, changing(3, "lib/old.c", true), changing(4, "other/x.c", true),
	}}
	x := newExam(&check.View{Set: set, Before: fstest.MapFS{"MAINTAINERS": {Data: []byte(mailtest.Maintainers)}, "lib/a.c": {}, "other/a.c": {}}})
	var got []string
	checkUncovered(x, func(f report.Finding) { got = append(got, f.File) })
	if diff := cmp.Diff([]string{"lib/old.c", "other/x.c"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestRenamedFileHasTwoKeepers: who looked after a file under its old name is to see that it goes.
func TestRenamedFileHasTwoKeepers(t *testing.T) {
	p := changing(1, "lib/a.c", false, "rob@example.org", "lsm@lists.example.org")
	p.Files[0].OldName, p.Files[0].IsRename = "security/sample/a.c", true
	x := newExam(&check.View{Set: &patchset.Set{Total: 1, Patches: []*patchset.Patch{p}}, Before: fstest.MapFS{"MAINTAINERS": {Data: []byte(mailtest.Maintainers)}, "security/sample/a.c": {}}})
	if d := x.duties(); len(d) != 1 || d[0].Email != "mary@example.org" {
		t.Errorf("got %v", d)
	}
}
