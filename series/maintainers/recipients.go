// SPDX-License-Identifier: GPL-2.0-only

package maintainers

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// A Recipient is somebody who should get a patch, or a mailing list.
type Recipient struct {
	Name, Email string
	// Also are further addresses that MAINTAINERS gives the same person elsewhere.
	Also []string
	List bool
	// Roles say why, the most precise first.
	Roles []Role
}

// A Role is one reason for sending to a [Recipient].
type Role struct {
	// Kind is "maintainer", "reviewer", "open list", "moderated list" or "in file", which is
	// somebody whom a device tree binding names.
	Kind    string
	Section string // the entry's name
	Status  string // the entry's status
	Depth   int    // how precise the match is; higher is more so
	Keyword string // the K: pattern that fits, or ""
}

// Recipients returns who should get a patch that changes files, and whose mail has that text, which
// may be "": what get_maintainer.pl prints without looking at the history. Files are asked in the
// order of their names, and who is named twice, by name or address, is there once.
func (m *File) Recipients(files []string, patch string) ([]Recipient, error) {
	files = slices.Clone(files)
	slices.Sort(files)
	files = slices.Compact(files)
	c := &collector{chief: m.chief(), listed: map[string]int{}}
	c.index()
	for _, file := range files {
		for _, s := range m.Match(file) {
			c.addSection(s.Section, s.Depth, "")
		}
	}
	if patch != "" {
		for _, k := range m.Keywords(patch) {
			c.addSection(k.Section, 0, k.Pattern)
		}
	}
	for i := range c.people {
		c.people[i].Name, c.people[i].Email = m.mailmap.apply(c.people[i].Name, c.people[i].Email)
	}
	c.index()
	for _, file := range files {
		named, err := m.namedInBinding(file)
		if err != nil {
			return nil, err
		}
		for _, p := range named {
			p.Name, p.Email = m.mailmap.apply(p.Name, p.Email)
			c.addPerson(p, Role{Kind: "in file"})
		}
	}
	return append(c.people, c.lists...), nil
}

// findChief returns the person who wants no copies, or none.
func (m *File) findChief() Person {
	for _, s := range m.Sections {
		if strings.EqualFold(s.Status, chiefStatus) && len(s.People) > 0 {
			return s.People[0]
		}
	}
	return Person{}
}

// A collector gathers recipients, each once.
type collector struct {
	people, lists []Recipient
	chief         Person
	// named, addressed and listed have the places in people and lists, by name and address in small letters.
	named, addressed, listed map[string]int
}

// index finds the places anew: names and addresses have changed.
func (c *collector) index() {
	c.named, c.addressed = map[string]int{}, map[string]int{}
	for i, r := range c.people {
		c.indexPerson(i, r)
	}
}

func (c *collector) indexPerson(i int, r Recipient) {
	name, address := strings.ToLower(r.Name), strings.ToLower(r.Email)
	if _, known := c.named[name]; !known && name != "" {
		c.named[name] = i
	}
	if _, known := c.addressed[address]; !known {
		c.addressed[address] = i
	}
}

// person returns the place of the first with that name or address, or -1.
func (c *collector) person(p Person) int {
	byName, named := c.named[strings.ToLower(p.Name)]
	byAddress, addressed := c.addressed[strings.ToLower(p.Email)]
	switch {
	case named && addressed:
		return min(byName, byAddress)
	case named:
		return byName
	case addressed:
		return byAddress
	}
	return -1
}

func (c *collector) addSection(s *Section, depth int, keyword string) {
	role := Role{Section: s.Name, Status: s.Status, Depth: depth, Keyword: keyword}
	for _, list := range s.Lists {
		if list.SubscribersOnly {
			continue
		}
		role.Kind = "open list"
		if list.Moderated {
			role.Kind = "moderated list"
		}
		c.addList(list.Address, role)
	}
	for _, p := range s.People {
		role.Kind = "maintainer"
		if p.Reviewer {
			role.Kind = "reviewer"
		}
		c.addPerson(p, role)
	}
}

func (c *collector) addPerson(p Person, role Role) {
	if c.chief.Email != "" && p.Email == c.chief.Email && p.Name == c.chief.Name {
		return
	}
	i := c.person(p)
	if i < 0 {
		i = len(c.people)
		c.people = append(c.people, Recipient{Name: p.Name, Email: p.Email})
		c.indexPerson(i, c.people[i])
	}
	r := &c.people[i]
	r.Roles = addRole(r.Roles, role)
	if !strings.EqualFold(r.Email, p.Email) && !slices.Contains(r.Also, p.Email) {
		r.Also = append(r.Also, p.Email)
	}
}

func (c *collector) addList(address string, role Role) {
	i, known := c.listed[strings.ToLower(address)]
	if !known {
		i = len(c.lists)
		c.lists = append(c.lists, Recipient{Email: address, List: true})
		c.listed[strings.ToLower(address)] = i
	}
	c.lists[i].Roles = addRole(c.lists[i].Roles, role)
}

func addRole(roles []Role, role Role) []Role {
	if slices.Contains(roles, role) {
		return roles
	}
	return append(roles, role)
}

// maxBinding bounds how much of a device tree binding is searched for addresses.
const maxBinding = 1 << 20

var (
	reInFile        = lazyregexp.New(`[\p{L}"' ,.+-]*\s*,*\s*[(<{]?[A-Za-z0-9_.+-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9]+[)>}]?`)
	reInFileAddress = lazyregexp.New(`[(<{]?([A-Za-z0-9_.+-]+@[A-Za-z0-9.-]+)[)>}]?`)
)

// namedInBinding returns the people whom a YAML file of the tree names: device tree bindings list
// their maintainers.
func (m *File) namedInBinding(file string) ([]Person, error) {
	if m.tree == nil || path.Ext(file) != ".yaml" || !fs.ValidPath(file) {
		return nil, nil
	}
	text, err := fs.ReadFile(m.tree, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var people []Person
	for _, match := range reInFile.FindAllString(string(text[:min(len(text), maxBinding)]), 100) {
		at := reInFileAddress.FindStringSubmatchIndex(match)
		people = append(people, Person{Name: tidyName(match[:at[0]]), Email: match[at[2]:at[3]]})
	}
	return people, nil
}

// tidyName makes the best of the words before an address: the last two of them, or three where an
// initial is among them.
func tidyName(s string) string {
	words := strings.FieldsFunc(strings.Trim(strings.TrimSpace(s), `"`), func(r rune) bool {
		return !unicode.IsLetter(r) && !strings.ContainsRune("',.+-", r)
	})
	words = slices.DeleteFunc(words, func(w string) bool { return len(w) == 1 && strings.Contains("',.+-", w) })
	if n := len(words); n > 2 {
		keep := 2
		if isInitial(words[n-3], true) || isInitial(words[n-2], false) {
			keep = 3
		}
		words = words[n-keep:]
	}
	name := strings.Join(words, " ")
	if strings.HasSuffix(name, ",") || strings.HasSuffix(name, ".") {
		name = name[:len(name)-1]
	}
	return strings.TrimLeft(name, ",.")
}

// isInitial reports whether word is one letter, with or without a dot.
func isInitial(word string, letter bool) bool {
	switch utf8.RuneCountInString(word) {
	case 1:
		r, _ := utf8.DecodeRuneInString(word)
		return !letter || unicode.IsLetter(r)
	case 2:
		return strings.HasSuffix(word, ".")
	}
	return false
}
