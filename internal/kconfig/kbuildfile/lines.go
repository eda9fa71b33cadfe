// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import "strings"

// logicalLines returns the lines of a makefile, those that end in a backslash joined with the next.
func logicalLines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var lines []string
	open := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		body, more := strings.CutSuffix(line, "\\")
		if open {
			lines[len(lines)-1] += " " + strings.TrimLeft(body, " \t")
		} else {
			lines = append(lines, body)
		}
		open = more
	}
	return lines
}

// uncomment cuts off a comment.
func uncomment(line string) string {
	for i := 0; i < len(line); i++ {
		if line[i] == '#' && (i == 0 || line[i-1] != '\\') {
			return line[:i]
		}
	}
	return line
}

// assignment splits a line at its operator (=, :=, ::=, +=, ?=, !=), or at the colon of a rule.
// References are skipped. Without either op is "".
func assignment(line string) (left, op, right string) {
	depth := 0
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '(' || c == '{':
			depth++
		case c == ')' || c == '}':
			depth--
		case depth > 0:
		case c == '=':
			j := i
			for j > 0 && strings.IndexByte(":+?!", line[j-1]) >= 0 {
				j--
			}
			return strings.TrimSpace(line[:j]), line[j : i+1], strings.TrimLeft(line[i+1:], " \t")
		case c == ':' && !strings.HasPrefix(strings.TrimLeft(line[i:], ":"), "="):
			return line[:i], ":", strings.TrimLeft(line[i:], ":")
		}
	}
	return line, "", ""
}

// A part of a text is literal, or a reference $(…) without its parentheses.
type part struct {
	text string
	ref  bool
}

// parts splits text at its references.
func parts(text string) []part {
	var out []part
	literal := func(s string) {
		if s != "" {
			out = append(out, part{text: s})
		}
	}
	for {
		i := strings.IndexByte(text, '$')
		if i < 0 || i+1 == len(text) {
			literal(text)
			return out
		}
		literal(text[:i])
		switch text[i+1] {
		case '$':
			literal("$")
			text = text[i+2:]
		case '(', '{':
			end := closing(text[i+1:])
			if end < 0 {
				return out // make would stop here
			}
			out = append(out, part{text[i+2 : i+1+end], true})
			text = text[i+2+end:]
		default:
			out = append(out, part{text[i+1 : i+2], true})
			text = text[i+2:]
		}
	}
}

// closing returns where the parenthesis or brace that opens s ends; -1 for nowhere.
func closing(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(', '{':
			depth++
		case ')', '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// arguments splits at commas outside of parentheses, into n at most.
func arguments(s string, n int) []string {
	var out []string
	depth, start := 0, 0
	for i := 0; i < len(s) && len(out) < n-1; i++ {
		switch s[i] {
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, s[start:i])
				start = i + 1
			}
		}
	}
	return append(out, s[start:])
}

// tokens splits at white space outside of references.
func tokens(s string) []string {
	var out []string
	depth, start := 0, -1
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '(' || c == '{':
			depth++
		case c == ')' || c == '}':
			depth = max(0, depth-1)
		}
		blank := c == ' ' || c == '\t' || c == '\n'
		if blank && depth == 0 {
			if start >= 0 {
				out = append(out, s[start:i])
			}
			start = -1
		} else if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		out = append(out, s[start:])
	}
	return out
}

// matches reports whether word fits a pattern with at most one %, and what the % stands for.
func matches(pattern, word string) (stem string, ok bool) {
	before, after, found := strings.Cut(pattern, "%")
	if !found {
		return "", pattern == word
	}
	if len(word) < len(before)+len(after) || !strings.HasPrefix(word, before) || !strings.HasSuffix(word, after) {
		return "", false
	}
	return word[len(before) : len(word)-len(after)], true
}

// patsubst replaces a word that fits pattern.
func patsubst(pattern, replacement, word string) string {
	stem, ok := matches(pattern, word)
	if !ok {
		return word
	}
	if !strings.Contains(pattern, "%") {
		return replacement
	}
	return strings.Replace(replacement, "%", stem, 1)
}
