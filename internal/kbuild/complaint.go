// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Complaint is what a compiler, or another program of the build, has to say.
type Complaint struct {
	report.Finding
	// Target is the file that was being made, relative to the output folder, or "".
	Target string `json:"target,omitempty"`
	// Function is the name of the function around the place, or "".
	Function string `json:"function,omitempty"`
}

// An identity tells one complaint from another, in whichever line of whichever build it stands:
// the tool, the file, the text without its numbers, and the function around it.
type identity struct{ tool, file, text, function string }

var (
	placeRE  = lazyregexp.New(`:\d+(?::\d+)?\b`)
	columnRE = lazyregexp.New(`:\d+\.\d+(?:-\d+(?:\.\d+)?)?`)
	numberRE = lazyregexp.New(`\b(?:0x[0-9a-f]+|\d+)\b`)
)

func (c *Complaint) identity() identity {
	text := c.Message
	if c.Check == "build/dtc" { // whose numbers tell one node from another
		text = columnRE.ReplaceAllString(text, ":N")
	} else {
		text = numberRE.ReplaceAllString(placeRE.ReplaceAllString(text, ":N"), "N")
	}
	return identity{c.Check, c.File, text, c.Function}
}

// A Comparison is what became of the complaints of one build in another.
type Comparison struct {
	// New are those of the other build alone, Moved those that only changed their file, Gone those of
	// the first build alone.
	New, Moved, Gone []Complaint
}

// Compare compares the complaints of two builds by what they say, not by how often and in which
// line: a warning that took the place of another one is new.
func Compare(before, after []Complaint) Comparison {
	var c Comparison
	old, now := identities(before), identities(after)
	var gone []identity
	seen := map[identity]bool{}
	for i := range before {
		id := before[i].identity()
		if !now[id] && !seen[id] {
			seen[id] = true
			gone = append(gone, id)
			c.Gone = append(c.Gone, before[i])
		}
	}
	for i := range after {
		id := after[i].identity()
		if old[id] || seen[id] {
			continue
		}
		seen[id] = true
		// The same words in a function of the same name elsewhere, or in a file of the same name, where the
		// first place has none now: somebody moved the code.
		from := slices.IndexFunc(gone, func(g identity) bool {
			named := id.function != "" || path.Base(g.file) == path.Base(id.file)
			return g.file != "" && named && g.tool == id.tool && g.text == id.text && g.function == id.function
		})
		if from >= 0 {
			c.Moved = append(c.Moved, after[i])
			gone, c.Gone = slices.Delete(gone, from, from+1), slices.Delete(c.Gone, from, from+1)
			continue
		}
		c.New = append(c.New, after[i])
	}
	return c
}

func identities(complaints []Complaint) map[identity]bool {
	all := map[identity]bool{}
	for i := range complaints {
		all[complaints[i].identity()] = true
	}
	return all
}

// anyError reports whether one of the complaints is an error.
func anyError(complaints []Complaint) bool {
	return slices.ContainsFunc(complaints, func(c Complaint) bool { return c.Severity == report.Error })
}

// maxFindings bounds how many findings one build brings.
const maxFindings = 200

// findingsOf returns the complaints as findings, each once, sorted, 200 at most.
func findingsOf(complaints []Complaint) []report.Finding {
	findings := []report.Finding{}
	seen := map[report.Finding]bool{}
	for _, c := range complaints {
		key := c.Finding
		key.Detail = "" // a header's complaint comes once for each file that includes it
		if !seen[key] {
			seen[key] = true
			findings = append(findings, c.Finding)
		}
	}
	report.Sort(findings)
	if n := len(findings) - maxFindings; n > 0 {
		findings = append(findings[:maxFindings], report.Finding{Check: "build/more", Severity: report.Note,
			Message: report.Plural(n, "more complaint") + " of the build left out"})
	}
	return findings
}

// A memory holds what each target complained about when it was made last, since make is silent
// about what it has no reason to make again. The key "" is for what belongs to no target.
type memory map[string][]Complaint

// learn takes what a run of make said about the targets that it made.
func (m memory) learn(targets map[string]bool, complaints []Complaint) {
	for target := range targets {
		delete(m, target)
	}
	for _, c := range complaints {
		m[c.Target] = append(m[c.Target], c)
	}
}

// clone returns a copy that learns by itself.
func (m memory) clone() memory {
	c := memory{}
	for target, complaints := range m {
		c[target] = slices.Clip(complaints)
	}
	return c
}

// rest returns the complaints, other than errors, about targets and sources that still are there.
func (m memory) rest(out, source *view) []Complaint {
	var all []Complaint
	for _, target := range slices.Sorted(keys(m)) {
		if target == "" || out.path(target) == "" {
			continue
		}
		for _, c := range m[target] {
			if c.Severity != report.Error && (c.File == "" || source.path(c.File) != "") {
				all = append(all, c)
			}
		}
	}
	return all
}

// all returns all complaints, in the order of their targets.
func (m memory) all() []Complaint {
	var all []Complaint
	for _, target := range slices.Sorted(keys(m)) {
		all = append(all, m[target]...)
	}
	return all
}

var (
	// cFunctionRE matches the head of a definition: the name before the first parenthesis, and the first
	// argument, since macros such as SYSCALL_DEFINE1 have the name there.
	cFunctionRE    = lazyregexp.New(`^(?:[A-Za-z_][^;=()]*?\b)?([A-Za-z_]\w*)\s*\(\s*(\w*)`)
	rustFunctionRE = lazyregexp.New(`\bfn\s+([A-Za-z_]\w*)`)
)

// maxAbove bounds how many lines above a complaint its function is looked for.
const maxAbove = 2000

// functionAt returns the name of the function around a line (from 1) of the text of file, or "".
func functionAt(file, text string, line int) string {
	lines := strings.Split(text, "\n")
	line = min(line, len(lines))
	rust := path.Ext(file) == ".rs"
	for i := line - 1; i >= 0 && i > line-maxAbove; i-- {
		s := lines[i]
		if rust {
			if m := rustFunctionRE.FindStringSubmatch(s); m != nil && !strings.HasPrefix(strings.TrimSpace(s), "//") {
				return m[1]
			}
			continue
		}
		if i < line-1 && strings.HasPrefix(s, "}") {
			return "" // between functions
		}
		if m := cFunctionRE.FindStringSubmatch(s); m != nil {
			if m[1] == strings.ToUpper(m[1]) {
				return m[1] + "(" + m[2]
			}
			return m[1]
		}
	}
	return ""
}

// enclosing returns the name of the function around a line of a source file, or "".
func (b *builder) enclosing(file string, line int) string {
	if file == "" || line <= 0 {
		return ""
	}
	switch path.Ext(file) {
	case ".c", ".h", ".rs":
	default:
		return ""
	}
	text, err := b.source.ReadFile(file)
	if err != nil {
		return ""
	}
	return functionAt(file, string(text), line)
}
