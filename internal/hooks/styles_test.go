// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestStyles checks LSMs as other people write them: testdata/styles holds archives of files that
// replace those of the fixture's series ("none" deletes one), in which nothing is wrong. Their comments hold lines
//
//	spoil [FILE] 'TEXT' 'NEW TEXT' 'CHECK [FILE]: TEXT ON ITS LINE'...
//
// which make one thing wrong, and say what is to be found; an empty last word is nothing. FILE is the
// archive's last where it is left out, and checks are named without "hooks/".
func TestStyles(t *testing.T) {
	archives, err := filepath.Glob("testdata/styles/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	for _, name := range archives {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(data)
			before := hookstest.ReadArchive(t, "testdata/tree.txtar")
			series := hookstest.ReadArchive(t, "testdata/series.txtar")
			maps.Copy(series, hookstest.ReadArchive(t, name))
			maps.DeleteFunc(series, func(_ string, f *fstest.MapFile) bool { return string(f.Data) == "none\n" })
			main := archive.Files[len(archive.Files)-1].Name
			set, before, after := editedFixture(t, before, series, nil)
			expect(t, set, before, after)
			for line := range strings.Lines(string(archive.Comment)) {
				if words := quoted(line); len(words) > 2 {
					t.Run(strings.TrimSpace(line), func(t *testing.T) { spoilStyle(t, before, series, main, words) })
				}
			}
		})
	}
}

func spoilStyle(t *testing.T, before, series fstest.MapFS, main string, words []string) {
	file := main
	if series[words[0]] != nil {
		file, words = words[0], words[1:]
	}
	set, before, after := editedFixture(t, before, series, []edit{{file, words[0], words[1]}})
	var want []string
	for _, w := range words[2:] {
		place, text, _ := strings.Cut(w, ": ")
		if !strings.Contains(place, " ") {
			place += " " + main
		}
		if w != "" {
			want = append(want, "hooks/"+place+": "+text)
		}
	}
	expect(t, set, before, after, want...)
}

// quoted returns the words behind "spoil" in a line, in single quotes where they hold spaces.
func quoted(line string) []string {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "spoil ")
	if !ok {
		return nil
	}
	var words []string
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		var word string
		if inner, isQuoted := strings.CutPrefix(rest, "'"); isQuoted {
			word, rest, _ = strings.Cut(inner, "'")
		} else {
			word, rest, _ = strings.Cut(rest, " ")
		}
		words = append(words, strings.ReplaceAll(word, `\n`, "\n"))
	}
	return slices.Clip(words)
}
