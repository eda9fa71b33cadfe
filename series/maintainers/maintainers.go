// SPDX-License-Identifier: GPL-2.0-only

package maintainers

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// File is the MAINTAINERS file of a tree: who looks after which files.
type File struct {
	// Sections are the entries in the order of the file.
	Sections []*Section

	tree    fs.FS // nil: no directory is known
	mailmap mailmap

	// prefixes and chief are worked out once the first path is asked for.
	prefixes func() *prefixes
	chief    func() Person
}

// A Section is one entry of MAINTAINERS.
type Section struct {
	Name   string
	Status string // of the S: line: "Maintained", "Orphan"
	// People are those of the M: and R: lines, and Lists those of the L: lines.
	People []Person
	Lists  []List
	// Trees are the T: lines, such as "git git://git.kernel.org/pub/scm/….git next".
	Trees []string
	// Profiles are the paths and URLs of the P: lines: documents with rules of the subsystem's own.
	Profiles []string

	files, excluded []pathPattern // those of F: and N: lines, and those of X: lines
	keywords        []*keyPattern
}

// A Person is an M: or R: line. Reviewer tells an R: line.
type Person struct {
	Name, Email string
	Reviewer    bool
}

// A List is an L: line.
type List struct {
	Address string
	// Moderated lists take mail of others late; lists SubscribersOnly do not take it.
	Moderated, SubscribersOnly bool
}

// TheRest is the name of the entry that covers all files.
const TheRest = "THE REST"

// chiefStatus is the status of the entry whose maintainer wants no copies.
const chiefStatus = "buried alive in reporters"

// Read reads MAINTAINERS and .mailmap at the top of tree. The error matches
// fs.ErrNotExist where there is no MAINTAINERS.
func Read(tree fs.FS) (*File, error) {
	text, err := fs.ReadFile(tree, "MAINTAINERS")
	if err != nil {
		return nil, fmt.Errorf("reading MAINTAINERS: %w", err)
	}
	m := Parse(string(text))
	m.tree = tree
	names, err := fs.ReadFile(tree, ".mailmap")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading .mailmap: %w", err)
	}
	m.mailmap = parseMailmap(string(names))
	return m, nil
}

var reSectionLine = lazyregexp.New(`^([A-Z]):\s*(.*)`)

// ParseMore reads text as if it stood in the same tree as m, by itself.
func (m *File) ParseMore(text string) *File {
	more := Parse(text)
	more.tree = m.tree
	return more
}

// Parse reads the text of MAINTAINERS. Lines that it does not know it passes over; a
// pattern that is no regular expression fits nothing.
func Parse(text string) *File {
	m := &File{}
	m.chief = sync.OnceValue(m.findChief)
	m.prefixes = sync.OnceValue(func() *prefixes { return newPrefixes(m.Sections) })
	var section *Section
	name := ""
	for line := range strings.SplitSeq(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		match := reSectionLine.FindStringSubmatch(strings.TrimSuffix(line, "\r"))
		if match == nil {
			section, name = nil, line
			continue
		}
		if section == nil {
			section = &Section{Name: strings.TrimRight(name, "\r")}
			m.Sections = append(m.Sections, section)
		}
		section.add(match[1], match[2])
	}
	return m
}

func (s *Section) add(kind, value string) {
	switch kind {
	case "M", "R":
		for _, p := range splitPeople(value) {
			p.Reviewer = kind == "R"
			s.People = append(s.People, p)
		}
	case "L":
		address, note, _ := strings.Cut(value, " ")
		s.Lists = append(s.Lists, List{
			Address:         address,
			Moderated:       strings.Contains(note, "moderated"),
			SubscribersOnly: strings.Contains(note, "subscribers-only"),
		})
	case "T":
		s.Trees = append(s.Trees, value)
	case "S":
		s.Status = value
	case "P":
		s.Profiles = append(s.Profiles, value)
	case "F":
		s.files = append(s.files, newPathPattern(value))
	case "X":
		s.excluded = append(s.excluded, newPathPattern(value))
	case "N":
		if re := compileKey("", value); re != nil {
			s.files = append(s.files, pathPattern{source: value, name: re})
		}
	case "K":
		s.keywords = append(s.keywords, &keyPattern{value, compileKey("", value), compileKey("^[+-].*", value)})
	}
}

var (
	reNamed   = lazyregexp.New(`^([^<]+)<(.+@.*)>`)
	reUnnamed = lazyregexp.New(`^\s*<(.+@\S*)>`)
	reAddress = lazyregexp.New(`^(.+@\S*)`)
)

// splitPeople reads the value of an M: or R: line: mostly one person, and where each part between
// commas is an address, several.
func splitPeople(value string) []Person {
	parts := strings.Split(value, ",")
	people := make([]Person, len(parts))
	for i, part := range parts {
		if people[i] = parseMaintainer(part); people[i].Email == "" || strings.Contains(people[i].Email, " ") {
			people = nil
			break
		}
	}
	if people == nil || strings.Count(value, "@") != len(parts) {
		people = []Person{parseMaintainer(value)}
	}
	return slices.DeleteFunc(people, func(p Person) bool { return p.Email == "" })
}

func parseMaintainer(s string) Person {
	name, address := "", ""
	if m := reNamed.FindStringSubmatch(s); m != nil {
		name, address = m[1], m[2]
	} else if m := reUnnamed.FindStringSubmatch(s); m != nil {
		address = m[1]
	} else if m := reAddress.FindStringSubmatch(s); m != nil {
		address = m[1]
	}
	name = strings.TrimSpace(name)
	name = strings.TrimSuffix(strings.TrimPrefix(name, `"`), `"`)
	return Person{Name: name, Email: strings.TrimSpace(address)}
}

// A SectionMatch is an entry that covers a path. The greater its Depth the more precise is it.
type SectionMatch struct {
	*Section
	Depth int
}

// Files returns the values of the F: lines.
func (s *Section) Files() []string {
	var res []string
	for _, p := range s.files {
		if p.name == nil {
			res = append(res, p.source)
		}
	}
	return res
}

// Match returns the entries that cover the path file, the most precise first.
func (m *File) Match(file string) []SectionMatch {
	var matches []SectionMatch
	slashes := strings.Count(file, "/")
	for _, i := range m.prefixes().candidates(file) {
		s := m.Sections[i]
		if slices.ContainsFunc(s.excluded, func(p pathPattern) bool { return p.match(file, slashes, m.tree) }) {
			continue
		}
		found, depth := false, 0 // of several patterns that fit the last counts, as in the script
		for _, p := range s.files {
			if p.match(file, slashes, m.tree) {
				found, depth = true, p.depth
			}
		}
		if found {
			matches = append(matches, SectionMatch{s, depth})
		}
	}
	slices.SortStableFunc(matches, func(a, b SectionMatch) int { return cmp.Compare(b.Depth, a.Depth) })
	return matches
}

// A KeywordMatch is an entry with a K: pattern that fits a patch.
type KeywordMatch struct {
	*Section
	Pattern string
}

// Keywords returns the entries that have a K: pattern for the text of a patch mail: for a line
// before the diff, or for one that the diff adds or deletes.
func (m *File) Keywords(patch string) []KeywordMatch {
	var matches []KeywordMatch
	intro, changes := splitPatchText(patch)
	for _, s := range m.Sections {
		for _, k := range s.keywords {
			if k.fits(intro, changes) {
				matches = append(matches, KeywordMatch{s, k.source})
			}
		}
	}
	return matches
}

// splitPatchText returns the lines before the first file of the diff, and those after. Lines that
// name files are in neither.
func splitPatchText(patch string) (intro, changes []string) {
	inDiff := false
	for line := range strings.SplitSeq(patch, "\n") {
		switch {
		case strings.HasPrefix(line, "diff --git a/"), strings.HasPrefix(line, "@@ -"),
			strings.HasPrefix(line, "rename from "), strings.HasPrefix(line, "rename to "):
		case strings.HasPrefix(line, "+++ ") || strings.HasPrefix(line, "--- "):
			inDiff = true
		case !inDiff:
			intro = append(intro, line)
		default:
			changes = append(changes, line)
		}
	}
	return intro, changes
}
