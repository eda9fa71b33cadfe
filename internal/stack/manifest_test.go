// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

const manifest = `# Ours.
[tree]
commit = "v7.3" # the newest

# The first is needed by the second.
[[entry]]
name = "one"
series = "one.mbox"

[[entry]]
name = "two"
series = ["a.patch", "b.patch"]
trailers = ["Acked-by: A <a@example.org>"]
`

// TestBadManifest names the place of each mistake, and what to do.
func TestBadManifest(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"two"`, `"one"`, `10: a second entry "one"; the first is on line 6`},
		{`"two"`, `"Two"`, `10: no entry can be called "Two"`},
		{`"two"`, "\"two\"\nstrip = -1", `10: entry "two": strip is -1`},
		{`"two"`, "\"two\"\nauthor = \"x\"", `10: entry "two": author: "x" is no person`},
		{`"one"`, "\"one\"\nfuzz = \"2\"", `8: "entry.fuzz"`},
		{`"two"`, "\"two\"\nfuzz = \"2\"", `12: "entry.fuzz"`},
		{`"one"`, "\"one\"\nfuz = 1", `8: unknown key "entry.fuz"`},
		{`"two"`, "\"two\"\nserie = 1", `12: unknown key "entry.serie"`},
		{`commit = "v7.3"`, `commit = 7.3`, `3: "tree.commit"`},
		{"# Ours.\n", "branch = \"a..b\"\n", `1: "a..b" is no name for a branch`},
		{"# Ours.\n", "\nbranch = \"-D\"\n", `2: "-D" is no name for a branch`},
		{"# Ours.\n", "committer = \"me\"\n", `1: committer: "me" is no person`},
		{"# Ours.\n", "committer = \"me\\n <a@b>\"\n", `is no person`},
		{`"two"`, `"../two"`, `10: no entry can be called`},
		{`series = "one.mbox"`, ``, `6: entry "one" names no series`},
		{`series = "one.mbox"`, `series = "-"`, `6: entry "one" names no series`},
		{`series = "one.mbox"`, `series = 3`, `name or a list of names`},
		{`series = "one.mbox"`, `serie = "one.mbox"`, `8: unknown key "entry.serie"`},
		{`commit = "v7.3" # the newest`, ``, `2: [tree] names no commit`},
		{`"one.mbox"`, `"one.mbox`, `8: `},
		{`"Acked-by: A <a@example.org>"`, `"Acked"`, `10: entry "two": "Acked" is no trailer`},
		{"# Ours.\n", "<<<<<<< HEAD\n", `1: a conflict marker`},
		{"\n# The", "\n||||||| base\n# The", `5: a conflict marker`},
		{"\n# The", "\n=======\n# The", `5: a conflict marker`},
	} {
		_, err := ParseManifest(strings.Replace(manifest, c.old, c.new, 1))
		if err == nil || !strings.Contains(err.Error(), c.want) || hint.Of(err) == "" {
			t.Errorf("%q for %q: %v (hint %q), not %q", c.new, c.old, err, hint.Of(err), c.want)
		}
	}
}

// TestBadLock refuses what no lsmpatch wrote.
func TestBadLock(t *testing.T) {
	for text, want := range map[string]string{
		"format = 2\n":               "format 2",
		"format = 1\n<<<<<<< ours\n": "2: a conflict marker",
		"format = 1\n[[entry]]\nname = \"a\"\nmails = \"a-0.mbox\"\n[[entry.patch]]\npatch_id = \"abc\"\nmail = \"\"\n":                 "no patch ID",
		"format = 1\n[[entry]]\nname = \"a\"\nmails = \"../../etc/passwd\"\n":                                                           "passwd",
		"format = 1\n[[entry]]\nname = \"a\"\nmails = \"a-0.mbox\"\n[[entry.patch]]\npatch_id = \"\"\nmail = \"\"\nresolved = \"/x\"\n": "/x",
	} {
		if _, err := parseLock(text); err == nil || !strings.Contains(err.Error(), want) || hint.Of(err) == "" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestEditKeepsComments edits a manifest as a person would: the comment above an entry goes with it.
func TestEditKeepsComments(t *testing.T) {
	m, err := ParseManifest(manifest)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = m.add(&Entry{Name: "three", Series: Names{"id@example.org"}, Why: `a "reason"`}, "two"); err != nil {
		t.Fatal(err)
	}
	if m, err = m.move("one", ""); err != nil {
		t.Fatal(err)
	}
	if m, err = m.remove("two"); err != nil {
		t.Fatal(err)
	}
	if m, err = m.withCommit("v7.4"); err != nil {
		t.Fatal(err)
	}
	want := `# Ours.
[tree]
commit = "v7.4"

[[entry]]
name = "three"
series = "id@example.org"
why = "a \"reason\""

# The first is needed by the second.
[[entry]]
name = "one"
series = "one.mbox"
`
	if m.text != want {
		t.Errorf("%s", m.text)
	}
	for _, before := range []string{"one", "three", ""} {
		for _, name := range []string{"one", "three"} {
			moved, err := m.move(name, before)
			if err != nil || len(moved.Entries) != 2 {
				t.Errorf("moving %s before %q: %v", name, before, err)
			}
		}
	}
	if _, err := m.remove("four"); err == nil || !strings.Contains(hint.Of(err), "three, one") {
		t.Errorf("%v", err)
	}
}

// FuzzManifest reads any text; what it takes can be edited and read again.
func FuzzManifest(f *testing.F) {
	f.Add(manifest)
	f.Add("[tree]\ncommit=\"x\"\n[[ entry ]]\nname=\"a\"\nseries=\"b\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseManifest(text)
		if err != nil || m.Entry("added") != nil || len(m.Entries) != len(entryLines(text)) {
			return
		}
		more, err := m.add(&Entry{Name: "added", Series: Names{"x"}}, "")
		if err != nil {
			return // a table of another kind stands below the entries
		}
		less, err := more.remove("added")
		if err != nil || len(less.Entries) != len(m.Entries) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
