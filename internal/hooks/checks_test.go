// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

var update = flag.Bool("update", false, "write anew what is found in testdata/checks")

// A checkFixture is a file testdata/checks/NAME.txt about the check hooks/NAME. It shows what the check fires on and what
// it does not, each as edits of a series in which nothing is wrong:
//
//	hooks/cast: a registered function that is cast.
//	-- fires on a cast to void --
//	security/plain/main.c
//	-file_open, plain_file_open
//	+file_open, (void *)plain_file_open
//	-- found --
//	hooks/cast security/plain/main.c:38: the function for hook file_open is cast, …
//	-- silent on the function itself --
//	…
//
// An edit is a file and the text in it that goes and comes, without the first character of each line; "FILE: whole" makes a
// file of the lines that come. A section "found" holds all that is found, of whatever check; without one nothing is. What is
// edited is testdata/series.txtar on testdata/tree.txtar, or, where the head says "base: new hook", a series that adds a
// hook. The sections "found" are written anew by: go test ./internal/hooks -run TestCheckFixtures -update
type checkFixture struct {
	id, file string
	newHook  bool
	archive  *txtar.Archive
	cases    []checkCase
}

// A checkCase is one section of a fixture.
type checkCase struct {
	name    string
	fires   bool
	edits   []edit
	found   string
	section txtar.File
}

// readCheckFixtures reads all fixtures, sorted by name.
func readCheckFixtures(t *testing.T) []*checkFixture {
	t.Helper()
	names, err := filepath.Glob("testdata/checks/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatal("no fixtures", err)
	}
	var all []*checkFixture
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f := &checkFixture{id: "hooks/" + strings.TrimSuffix(filepath.Base(name), ".txt"), file: name, archive: archive,
			newHook: strings.Contains(string(archive.Comment), "\nbase: new hook\n")}
		for _, section := range archive.Files {
			word, rest, _ := strings.Cut(section.Name, " ")
			switch word {
			case "fires", "silent":
				f.cases = append(f.cases, checkCase{name: rest, fires: word == "fires", edits: readEdits(t, string(section.Data)), section: section})
			case "found":
				f.cases[len(f.cases)-1].found = string(section.Data)
			default:
				t.Fatalf("%s: a section %q", name, section.Name)
			}
		}
		all = append(all, f)
	}
	return all
}

// readEdits reads the edits of a section.
func readEdits(t *testing.T, text string) []edit {
	t.Helper()
	var edits []edit
	var e *edit
	var gone, come []string
	end := func() {
		if e != nil {
			e.old, e.now = strings.Join(gone, "\n"), strings.Join(come, "\n")
			gone, come = nil, nil
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || e == nil && strings.ContainsAny(line[:1], "+-"):
			t.Fatalf("a line %q in edits", line)
		case line[0] == '-':
			gone = append(gone, line[1:])
		case line[0] == '+':
			come = append(come, line[1:])
		default:
			end()
			name, whole := strings.CutSuffix(line, ": whole")
			edits = append(edits, edit{file: name})
			if e = &edits[len(edits)-1]; whole {
				come = []string{}
			}
		}
	}
	end()
	return edits
}

// TestCheckFixtures: each check fires where its fixture says, with these words, and not on what is right.
func TestCheckFixtures(t *testing.T) {
	for _, f := range readCheckFixtures(t) {
		out := &txtar.Archive{Comment: f.archive.Comment}
		for _, c := range f.cases {
			found := f.look(t, &c)
			fires := strings.Contains("\n"+found, "\n"+f.id+" ")
			if fires != c.fires {
				t.Errorf("%s: %s: fires: %v", f.file, c.name, fires)
			}
			if diff := cmp.Diff(c.found, found); diff != "" && !*update {
				t.Errorf("%s: %s: -want +got:\n%s", f.file, c.name, diff)
			}
			out.Files = append(out.Files, c.section)
			if found != "" {
				out.Files = append(out.Files, txtar.File{Name: "found", Data: []byte(found)})
			}
		}
		if *update {
			if err := os.WriteFile(f.file, txtar.Format(out), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// look runs all checks on a case, and returns a line for each finding.
func (f *checkFixture) look(t *testing.T, c *checkCase) string {
	t.Helper()
	before, series, edits := hookstest.ReadArchive(t, "testdata/tree.txtar"), fstest.MapFS{}, c.edits
	if f.newHook {
		before, edits = withWrappers(t), slices.Concat(sealing, c.edits)
	} else {
		maps.Copy(series, hookstest.ReadArchive(t, "testdata/series.txtar"))
	}
	set, before, after := editedFixture(t, before, series, edits)
	for _, e := range edits {
		set.Patches[0].Files = append(set.Patches[0].Files, touching([]edit{e}).Patches[0].Files...)
	}
	findings, _, err := Check(&check.View{Set: set, Before: before, After: after}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, x := range findings {
		if f.newHook && x.Check == "hooks/not-built" {
			continue // the LSM of this tree has no makefile
		}
		if x.Hint == "" || x.Message == "" || x.Patch != 1 {
			t.Errorf("%s lacks a message, a hint or its patch: %+v", x.Check, x)
		}
		fmt.Fprintf(&b, "%s %s:%d: %s\n", x.Check, x.File, x.Line, x.Message)
	}
	return b.String()
}

// TestEachCheckHasFixtures: no check is without a case that fires and one that does not.
func TestEachCheckHasFixtures(t *testing.T) {
	// What compilers and a built kernel say is tested in package proof.
	elsewhere := []string{"hooks/compiler-disagrees", "hooks/compiler-found", "hooks/binary-disagrees", "hooks/not-in-kernel",
		"hooks/too-early"} // whose series have several patches: TestTooEarly
	fixtures := map[string]*checkFixture{}
	for _, f := range readCheckFixtures(t) {
		fixtures[f.id] = f
	}
	for _, c := range Checks(nil) {
		f := fixtures[c.ID]
		delete(fixtures, c.ID)
		fires := func(c checkCase) bool { return c.fires }
		silent := func(c checkCase) bool { return !c.fires }
		if f == nil || !slices.ContainsFunc(f.cases, fires) || !slices.ContainsFunc(f.cases, silent) {
			if !slices.Contains(elsewhere, c.ID) {
				t.Errorf("%s lacks a case that fires, or one that does not, in testdata/checks", c.ID)
			}
		}
	}
	for id := range fixtures {
		t.Errorf("fixtures of %s, which is no check", id)
	}
}
