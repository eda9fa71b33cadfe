// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/attest"
	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"
	"github.com/lsmpatch/lsmpatch/series/thread"
)

// sampleTree is a tree with the files of the fixtures.
func sampleTree() fstest.MapFS {
	return fstest.MapFS{"MAINTAINERS": {Data: []byte(mailtest.Maintainers)}, "security/sample/sample.c": {}, "lib/orphan.c": {}}
}

// profiledTree is a tree with a subsystem that has rules of its own.
var profiledTree = fstest.MapFS{
	"MAINTAINERS":  {Data: []byte("SAMPLE NET\nM:\tMary Maintainer <mary@example.org>\nS:\tMaintained\nP:\tDocumentation/process/maintainer-sub.rst\nF:\tnet/\n")},
	"net/sample.c": {},
	"Documentation/process/maintainer-sub.rst": {Data: []byte("tl;dr\n-----\n\n" +
		" - designate your patch to a tree - ``[PATCH sub]`` or ``[PATCH sub-next]``\n" +
		" - for fixes the ``Fixes:`` tag is required, regardless of the tree\n" +
		" - don't post large series (> 3 patches), break them up\n" +
		" - don't repost your patches within one 24h period\n\n" +
		"The condensed patch description in the subject line should start with an\nuppercase letter.\n\nOrder\n^^^^^\n\n" +
		"following tag ordering scheme:\n\n - Fixes: 12+char-SHA1\n\n   Text.\n\n - Reported-by: ``R``\n - Signed-off-by: ``A``\n - Signed-off-by: ``H``\n\n" +
		" - Reviewed-by: ``R``\n - Cc: ``C``\n\nNext\n----\n\n - Acked-by: ``no``\n")},
}

// fakeHistory answers as a repository with four commits would.
type fakeHistory struct{}

func (fakeHistory) Commit(rev string) (subject string, ancestor bool, err error) {
	for hash, subject := range map[string]string{
		"4ae12d8bd9a830799db335ee661d6cbc6597f838": "security: add the sample",
		"1111111111111111111111111111111111111111": "security: sample: on a branch",
		"5555555555555555555555555555555555555555": "security: before the sample",
		"6666666666666666666666666666666666666666": "security: sample: just added",
	} {
		if strings.HasPrefix(hash, rev) {
			return subject, hash[0] != '1', nil
		}
	}
	if strings.HasPrefix(rev, "2222") {
		return "", false, check.ErrShallow
	}
	return "", false, check.ErrNoCommit
}

func (fakeHistory) Released(rev string) (newest string, has bool, err error) {
	return "v7.0-rc2", rev[0] != '6', nil
}

func (fakeHistory) Applies(_ *patchset.Set, base string) (bool, string, error) {
	return base[0] != '5', "security/sample/sample.c: hunk 1 does not apply", nil
}

func (fakeHistory) Candidates(*patchset.Set) ([]check.Base, error) {
	return []check.Base{{Commit: "4ae12d8bd9a830799db335ee661d6cbc6597f838", Name: "v7.0-rc2", Matching: 1, Total: 1}}, nil
}

func (fakeHistory) HasPatchID(id string) (bool, error) { return id[0] == 'a', nil }

// fixtureOptions returns what the fixtures of a rule are compared with.
func fixtureOptions(t *testing.T, dir string) *check.View {
	t.Helper()
	opts := &check.View{}
	switch name := filepath.Base(dir); {
	case strings.Contains(name, "fixes-"), strings.Contains(name, "commit-"), name == "not-checked":
		opts.Commits = fakeHistory{}
	case strings.HasPrefix(name, "base-"), name == "prerequisite-missing":
		opts.Commits, opts.Bases = fakeHistory{}, fakeHistory{}
	case strings.Contains(name, "-copied"), name == "no-recipients", name == "other-project", name == "uncovered-file", name == "unmaintained":
		opts.Before = sampleTree()
		opts.Commits = fakeHistory{}
	case strings.HasPrefix(name, "profile-"):
		opts.Before = profiledTree
		opts.Commits = fakeHistory{}
	case strings.HasPrefix(name, "developer-"):
		opts.Keyring = os.DirFS(filepath.Join("..", "attest", "testdata", "keyring"))
	case strings.HasPrefix(name, "dkim-"):
		f, err := os.Open(filepath.Join("..", "attest", "testdata", "dkim", "keys.txt"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if opts.LookupTXT, err = attest.ReadKeys(f); err != nil {
			t.Fatal(err)
		}
	}
	if old := filepath.Join(dir, "previous.mbox"); exists(old) {
		opts.Previous = openFixture(t, old)
	}
	return opts
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// openFixture reads the newest version.
func openFixture(t *testing.T, file string) *patchset.Set {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sets, err := thread.Read(f, file, thread.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(file, "subset/bad") {
		sets[0].Patches, sets[0].Picked = sets[0].Patches[:1], true
	}
	for part, state := range map[string]patchset.NeedState{"not-found/bad": patchset.NeedMissing, "cycle/bad": patchset.NeedCycle} {
		for i := range sets[0].Needs {
			if strings.Contains(file, "prerequisite-"+part) { // somebody looked
				sets[0].Needs[i].State, sets[0].Needs[i].What = state, "nowhere"
			}
		}
	}
	if strings.Contains(file, "superseded/bad") {
		sets[0].Needs[0].Newer = "version 2"
	}
	if strings.Contains(file, "newer-version/bad") {
		return sets[1] // a user who names an old version gets it
	}
	return sets[0]
}

// found returns what all checks say of set, beside what opts has.
func found(t *testing.T, set *patchset.Set, opts *check.View) []report.Finding {
	t.Helper()
	v := &check.View{}
	if opts != nil {
		*v = *opts
	}
	v.Set = set
	findings, err := check.Run(v, All())
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// TestRules wants two fixtures of each rule: one that it speaks about, and no other rule does, and
// one that nobody says anything about.
func TestRules(t *testing.T) {
	for _, rule := range All() {
		t.Run(strings.TrimPrefix(rule.ID, "series/"), func(t *testing.T) {
			dir := filepath.Join("testdata", "checks", filepath.Base(rule.ID))
			opts := fixtureOptions(t, dir)
			for _, f := range found(t, openFixture(t, filepath.Join(dir, "good.mbox")), opts) {
				if f.Check == rule.ID || !expectedBeside(rule.ID, f.Check) {
					t.Errorf("good: %s: %s", f.Check, f.Message)
				}
			}
			fires := false
			for _, f := range found(t, openFixture(t, filepath.Join(dir, "bad.mbox")), opts) {
				switch {
				case f.Check == rule.ID:
					fires = true
					if f.Severity != rule.Severity || f.Message == "" {
						t.Errorf("bad: got %+v", f)
					}
				case !expectedBeside(rule.ID, f.Check):
					t.Errorf("bad: %s: %s", f.Check, f.Message)
				}
			}
			if !fires {
				t.Errorf("bad: no finding of %s", rule.ID)
			}
		})
	}
}

// expectedBeside reports whether check speaks about the fixtures of rule as well, of necessity.
func expectedBeside(rule, check string) bool {
	return slices.Contains(map[string][]string{
		// Where no patch is there each is missing.
		"series/empty": {"series/missing-patch"},
		// Which mails are signed is told whatever the state.
		"series/dkim-valid":        {"series/dkim-unsigned"},
		"series/dkim-unsigned":     {"series/dkim-valid"},
		"series/dkim-unverified":   {"series/dkim-valid"},
		"series/dkim-body-changed": {"series/dkim-valid"},
		"series/dkim-invalid":      {"series/dkim-valid"},
		"series/dkim-unaligned":    {"series/dkim-valid"},
		"series/dkim-partial":      {"series/dkim-valid"},
	}[rule], check)
}

// TestRuleTable wants each entry complete, and no fixture without one.
func TestRuleTable(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range All() {
		name, ok := strings.CutPrefix(rule.ID, "series/")
		if !ok || seen[name] || rule.What == "" || rule.Why == "" || rule.Run == nil {
			t.Errorf("bad entry %+v", rule)
		}
		if strings.ContainsAny(rule.What+rule.Why, "\n") {
			t.Errorf("%s: more than a line", rule.ID)
		}
		seen[name] = true
	}
	dirs, err := os.ReadDir(filepath.Join("testdata", "checks"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if dir.IsDir() && !seen[dir.Name()] {
			t.Errorf("fixtures of %s, which is no rule", dir.Name())
		}
	}
}

// brokenTree is a tree whose files cannot be read.
type brokenTree struct{}

func (brokenTree) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: os.ErrPermission}
}

// TestCheckUnreadableTree: what cannot be compared is said, the rest is checked.
func TestCheckUnreadableTree(t *testing.T) {
	set := openFixture(t, filepath.Join("testdata", "checks", "missing-signoff", "bad.mbox"))
	var got []string
	for _, f := range found(t, set, &check.View{Before: brokenTree{}}) {
		got = append(got, f.Severity.String()+" "+f.Check)
	}
	if want := []string{"note series/not-checked", "error series/missing-signoff"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestCheckPlainTree: a tree without history cannot say whether a commit exists.
func TestCheckPlainTree(t *testing.T) {
	set := openFixture(t, filepath.Join("testdata", "checks", "fixes-unknown", "bad.mbox"))
	tree := sampleTree()
	findings := found(t, set, &check.View{Before: tree})
	if len(findings) != 1 || findings[0].Check != "series/not-checked" || !strings.Contains(findings[0].Message, "333333333333") {
		t.Errorf("got %+v", findings)
	}
	if findings := found(t, set, nil); len(findings) > 0 {
		t.Errorf("without a tree: got %+v", findings)
	}
}
