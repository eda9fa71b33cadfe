// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/explain"
)

// A ruleFixture is a file testdata/rules/TYPE.txt. It shows where findings of TYPE come, and where not:
//
//	TYPE: why it matters.
//	options: -ignore=OTHER
//	-- fires --
//	lines with what is wrong
//	-- found --
//	2 WARNING: what is said of the second line
//	-- silent --
//	lines with what is right
//
// A section may name where its lines stand: they are added to the file "-- fires lib/Kconfig --", by default lib/a.c, or
// are a part of the "message", a "diff" below the message, or a whole "mail". The sections "found" are ours, in places and
// levels that the script has too: TestE2ERuleFixtures holds them against it. To write them anew, where the script agrees:
//
//	go test ./checkpatch -run TestRuleFixtures -script .../scripts/checkpatch.pl
type ruleFixture struct {
	typ, name string
	ignore    []string
	archive   *txtar.Archive
	cases     []ruleCase
}

// A ruleCase is one section of a fixture.
type ruleCase struct {
	place, text string
	fires       bool
	found       []string // what is said of it
	section     int      // its number in the archive
}

// readFixtures reads all fixtures, sorted by name.
func readFixtures(tb testing.TB) []*ruleFixture {
	tb.Helper()
	names, err := filepath.Glob("testdata/rules/*.txt")
	if err != nil || len(names) < 200 {
		tb.Fatal(len(names), "fixtures of rules", err)
	}
	var all []*ruleFixture
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		f := &ruleFixture{typ: strings.TrimSuffix(filepath.Base(name), ".txt"), name: name, archive: archive}
		for line := range strings.Lines(string(archive.Comment)) {
			if _, ignore, ok := strings.Cut(line, "options: -ignore="); ok {
				f.ignore = strings.Split(strings.TrimSpace(ignore), ",")
			}
		}
		for i, section := range archive.Files {
			word, place, _ := strings.Cut(section.Name, " ")
			text := strings.TrimSuffix(string(section.Data), "\n")
			switch word {
			case "fires", "silent":
				f.cases = append(f.cases, ruleCase{place: cmp.Or(place, "lib/a.c"), text: text, fires: word == "fires", section: i})
			case "found":
				f.cases[len(f.cases)-1].found = strings.Split(text, "\n")
			default:
				tb.Fatalf("%s: a section %q", name, section.Name)
			}
		}
		all = append(all, f)
	}
	return all
}

// patch returns the mail that has the lines where the case wants them, and how many lines stand before them.
func (c *ruleCase) patch() (mail string, before int) {
	const head = "From: A Person <a@example.org>\nSubject: [PATCH] lib: change it\n\nChange it, since it was not right.\n"
	const signed = "\nSigned-off-by: A Person <a@example.org>\n---\n"
	lines := strings.Split(c.text, "\n")
	diff := func(name string, added []string) string {
		return fmt.Sprintf("diff --git a/%[1]s b/%[1]s\n--- a/%[1]s\n+++ b/%[1]s\n@@ -10,2 +10,%[2]d @@\n \n+%[3]s\n \n",
			name, 2+len(added), strings.Join(added, "\n+"))
	}
	switch c.place {
	case "mail":
		return c.text + "\n", 0
	case "message":
		return head + "\n" + c.text + "\n" + signed + diff("lib/a.c", []string{"int a;"}), strings.Count(head, "\n") + 1
	case "diff":
		return head + signed + c.text + "\n", strings.Count(head+signed, "\n")
	}
	return head + signed + diff(c.place, lines), strings.Count(head+signed, "\n") + 5
}

var foundLine = regexp.MustCompile(`(?m)^(?:([^\n:]*):(\d+): )?(ERROR|WARNING|CHECK):([A-Z0-9_]+): (.*)$`)

// foundOf returns what a terse output says of a type, as "LINE LEVEL: words", where the lines of the case are counted.
// What is said of lines before or after them has no line.
func (c *ruleCase) foundOf(typ, terse string) []string {
	_, before := c.patch()
	var list []string
	for _, m := range foundLine.FindAllStringSubmatch(terse, -1) {
		if m[4] != typ {
			continue
		}
		place := ""
		if nr, err := strconv.Atoi(m[2]); err == nil && nr > before && nr <= before+1+strings.Count(c.text, "\n") {
			place = strconv.Itoa(nr-before) + " "
		}
		list = append(list, place+m[3]+": "+m[5])
	}
	return list
}

// TestRuleFixtures: each rule fires in its fixture where it should, with the words that it should, and not on what it asks for.
func TestRuleFixtures(t *testing.T) {
	fixtures := readFixtures(t)
	for _, f := range fixtures {
		c := NewChecker(&Options{Strict: true, Tree: exampleTree, Commits: exampleCommits, Ignore: f.ignore})
		for i := range f.cases {
			rc := &f.cases[i]
			mail, _ := rc.patch()
			var out bytes.Buffer
			if _, err := Render(&out, []*Result{c.Patch("a.patch", []byte(mail))}, Style{Terse: true, ShowTypes: true, NoSummary: true}); err != nil {
				t.Fatal(err)
			}
			found := rc.foundOf(f.typ, out.String())
			if *scriptFile != "" {
				rc.found = found
			}
			rc.compare(t, f, "the native engine", rc.found, found)
		}
	}
	if *scriptFile != "" {
		holdAgainst(t, fixtures, *scriptFile)
		for _, f := range fixtures {
			f.write(t)
		}
	}
}

// compare tells where found is not what is wanted, or a case that fires has nothing.
func (c *ruleCase) compare(t *testing.T, f *ruleFixture, who string, want, found []string) {
	t.Helper()
	if c.fires == (want == nil) {
		t.Errorf("%s: section %d fires %v, but has %q", f.name, c.section+1, c.fires, want)
	}
	if diff := gocmp.Diff(want, found); diff != "" {
		t.Errorf("%s: section %d, by %s: -want +got:\n%s%s", f.name, c.section+1, who, diff, c.text)
	}
}

// placesOf returns what was found without its words, which the script has otherwise.
func placesOf(found []string) []string {
	var list []string
	for _, f := range found {
		place, _, _ := strings.Cut(f, ":")
		list = append(list, place)
	}
	return list
}

// write writes the fixture with what was found.
func (f *ruleFixture) write(t *testing.T) {
	t.Helper()
	out := &txtar.Archive{Comment: f.archive.Comment}
	for _, c := range f.cases {
		out.Files = append(out.Files, f.archive.Files[c.section])
		if c.found != nil {
			out.Files = append(out.Files, txtar.File{Name: "found", Data: []byte(strings.Join(c.found, "\n") + "\n")})
		}
	}
	if err := os.WriteFile(f.name, txtar.Format(out), 0o666); err != nil {
		t.Fatal(err)
	}
}

// holdAgainst asks the script what it finds in all cases, in a few runs, and wants the same places. It runs in the tree of
// the examples, in a repository with the commit that the examples know.
func holdAgainst(t *testing.T, fixtures []*ruleFixture, script string) {
	t.Helper()
	root := t.TempDir()
	write := func(name string, data []byte) {
		name = filepath.Join(root, name)
		if err := cmp.Or(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, data, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	// By these the script knows the top of a tree.
	for _, name := range strings.Fields("COPYING CREDITS Kbuild Makefile README Documentation/a arch/a include/a drivers/a fs/a init/a ipc/a kernel/a lib/a scripts/a") {
		write(name, nil)
	}
	for name, file := range exampleTree {
		write(name, file.Data)
	}
	// What the script needs of its own folder.
	for _, name := range []string{"checkpatch.pl", "get_maintainer.pl"} {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(script), name))
		if err != nil {
			t.Fatal(err)
		}
		write("scripts/"+name, data)
	}
	git := func(args ...string) {
		cmd := exec.Command("git", args...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_AUTHOR_DATE=@0 +0000",
			"GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.org", "GIT_COMMITTER_DATE=@0 +0000")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("commit", "-q", "--allow-empty", "-m", "lib: add it")
	groups := map[string][]string{} // files by the types that are ignored
	for _, f := range fixtures {
		for i := range f.cases {
			mail, _ := f.cases[i].patch()
			name := fmt.Sprintf("%s.%d", f.typ, i)
			write(name, []byte(mail))
			key := strings.Join(f.ignore, ",")
			groups[key] = append(groups[key], name)
		}
	}
	said := map[string]string{}
	for _, ignore := range slices.Sorted(maps.Keys(groups)) {
		// The words of one run come in the order of its files.
		args := append([]string{"scripts/checkpatch.pl", "--strict", "--terse", "--show-types", "--no-summary", "--root=."}, groups[ignore]...)
		if ignore != "" {
			args = append(args, "--ignore="+ignore)
		}
		cmd := exec.Command("perl", args...)
		cmd.Dir = root
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil && cmd.ProcessState.ExitCode() != 1 {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			name, _, _ := strings.Cut(line, ":")
			said[name] += line
		}
	}
	for _, f := range fixtures {
		for i := range f.cases {
			c := &f.cases[i]
			c.compare(t, f, "the script", placesOf(c.found), placesOf(c.foundOf(f.typ, said[fmt.Sprintf("%s.%d", f.typ, i)])))
		}
	}
}

// TestEachTypeHasFixtures: no type is without a case that fires and one that does not, but those whose check is off.
func TestEachTypeHasFixtures(t *testing.T) {
	fixtures := map[string]*ruleFixture{}
	for _, f := range readFixtures(t) {
		fixtures[f.typ] = f
		if explain.Why(f.typ) == "" {
			t.Errorf("%s: there is no such type", f.name)
		}
	}
	for _, typ := range explain.Types() {
		f := fixtures[typ]
		if e := explain.All()[typ]; e.In == explain.InNothing {
			continue
		}
		fires := func(c ruleCase) bool { return c.fires }
		silent := func(c ruleCase) bool { return !c.fires }
		if f == nil || !slices.ContainsFunc(f.cases, fires) || !slices.ContainsFunc(f.cases, silent) {
			t.Errorf("%s lacks a case that fires, or one that does not, in testdata/rules/%[1]s.txt", typ)
		}
	}
}

// exampleCommits knows the commit of the repository that holdAgainst makes.
func exampleCommits(abbrev string) (id, subject string, known bool) {
	const one = "3ca5f13dbc9c662236080d94b706a28ed088be06"
	return one, "lib: add it", strings.HasPrefix(one, abbrev)
}
