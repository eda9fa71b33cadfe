// SPDX-License-Identifier: GPL-2.0-only

// Package pattern is a small matcher for lines and statements of C.
//
// For most uses, put named patterns into a [Library], then call its MustCompile. A pattern is
// written as a regular expression is in Perl, with groups, classes, lazy and possessive
// quantifiers, look-around and back references, and three things more: {name} stands for a pattern
// or a matcher of the library, {$0} for a string given with each match, and \c for the byte that
// stands for a comment. A brace that is meant is written \{.
//
// Matching tries alternatives in order and goes back as Perl does. That can take exponential time, so
// each search has a budget of steps; when it is spent there is no match.
package pattern

import (
	"strings"
	"sync"
)

// Comment is the byte that stands in a line for a byte of a comment.
const Comment = 0x1c

// A Native is a matcher in Go.
type Native struct {
	// Match returns where the nth match at i ends, best first from nth 0, or -1. What takes long counts
	// with m.Spend.
	Match func(m *Matcher, s string, i, nth int) int
	// First holds the bytes that a match can start with.
	First string
	// Once is whether there is one match at most, so that nth is always 0.
	Once bool
}

// A Library holds named patterns. Fill it, then compile.
type Library struct {
	patterns map[string]string
	natives  map[string]Native

	mu     sync.Mutex        // of what follows, and of the pieces
	parsed map[string]*piece // patterns without captures, by name
	tables map[byteSet]*table
	// Pieces that all patterns share: those of single bytes, as they are and in both cases, and of \s and its like.
	bytes, folded, classes [256]*piece
}

// NewLibrary returns a library of patterns and of matchers in Go by name.
func NewLibrary(patterns map[string]string, natives map[string]Native) *Library {
	return &Library{patterns: patterns, natives: natives, parsed: map[string]*piece{}, tables: map[byteSet]*table{}}
}

// table returns the table of set, which may be nil.
func (l *Library) table(set *byteSet) *table {
	if set == nil {
		return nil
	}
	t := l.tables[*set]
	if t == nil {
		t = set.table()
		l.tables[*set] = t
	}
	return t
}

// A Pattern is ready to match. It may be used from several goroutines, each with its own Matcher.
type Pattern struct {
	src string
	lib *Library
	// once guards what MustCompile leaves for the first use.
	once sync.Once
	program
}

// A program is what a pattern compiles to.
type program struct {
	prog     *node
	captures int
	anchored bool
	inWords  bool     // starts at a boundary, with a byte of a word: so at the start of one
	first    *table   // of a match's first byte; nil: any, or none
	needs    []string // one of these is in each match; nil: unknown
}

// Compile compiles src.
func (l *Library) Compile(src string) (*Pattern, error) {
	pat := &Pattern{src: src, lib: l}
	var err error
	pat.once.Do(func() { pat.program, err = l.compile(src) })
	return pat, err
}

func (l *Library) compile(src string) (program, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	tree, captures, err := l.parse(src)
	if err != nil {
		return program{}, err
	}
	c := &compiler{lib: l}
	prog := c.compile(tree, &node{op: opAccept})
	made := program{
		prog: prog, captures: int(captures),
		anchored: startsAt(tree, '^'), needs: needs(tree),
	}
	if set, nullable := firstOf(tree); !nullable {
		made.first = l.table(set)
		made.inWords = startsAt(tree, 'b') && set.within(classEscape('w'))
	}
	return made, nil
}

// parse returns the tree of src, and the number of its captures.
func (l *Library) parse(src string) (tree *piece, captures int32, err error) {
	p := parser{src: src, lib: l}
	tree, err = p.alternation()
	if err == nil && p.more() {
		err = p.fail("unexpected %q", p.src[p.pos])
	}
	return tree, p.captures, err
}

// MustCompile is Compile for patterns in the source. They are compiled when they are first used, as
// there are hundreds, of which a command that checks no style needs none; it panics then on an error.
func (l *Library) MustCompile(src string) *Pattern { return &Pattern{src: src, lib: l} }

// ready compiles p where that is not done yet.
func (p *Pattern) ready() {
	p.once.Do(func() {
		made, err := p.lib.compile(p.src)
		if err != nil {
			panic(err)
		}
		p.program = made
	})
}

// A Matcher runs patterns. Its zero value is ready; it is not for several goroutines at once.
type Matcher struct {
	// Ctx is for the native matchers.
	Ctx any
	// Budget, where it is positive, is how many steps all further searches may take together. It is counted down;
	// at 1 nothing matches any more.
	Budget int

	s     string
	args  []string
	caps  []int
	count []int // of the loops
	last  []int
	end   int
	steps int
	depth int
}

// The limits of one search.
const (
	maxSteps = 500_000
	maxDepth = 10_000
)

// Spend counts bytes that a native matcher has looked at.
func (m *Matcher) Spend(bytes int) { m.steps += bytes / 8 }

// Match reports whether p matches somewhere in s.
func (m *Matcher) Match(p *Pattern, s string, args ...string) bool {
	return m.search(p, s, 0, args)
}

// Find returns the match and its captures as pairs of offsets, as regexp does, or nil. The slice is
// valid until the next search.
func (m *Matcher) Find(p *Pattern, s string, args ...string) []int {
	return m.FindFrom(p, s, 0, args...)
}

// FindFrom is Find from offset on; anchors and boundaries see all of s.
func (m *Matcher) FindFrom(p *Pattern, s string, from int, args ...string) []int {
	if !m.search(p, s, from, args) {
		return nil
	}
	return m.caps[:2*(p.captures+1)]
}

// Groups returns the match and its captures as strings, or nil. A capture that took no part is "".
func (m *Matcher) Groups(p *Pattern, s string, args ...string) []string {
	loc := m.Find(p, s, args...)
	if loc == nil {
		return nil
	}
	groups := make([]string, len(loc)/2)
	for i := range groups {
		if loc[2*i] >= 0 {
			groups[i] = s[loc[2*i]:loc[2*i+1]]
		}
	}
	return groups
}

// All calls yield with each match in turn, left to right, as Find returns it.
func (m *Matcher) All(p *Pattern, s string, yield func(loc []int) bool) {
	for from := 0; from <= len(s); {
		loc := m.FindFrom(p, s, from)
		if loc == nil {
			return
		}
		end := loc[1]
		if loc[0] == end {
			end++
		}
		if !yield(loc) {
			return
		}
		from = end
	}
}

// search looks for the leftmost match from offset from on, within the budget.
func (m *Matcher) search(p *Pattern, s string, from int, args []string) bool {
	if m.Budget == 1 {
		return false
	}
	m.steps = 0
	ok := m.leftmost(p, s, from, args)
	if m.Budget > 0 {
		m.Budget = max(m.Budget-m.steps, 1)
	}
	return ok
}

func (m *Matcher) leftmost(p *Pattern, s string, from int, args []string) bool {
	p.ready()
	if n := len(p.needs); n > 0 && n <= maxSought && !containsAny(s[min(from, len(s)):], p.needs) {
		m.steps += len(s[min(from, len(s)):]) / soughtPerStep
		return false
	}
	m.s, m.args, m.depth = s, args, 0
	if n := 2 * (p.captures + 1); cap(m.caps) < n {
		m.caps = make([]int, n)
	}
	m.caps = m.caps[:2*(p.captures+1)]
	m.forget()
	if p.anchored {
		return from == 0 && (p.first == nil || s != "" && p.first[s[0]]) && m.matchAt(p, 0)
	}
	for i := from; i <= len(s); i++ {
		if p.first != nil {
			start := i
			i = p.nextStart(s, i)
			if m.steps += (i - start) / 8; i >= len(s) {
				return false
			}
		}
		if m.matchAt(p, i) {
			return true
		}
		if m.steps > maxSteps {
			return false
		}
	}
	return false
}

// counts makes room for the counts of n loops.
func (m *Matcher) counts(n int) {
	for len(m.count) < n {
		m.count = append(m.count, 0)
		m.last = append(m.last, -1)
	}
}

// nextStart returns the first place from i on where a match can start, or the end of s.
func (p *program) nextStart(s string, i int) int {
	if p.inWords {
		for i < len(s) && (!p.first[s[i]] || i > 0 && isWord(s[i-1])) {
			i++
		}
		return i
	}
	for i < len(s) && !p.first[s[i]] {
		i++
	}
	return i
}

const (
	// maxSought is how many strings are looked for before a search.
	maxSought = 3
	// soughtPerStep is how many bytes are looked through for them in the time of a step.
	soughtPerStep = 128
)

// matchAt reports whether p matches at i, and fills the captures.
func (m *Matcher) matchAt(p *Pattern, i int) bool {
	if !m.run(p.prog, i) {
		if p.captures > 0 {
			m.forget()
		}
		return false
	}
	m.caps[0], m.caps[1] = i, m.end
	return true
}

// forget unsets the captures.
func (m *Matcher) forget() {
	for i := range m.caps {
		m.caps[i] = -1
	}
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
