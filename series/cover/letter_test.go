// SPDX-License-Identifier: GPL-2.0-only

package cover

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const fullCover = `Changes since v2:
 - one more rename

v1 -> v2: no code changes.

This series of three patches moves things.

[1/3] first
[2/3] second

A U Thor (2):
  x: a title that is so long that git format-patch wrapped it, which it
    does at 72 columns
  x: second

Ø Ther (1):
  x: third

 .../a/very/long/path/to/the/file.c | 12 ++++++------
 {old => new}/name.c                |  0
 drivers/{ => net}/a.c              |  4 ++--
 firmware.bin                       | Bin 0 -> 1234 bytes
 "with \303\244 space.c"            |  1 -
 5 files changed, 8 insertions(+), 9 deletions(-)
 create mode 100644 firmware.bin
 rename {old => new}/name.c (100%)
 rename drivers/{ => net}/a.c (90%)
 delete mode 100755 "with \303\244 space.c"
 mode change 100644 => 100755 scripts/x

base-commit: 4ae12d8bd9a830799db335ee661d6cbc6597f838
`

func TestParseCoverLetter(t *testing.T) {
	want := &Letter{
		Stats: []StatLine{
			{Path: ".../a/very/long/path/to/the/file.c", Changes: 12, Plus: 6, Minus: 6},
			{Path: "new/name.c", Old: "old/name.c"},
			{Path: "drivers/net/a.c", Old: "drivers/a.c", Changes: 4, Plus: 2, Minus: 2},
			{Path: "firmware.bin", Binary: true},
			{Path: "with ä space.c", Changes: 1, Minus: 1},
		},
		Totals:  &StatTotals{5, 8, 9},
		Created: []string{"firmware.bin"},
		Deleted: []string{"with ä space.c"},
		Renamed: [][2]string{{"old/name.c", "new/name.c"}, {"drivers/a.c", "drivers/net/a.c"}},
		Shortlog: []ShortlogAuthor{
			{"A U Thor", 2, []string{"x: a title that is so long that git format-patch wrapped it, which it does at 72 columns", "x: second"}, 0},
			{"Ø Ther", 1, []string{"x: third"}, 0},
		},
		Announced: []Announcement{{3, "[1/3] first"}, {3, "[2/3] second"}, {3, "This series of three patches"}},
		Changelog: true,
		NoChanges: []NoChangeClaim{{2, "v1 -> v2: no code changes."}},
	}
	if diff := cmp.Diff(want, Parse(fullCover)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(want, Parse(strings.ReplaceAll(fullCover, "\n", "\r\n"))); diff != "" {
		t.Errorf("with CRLF, -want +got:\n%s", diff)
	}
}

// TestLastDiffstatCounts: an earlier one is quoted from elsewhere.
func TestLastDiffstatCounts(t *testing.T) {
	c := Parse(" a | 1 +\n 1 file changed, 1 insertion(+)\n\nAnd now:\n b | 2 --\n 1 file changed, 2 deletions(-)\n")
	if len(c.Stats) != 1 || c.Stats[0].Path != "b" || *c.Totals != (StatTotals{1, 0, 2}) {
		t.Errorf("got %+v %+v", c.Stats, c.Totals)
	}
}

func TestChangelogForms(t *testing.T) {
	for text, want := range map[string]bool{
		"Changes in v2:":                      true,
		"v2: add missing Signed-off-by tags":  true,
		"v1 -> v2:":                           true,
		"* Changes since RFC:":                true,
		"Changelog:":                          true,
		"- Link to v1: https://example.org/1": true,
		"Since v3:":                           true,
		"===== v4 =====":                      true,
		"This changes the v2 protocol.":       false,
		"The flags change.":                   false,
		"vfs: something":                      false,
	} {
		if got := Parse(text + "\n").Changelog; got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

func TestNoChangeClaims(t *testing.T) {
	for text, want := range map[string][]NoChangeClaim{
		"No code changes from v1.":                         {{2, "No code changes from v1."}},
		"No changes since v3.":                             {{4, "No changes since v3."}},
		"There are no code changes.":                       {{0, "There are no code changes."}},
		"Changes in v3:\n- no code changes":                {{3, "- no code changes"}},
		"Changes in v4:\n- x\nv3:\n- no code change":       {{3, "- no code change"}},
		"No functional change intended.":                   nil,
		"Changes since v1:\n - no changes to the code":     {{2, "- no changes to the code"}},
		"v2 -> v3\nno changes compared to v2, only typos.": {{3, "no changes compared to v2, only typos."}},
	} {
		if diff := cmp.Diff(want, Parse(text).NoChanges); diff != "" {
			t.Errorf("%q: -want +got:\n%s", text, diff)
		}
	}
}

// FuzzCoverLetter checks that what is read of a diffstat can be written and read again, and that
// numbers stay in bounds.
func FuzzCoverLetter(f *testing.F) {
	f.Add(fullCover)
	f.Add(" a | 1 +\n 1 file changed, 1 insertion(+)\n")
	f.Add(" {a => } | 99999999999 +\n {=>}b} => { | Bin\n 1 file changed\n rename a => {b => c (1%)\n")
	f.Add("A (1):\n  x\n    y\n\nv2: no code changes from v99999999\n[1/99999]\n")
	f.Fuzz(func(t *testing.T, body string) {
		c := Parse(body)
		if c.Totals == nil {
			if len(c.Stats) > 0 {
				t.Fatal("lines of a diffstat without its totals")
			}
			return
		}
		var again strings.Builder
		for _, s := range c.Stats {
			if s.Binary || s.Old != "" || strings.ContainsAny(s.Path, "|\"\n\r") || strings.Contains(s.Path, " => ") ||
				s.Path != strings.TrimSpace(s.Path) || s.Path == "" {
				return
			}
			fmt.Fprintf(&again, " %s | %d %s%s\n", s.Path, s.Changes, strings.Repeat("+", s.Plus), strings.Repeat("-", s.Minus))
		}
		fmt.Fprintf(&again, " %d files changed, %d insertions(+), %d deletions(-)\n", c.Totals.Files, c.Totals.Insertions, c.Totals.Deletions)
		back := Parse(again.String())
		if diff := cmp.Diff(c.Stats, back.Stats); diff != "" {
			t.Errorf("-once +twice:\n%s", diff)
		}
		if diff := cmp.Diff(c.Totals, back.Totals); diff != "" {
			t.Errorf("-once +twice:\n%s", diff)
		}
	})
}

// TestCutRename: where git cut off the front of a rename, brace and all, the new name is what fits the end
// of a path. It was taken for a file that no patch changes.
func TestCutRename(t *testing.T) {
	letter := Parse(" ...abstract_unix_test.c => scoped_unix_test.c} | 12 ++++++------\n 1 file changed, 6 insertions(+), 6 deletions(-)\n")
	if s := letter.Stats[0]; s.Path != "...scoped_unix_test.c" || s.Old != "...abstract_unix_test.c" {
		t.Errorf("got %+v", s)
	}
}
