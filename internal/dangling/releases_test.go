// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package dangling

import (
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestLongReleases takes what changed from one release to the next for a series: a release compiles, so that no name that it takes
// away is used any more.
func TestLongReleases(t *testing.T) {
	for _, pair := range [][2]string{{"7.2", "7.3"}, {"6.12", "7.2"}} {
		before, after := tree.NewDirFS(e2e.Tree(t, pair[0])), tree.NewDirFS(e2e.Tree(t, pair[1]))
		series := tree.NewOverlay(before)
		write := func(c tree.Change) {
			t.Helper()
			if err := series.Write(c); err != nil {
				t.Fatal(err)
			}
		}
		walk := func(fsys fs.FS, each func(name string)) {
			t.Helper()
			err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				if d.IsDir() && (!enter(name, true) || strings.HasPrefix(path.Base(name), ".") && name != ".") {
					return fs.SkipDir
				}
				if base := path.Base(name); d.Type().IsRegular() && (enter(name, false) || strings.HasPrefix(base, "Kconfig") || base == "Makefile" || base == "Kbuild") {
					each(name)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		changed := 0
		walk(after, func(name string) {
			text, _ := tree.ReadShared(after, name)
			old, err := tree.ReadShared(before, name)
			if err == nil && string(old) == string(text) {
				return
			}
			changed++
			write(tree.Change{Path: name, Mode: filemode.Regular, Data: text})
		})
		walk(before, func(name string) {
			if _, err := fs.Stat(after, name); err != nil {
				write(tree.Change{Path: name})
			}
		})
		begin := time.Now()
		files, err := changedFiles(before, series)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: %d files changed, %d names gone, %d with other arguments, %d members, %v", pair, changed, len(takenAway(files)), len(retaken(files)), len(changedMembers(files)), time.Since(begin).Round(time.Millisecond))
		begin = time.Now()
		findings, err := Uses(t.Context(), before, series, kbuild.Modular(t.Context(), series))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d findings, %v", len(findings), time.Since(begin).Round(time.Millisecond))
		for _, f := range findings {
			if f.Severity != report.Note {
				t.Errorf("%s:%d: %s", f.File, f.Line, f.Message)
			}
		}
	}
}

// TestLongSeeded renames functions and macros of a release everywhere but in one file that calls them.
func TestLongSeeded(t *testing.T) {
	const seeds = 300
	release := tree.NewDirFS(e2e.Tree(t, "7.3"))
	rnd := rand.New(rand.NewPCG(1, 2))
	known := map[string]*name{}
	headers, err := fs.Glob(release, "include/linux/*.h")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range headers {
		text, err := tree.ReadShared(release, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range declared(ctype.ParseUnit(file, text, nil)) {
			if len(n.text) > 3 {
				known[n.text] = n
			}
		}
	}
	words := slices.Sorted(maps.Keys(known))
	rnd.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	words = words[:4*seeds]
	var hits []tree.Hit
	for hit, err := range tree.Words(t.Context(), release, words, enter) {
		if err != nil {
			t.Fatal(err)
		}
		hits = append(hits, hit)
	}
	// A file uses a name if a line that is indented has it, called where it is called, and no line that is not.
	left := map[string]string{}
	for _, word := range words {
		use := word + `\b`
		if known[word].call {
			use = word + `\(`
		}
		uses := regexp.MustCompile(`(?m)^\t(?:[^\n"]*[ (!,])?` + use)
		other := regexp.MustCompile(`(?m)^[^ \t\n*][^\n]*\b` + word + `\b`)
		var users []string
		for _, hit := range hits {
			if path.Ext(hit.Path) == ".c" && slices.Contains(hit.Words, word) && uses.Match(hit.Text) && !other.Match(hit.Text) {
				users = append(users, hit.Path)
			}
		}
		if len(users) > 0 && len(left) < seeds {
			left[word] = users[rnd.IntN(len(users))]
		}
	}
	series := tree.NewOverlay(release)
	for _, hit := range hits {
		text := string(hit.Text)
		for _, word := range hit.Words {
			if left[word] != "" && left[word] != hit.Path {
				text = regexp.MustCompile(`\b`+word+`\b`).ReplaceAllString(text, word+"_anew")
			}
		}
		if text == string(hit.Text) {
			continue
		}
		if err := series.Write(tree.Change{Path: hit.Path, Mode: filemode.Regular, Data: []byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	findings, err := Uses(t.Context(), release, series, kbuild.Modular(t.Context(), series))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, f := range findings {
		word, _, _ := strings.Cut(f.Message, " ")
		found[strings.TrimSuffix(word, "()")] = f.File
	}
	missed := 0
	for _, word := range slices.Sorted(maps.Keys(left)) {
		switch found[word] {
		case left[word]:
		case "":
			missed++
			t.Logf("missed: %s of %s in %s", word, known[word].file, left[word])
		default:
			t.Errorf("%s: told of %s, left in %s", word, found[word], left[word])
		}
		delete(found, word)
	}
	t.Logf("%d of %d found; beside them %v", len(left)-missed, len(left), found)
}

// TestLongRetaken gives functions of a release one more argument, in the header and where they are defined, and in no call.
func TestLongRetaken(t *testing.T) {
	const seeds = 300
	release := tree.NewDirFS(e2e.Tree(t, "7.3"))
	headers, err := fs.Glob(release, "include/linux/*.h")
	if err != nil {
		t.Fatal(err)
	}
	// A prototype, and a definition, that a pattern can change.
	prototype := func(word string) *regexp.Regexp {
		return regexp.MustCompile(`(?m)^(?:extern )?[a-z][\w \t*]*\b` + word + `\(([^()]*\w)\)(;|\n\{)`)
	}
	in := map[string]string{} // the header of each function
	texts := map[string]string{}
	for _, file := range headers {
		text, err := tree.ReadShared(release, file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
		for _, m := range prototype(`(\w+)`).FindAllStringSubmatch(texts[file], -1) {
			if m[3] == ";" && m[2] != "void" && !strings.Contains(texts[file], "define "+m[1]) {
				in[m[1]] = file
			}
		}
	}
	words := slices.Sorted(maps.Keys(in))
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	words = words[:2*seeds]
	places := map[string][]string{} // where each has a prototype or a definition
	calls := map[string]int{}
	for hit, err := range tree.Words(t.Context(), release, words, enter) {
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range hit.Words {
			switch text := string(hit.Text); {
			case regexp.MustCompile(`(?m)^[^ \t\n*/][^\n;]*\b` + word + `\(`).MatchString(text):
				places[word] = append(places[word], hit.Path)
				texts[hit.Path] = text
			case path.Ext(hit.Path) == ".c" && regexp.MustCompile(`(?m)^\t(?:[^\n"]*[ (!,])?`+word+`\(`).MatchString(text):
				calls[word]++
			}
		}
	}
	series := tree.NewOverlay(release)
	changed, given := map[string]string{}, 0
	for _, word := range words {
		if len(places[word]) != 2 || calls[word] == 0 || given == seeds {
			continue
		}
		anew := map[string]string{}
		for _, file := range places[word] {
			text := texts[file]
			if again, ok := changed[file]; ok {
				text = again
			}
			anew[file] = prototype(word).ReplaceAllStringFunc(text, func(s string) string {
				at := strings.LastIndexByte(s, ')')
				return s[:at] + ", int more" + s[at:]
			})
			if anew[file] == text {
				delete(anew, file)
			}
		}
		if len(anew) == 2 {
			maps.Copy(changed, anew)
			calls[word] = -calls[word] // given
			given++
		}
	}
	for file, text := range changed {
		if err := series.Write(tree.Change{Path: file, Mode: filemode.Regular, Data: []byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	findings, err := Uses(t.Context(), release, series, kbuild.Modular(t.Context(), series))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range findings {
		word, _, _ := strings.Cut(f.Message, "()")
		found[word] = true
		if calls[word] >= 0 || f.Check != "build/stale-call" {
			t.Errorf("%s:%d: %s: %s", f.File, f.Line, f.Check, f.Message)
		}
	}
	missed := 0
	for _, word := range words {
		if calls[word] < 0 && !found[word] {
			missed++
			t.Logf("missed: %s of %s, called in %d files", word, in[word], -calls[word])
		}
	}
	t.Logf("%d of %d found", given-missed, given)
}
