// SPDX-License-Identifier: GPL-2.0-only

package pattern

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// kind is what a piece of a pattern is.
type kind uint8

const (
	kEmpty   kind = iota
	kSet          // one byte of a set
	kSeq          // subs in order
	kAlt          // one of subs, the first that leads to a match
	kRepeat       // subs[0], min to max times
	kCapture      // subs[0], remembered
	kLook         // subs[0] must (not) match here, or just before
	kAtomic       // subs[0] without second thoughts
	kAssert       // an anchor or a word boundary
	kBackref      // the text of an earlier capture
	kArg          // a string given to the match
	kNative       // a matcher in Go
)

// A piece is a node of the parsed pattern.
type piece struct {
	kind     kind
	lazy     bool
	greedy   bool // possessive where !lazy && !greedy
	negate   bool // of kLook
	behind   bool
	assert   byte
	min, max int32 // of kRepeat; max < 0 is no limit
	index    int32 // of kCapture, kBackref, kArg
	set      *byteSet
	subs     []*piece
	native   *Native

	// What is worked out once for a piece that many patterns share.
	first *firstBytes
	alts  *altIndex // of kAlt
	needs *[]string
}

type parser struct {
	src      string
	pos      int
	lib      *Library
	captures int32
	fold     bool // (?i)
	dotAll   bool // (?s)
}

func (p *parser) fail(format string, args ...any) error {
	return fmt.Errorf("pattern %q, at %d: %s", p.src, p.pos, fmt.Sprintf(format, args...))
}

func (p *parser) more() bool { return p.pos < len(p.src) }

func (p *parser) eat(s string) bool {
	if strings.HasPrefix(p.src[p.pos:], s) {
		p.pos += len(s)
		return true
	}
	return false
}

// alternation parses up to the end or a closing parenthesis.
func (p *parser) alternation() (*piece, error) {
	first, err := p.sequence()
	if err != nil || !p.eat("|") {
		return first, err
	}
	alts := []*piece{first}
	for {
		seq, err := p.sequence()
		if err != nil {
			return nil, err
		}
		alts = append(alts, seq)
		if !p.eat("|") {
			return &piece{kind: kAlt, subs: alts}, nil
		}
	}
}

func (p *parser) sequence() (*piece, error) {
	var room [16]*piece
	subs := room[:0]
	for p.more() && p.src[p.pos] != '|' && p.src[p.pos] != ')' {
		atom, err := p.atom()
		if err != nil {
			return nil, err
		}
		if atom, err = p.quantified(atom); err != nil {
			return nil, err
		}
		subs = append(subs, atom)
	}
	if len(subs) == 1 {
		return subs[0], nil
	}
	return &piece{kind: kSeq, subs: slices.Clone(subs)}, nil
}

func (p *parser) quantified(atom *piece) (*piece, error) {
	for p.more() {
		min, max := 0, -1
		switch c := p.src[p.pos]; {
		case c == '*':
			p.pos++
		case c == '+':
			min = 1
			p.pos++
		case c == '?':
			max = 1
			p.pos++
		case c == '{' && p.pos+1 < len(p.src) && isDigit(p.src[p.pos+1]):
			end := strings.IndexByte(p.src[p.pos:], '}')
			if end < 0 {
				return nil, p.fail("open {")
			}
			low, high, ranged := strings.Cut(p.src[p.pos+1:p.pos+end], ",")
			min, _ = strconv.Atoi(low)
			if !ranged {
				max = min
			} else if high != "" {
				max, _ = strconv.Atoi(high)
			}
			p.pos += end + 1
		default:
			return atom, nil
		}
		rep := &piece{kind: kRepeat, subs: []*piece{atom}, min: int32(min), max: int32(max), greedy: true}
		if p.eat("?") {
			rep.lazy, rep.greedy = true, false
		} else if p.eat("+") {
			rep.greedy = false
		}
		atom = rep
	}
	return atom, nil
}

func (p *parser) atom() (*piece, error) {
	c := p.src[p.pos]
	switch c {
	case '(':
		return p.group()
	case '[':
		return p.class()
	case '{':
		return p.reference()
	case '^', '$':
		p.pos++
		return &piece{kind: kAssert, assert: c}, nil
	case '.':
		p.pos++
		set := new(byteSet)
		set.addRange(0, 255)
		if !p.dotAll {
			set.remove('\n')
		}
		return &piece{kind: kSet, set: set}, nil
	case '\\':
		return p.escape()
	case '*', '+', '?':
		return nil, p.fail("nothing to repeat")
	}
	p.pos++
	return p.byte(c), nil
}

// byte returns the piece that matches c, in both cases where the pattern says so. All patterns share it.
func (p *parser) byte(c byte) *piece {
	known := &p.lib.bytes[c]
	if p.fold {
		known = &p.lib.folded[c]
	}
	if *known == nil {
		set := new(byteSet)
		set.add(c)
		if p.fold {
			set.foldCase()
		}
		*known = &piece{kind: kSet, set: set}
	}
	return *known
}

func (p *parser) escape() (*piece, error) {
	if p.pos+1 >= len(p.src) {
		return nil, p.fail("open escape")
	}
	c := p.src[p.pos+1]
	p.pos += 2
	switch {
	case c == 'b' || c == 'B' || c == 'z':
		return &piece{kind: kAssert, assert: c}, nil
	case c >= '1' && c <= '9':
		return &piece{kind: kBackref, index: int32(c - '0')}, nil
	}
	if known := p.lib.classes[c]; known != nil {
		return known, nil
	}
	if set := classEscape(c); set != nil {
		p.lib.classes[c] = &piece{kind: kSet, set: set}
		return p.lib.classes[c], nil
	}
	return p.byte(plainEscape(c)), nil
}

// group parses what stands in parentheses.
func (p *parser) group() (*piece, error) {
	p.pos++
	fold, dotAll := p.fold, p.dotAll
	defer func() { p.fold, p.dotAll = fold, dotAll }()
	var outer piece
	switch {
	case p.eat("?:"):
	case p.eat("?="):
		outer = piece{kind: kLook}
	case p.eat("?!"):
		outer = piece{kind: kLook, negate: true}
	case p.eat("?<!"):
		outer = piece{kind: kLook, negate: true, behind: true}
	case p.eat("?<="):
		outer = piece{kind: kLook, behind: true}
	case p.eat("?>"):
		outer = piece{kind: kAtomic}
	case p.eat("?i:"):
		p.fold = true
	case p.eat("?s:"):
		p.dotAll = true
	case p.eat("?"):
		return nil, p.fail("unknown kind of group")
	default:
		p.captures++
		outer = piece{kind: kCapture, index: p.captures}
	}
	inner, err := p.alternation()
	if err != nil {
		return nil, err
	}
	if !p.eat(")") {
		return nil, p.fail("open group")
	}
	if outer.kind == kEmpty {
		return inner, nil
	}
	outer.subs = []*piece{inner}
	return &outer, nil
}

// reference parses {name}, a pattern or matcher of the library, or {0}, an argument.
func (p *parser) reference() (*piece, error) {
	end := strings.IndexByte(p.src[p.pos:], '}')
	if end < 0 {
		return nil, p.fail("open {")
	}
	name := p.src[p.pos+1 : p.pos+end]
	p.pos += end + 1
	if arg, ok := strings.CutPrefix(name, "$"); ok {
		index, err := strconv.Atoi(arg)
		if err != nil {
			return nil, p.fail("argument %q", name)
		}
		return &piece{kind: kArg, index: int32(index)}, nil
	}
	if f, ok := p.lib.natives[name]; ok {
		return &piece{kind: kNative, native: &f}, nil
	}
	if known, ok := p.lib.parsed[name]; ok {
		return known, nil
	}
	src, ok := p.lib.patterns[name]
	if !ok {
		return nil, p.fail("no pattern is named %q", name)
	}
	sub := parser{src: src, lib: p.lib, captures: p.captures}
	inner, err := sub.alternation()
	if err == nil && sub.more() {
		err = sub.fail("unexpected %q", sub.src[sub.pos])
	}
	if err == nil && sub.captures == p.captures {
		p.lib.parsed[name] = inner // captures are numbered by the pattern around
	}
	p.captures = sub.captures
	return inner, err
}

func (p *parser) class() (*piece, error) {
	p.pos++
	set := new(byteSet)
	negate := p.eat("^")
	for first := true; ; first = false {
		if !p.more() {
			return nil, p.fail("open [")
		}
		if p.src[p.pos] == ']' && !first {
			p.pos++
			break
		}
		low, sub := p.classItem()
		if sub != nil {
			set.union(sub)
			continue
		}
		high := low
		if p.pos+1 < len(p.src) && p.src[p.pos] == '-' && p.src[p.pos+1] != ']' {
			p.pos++
			high, _ = p.classItem()
		}
		set.addRange(low, high)
	}
	if p.fold {
		set.foldCase()
	}
	if negate {
		set.invert()
	}
	return &piece{kind: kSet, set: set}, nil
}

// classItem reads one byte or one escaped class within brackets.
func (p *parser) classItem() (byte, *byteSet) {
	c := p.src[p.pos]
	p.pos++
	if c != '\\' || !p.more() {
		return c, nil
	}
	c = p.src[p.pos]
	p.pos++
	if set := classEscape(c); set != nil {
		return 0, set
	}
	return plainEscape(c), nil
}

func plainEscape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case 'c': // the byte that stands for a comment
		return Comment
	}
	return c
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
