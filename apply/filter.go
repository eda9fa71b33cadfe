// SPDX-License-Identifier: GPL-2.0-only

package apply

import "strings"

// A Filter takes files of a patch in, or leaves them out: git apply's --include and --exclude.
type Filter struct {
	// Pattern is a pattern of the shell, in which * and ? match a slash as well.
	Pattern string
	Exclude bool
}

func (f Filter) arg() string {
	if f.Exclude {
		return "--exclude=" + f.Pattern
	}
	return "--include=" + f.Pattern
}

// wanted reports whether name passes filters: the first that matches decides, and where none does, name
// passes unless some of them take files in.
func wanted(filters []Filter, name string) bool {
	including := false
	for _, f := range filters {
		if wildmatch(f.Pattern, name) {
			return !f.Exclude
		}
		including = including || !f.Exclude
	}
	return !including
}

// wildmatch matches byte by byte, as git's function of that name does. A damaged pattern matches nothing.
func wildmatch(pattern, name string) bool {
	star, from := -1, 0 // the last star, and up to where in name it reaches
	p, n := 0, 0
	for n < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			star, from = p, n
			p++
			continue
		}
		if size, ok := matchByte(pattern[p:], name[n]); ok {
			p += size
			n++
			continue
		}
		if star < 0 {
			return false
		}
		from++
		p, n = star+1, from
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchByte matches what pattern begins with, other than a star, and returns how long that is.
func matchByte(pattern string, c byte) (size int, ok bool) {
	switch {
	case pattern == "":
		return 0, false
	case pattern[0] == '?':
		return 1, true
	case pattern[0] == '[':
		return matchClass(pattern, c)
	case pattern[0] == '\\' && len(pattern) > 1:
		return 2, pattern[1] == c
	}
	return 1, pattern[0] == c && c != '\\'
}

// matchClass matches "[a-z]" and the like.
func matchClass(pattern string, c byte) (size int, ok bool) {
	i := 1
	at := func(i int) byte {
		if i < len(pattern) {
			return pattern[i]
		}
		return 0
	}
	negated := at(i) == '!' || at(i) == '^'
	if negated {
		i++
	}
	matched, previous := false, byte(0)
	for first := true; first || at(i) != ']'; first = false {
		switch {
		case at(i) == '-' && previous != 0 && at(i+1) != 0 && at(i+1) != ']':
			if i++; at(i) == '\\' {
				i++
			}
			matched = matched || previous <= c && c <= at(i)
			previous = 0
		case at(i) == '[' && at(i+1) == ':':
			name, _, closed := strings.Cut(pattern[i+2:], ":]")
			ranges, known := namedClasses[name]
			if !closed || !known {
				return 0, false
			}
			matched = matched || inRanges(ranges, c)
			i += len(name) + 3
			previous = 0
		default:
			if at(i) == '\\' {
				i++
			}
			if at(i) == 0 {
				return 0, false
			}
			previous = at(i)
			matched = matched || previous == c
		}
		i++
	}
	return i + 1, matched != negated
}

// namedClasses are pairs of the first and the last byte of each range.
var namedClasses = map[string]string{
	"alnum": "09AZaz", "alpha": "AZaz", "blank": "\t\t  ", "cntrl": "\x00\x1f\x7f\x7f", "digit": "09", "graph": "!~",
	"lower": "az", "print": " ~", "punct": "!/:@[`{~", "space": "\t\r  ", "upper": "AZ", "xdigit": "09AFaf",
}

func inRanges(ranges string, c byte) bool {
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i] <= c && c <= ranges[i+1] {
			return true
		}
	}
	return false
}
