// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/maintainers"
)

// profileRules are those that a subsystem states in the document that its entry in MAINTAINERS names (P:), as far
// as a sentence of it can be measured. Each rule holds where the document has the sentence, whatever its name.
var profileRules = []*check.Check{
	{
		ID: "series/profile-tree", Severity: report.Warning, Run: rule(checkProfileTree),
		What: `the subject names no tree, where the subsystem's document says "designate your patch to a tree - [PATCH net]"`,
		Why:  "its maintainers and its tests do not know what the series is for",
	},
	{
		ID: "series/profile-length", Severity: report.Warning, Run: rule(checkProfileLength),
		What: `the series is longer than the subsystem's document allows: "don't post large series (> 15 patches)"`,
		Why:  "its maintainers ask to break it up",
	},
	{
		ID: "series/profile-fixes", Severity: report.Warning, Run: rule(checkProfileFixes),
		What: "a series for the tree of fixes has no Fixes:, where the subsystem's document says that fixes need one",
		Why:  "its maintainers send it back",
	},
	{
		ID: "series/profile-repost", Severity: report.Warning, Run: rule(checkProfileRepost),
		What: `the version before is younger than the subsystem's document allows: "don't repost your patches within one 24h period"`,
		Why:  "reviewers in other time zones have not seen it",
	},
	{
		ID: "series/profile-order", Severity: report.Note, Run: rule(checkProfileOrder),
		What: `the tags stand in another order than the subsystem's "tag ordering scheme"`,
		Why:  "its maintainers want a uniform view, and put them in order by hand",
	},
	{
		ID: "series/profile-title", Severity: report.Note, Run: rule(checkProfileTitle),
		What: "the description in the subject starts with a small letter, where the subsystem's document wants an uppercase one",
		Why:  "its maintainers change it by hand",
	},
}

// A profile is what one document asks for.
type profile struct {
	path    string
	trees   []string // "net", "net-next"
	longest int      // patches, 0 for no limit
	fixes   bool
	pause   time.Duration // between versions
	order   []string      // keys of tags, in lower case
	upper   bool
}

var (
	reProfileTree   = lazyregexp.New("(?m)^.*designate your patch to a tree.*$")
	reProfilePrefix = lazyregexp.New("``\\[PATCH ([^\\]`]+)\\]``")
	reProfileLength = lazyregexp.New(`(?:series \(> |series longer than )(\d+) patches`)
	reProfileFixes  = lazyregexp.New("for fixes the ``Fixes:`` tag is required")
	reProfileRepost = lazyregexp.New(`repost your patches within one (\d+)h period`)
	reProfileOrder  = lazyregexp.New(`(?s)tag ordering scheme:\n(.*?)\n(?:[^\s-][^\n]*\n[=~^-]{3,}\n|$)`)
	reProfileTag    = lazyregexp.New(`(?m)^ - ([A-Z][A-Za-z-]+): `)
	reProfileUpper  = lazyregexp.New(`description\s+in\s+the\s+subject\s+line\s+should\s+start\s+with\s+an\s+uppercase\s+letter`)
)

// readProfile reads the rules out of a document.
func readProfile(path, text string) *profile {
	p := &profile{path: path, fixes: reProfileFixes.MatchString(text), upper: reProfileUpper.MatchString(text)}
	if line := reProfileTree.FindString(text); line != "" {
		for _, m := range reProfilePrefix.FindAllStringSubmatch(line, -1) {
			p.trees = append(p.trees, m[1])
		}
	}
	if m := reProfileLength.FindStringSubmatch(text); m != nil {
		p.longest, _ = strconv.Atoi(m[1])
	}
	if m := reProfileRepost.FindStringSubmatch(text); m != nil {
		hours, _ := strconv.Atoi(m[1])
		p.pause = time.Duration(hours) * time.Hour
	}
	if m := reProfileOrder.FindStringSubmatch(text); m != nil {
		for _, tag := range reProfileTag.FindAllStringSubmatch(m[1], -1) {
			if key := strings.ToLower(tag[1]); !slices.Contains(p.order, key) {
				p.order = append(p.order, key)
			}
		}
	}
	return p
}

// profiles returns the documents whose rules hold for the series: those of the entries that cover most of its
// files, where no more precise entry has a document or a tree of its own.
func (x *exam) profiles() []*profile {
	if x.profiled != nil || x.view.Before == nil {
		return x.profiled
	}
	x.profiled = []*profile{}
	m := x.maintainers()
	if m == nil {
		return nil
	}
	covered, files := map[string]int{}, 0
	var paths []string
	for _, nf := range x.net() {
		files++
		for _, path := range profilesOf(m, nf.Path) {
			if covered[path]++; covered[path] == 1 {
				paths = append(paths, path)
			}
		}
	}
	for _, path := range paths {
		if 2*covered[path] <= files {
			continue
		}
		if text, err := fs.ReadFile(x.view.Before, path); err == nil {
			x.profiled = append(x.profiled, readProfile(path, string(text)))
		}
	}
	return x.profiled
}

// profilesOf returns the documents of the most precise entry for a file that has one, if it is local.
func profilesOf(m *maintainers.File, file string) []string {
	for _, s := range m.Match(file) {
		if len(s.Profiles) > 0 {
			return slices.DeleteFunc(slices.Clone(s.Profiles), func(p string) bool { return !fs.ValidPath(p) })
		}
	}
	return nil
}

func checkProfileTree(x *exam, tell func(report.Finding)) {
	for _, p := range x.profiles() {
		if len(p.trees) > 0 && len(treeWords(x.set)) == 0 && len(x.set.Patches) > 0 && x.set.Patches[0].MessageID != "" {
			tell(report.Finding{Message: fmt.Sprintf("the subject names no tree, and %s asks for [PATCH %s]", p.path, strings.Join(p.trees, "] or [PATCH ")),
				Hint: "git format-patch --subject-prefix='PATCH " + p.trees[len(p.trees)-1] + "'"})
		}
	}
}

// treeWords returns the words of the subject's brackets that may name a tree.
func treeWords(set *patchset.Set) []string {
	return slices.DeleteFunc(slices.Clone(set.Prefixes), func(w string) bool {
		return slices.Contains([]string{"rfc", "resend", "rft", "repost", "patches", "wip"}, strings.ToLower(w))
	})
}

func checkProfileLength(x *exam, tell func(report.Finding)) {
	for _, p := range x.profiles() {
		if n := max(x.set.Total, len(x.set.Patches)); p.longest > 0 && n > p.longest && !x.set.Picked {
			tell(report.Finding{Message: fmt.Sprintf("%d patches; %s allows %d", n, p.path, p.longest), Hint: "send it in parts"})
		}
	}
}

func checkProfileFixes(x *exam, tell func(report.Finding)) {
	words := treeWords(x.set)
	for _, p := range x.profiles() {
		if !p.fixes || len(p.trees) == 0 || !slices.Contains(words, p.trees[0]) || x.set.Picked || len(x.set.Patches) == 0 {
			continue
		}
		if !slices.ContainsFunc(x.set.Patches, func(q *patchset.Patch) bool { return len(allFixes(q)) > 0 }) {
			tell(report.Finding{Message: fmt.Sprintf("the series is for %s and has no Fixes:, and %s asks for one with each fix", p.trees[0], p.path),
				Hint: "what is no fix is for the other tree"})
		}
	}
}

func checkProfileRepost(x *exam, tell func(report.Finding)) {
	if x.view.Previous == nil || len(x.set.Patches) == 0 || len(x.view.Previous.Patches) == 0 {
		return
	}
	now, before := x.set.Patches[0].From.When, x.view.Previous.Patches[0].From.When
	for _, p := range x.profiles() {
		if age := now.Sub(before); p.pause > 0 && !before.IsZero() && age >= 0 && age < p.pause {
			tell(report.Finding{Message: fmt.Sprintf("version %d was sent %s before this one, and %s asks for %d hours", x.view.Previous.Version,
				age.Round(time.Minute), p.path, int(p.pause.Hours()))})
		}
	}
}

func checkProfileOrder(x *exam, tell func(report.Finding)) {
	for _, p := range x.profiles() {
		for _, q := range x.set.Patches {
			last := patchset.Trailer{}
			highest := -1
			for _, t := range q.Trailers {
				rank := slices.Index(p.order, strings.ToLower(t.Key))
				if rank < 0 {
					continue
				}
				if rank < highest && strings.EqualFold(t.Key, "Co-developed-by") && strings.EqualFold(last.Key, "Signed-off-by") {
					rank = highest // a pair for each author
				}
				if rank < highest {
					tell(report.Finding{Patch: q.Index, Message: fmt.Sprintf("%s: stands behind %s:, and %s has it before that", t.Key, last.Key, p.path)})
					break
				}
				highest, last = rank, t
			}
		}
	}
}

func checkProfileTitle(x *exam, tell func(report.Finding)) {
	for _, p := range x.profiles() {
		for _, q := range x.set.Patches {
			i := strings.LastIndex(q.Title, ": ")
			if !p.upper || i < 0 {
				continue
			}
			if word, _, _ := strings.Cut(q.Title[i+2:], " "); plainWord(word) && unicode.IsLower(rune(word[0])) {
				tell(report.Finding{Patch: q.Index, Message: fmt.Sprintf("%q goes on with a small letter, and %s wants an uppercase one there", q.Title, p.path)})
			}
		}
	}
}

// plainWord reports whether a word is one of the language, and no name of the code: those keep their letters.
func plainWord(word string) bool {
	return word != "" && strings.IndexFunc(word, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) || unicode.IsUpper(r) }) < 0
}
