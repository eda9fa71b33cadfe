// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// A rustMod is a declaration `mod name;` with the modules around it and its cfg conditions.
type rustMod struct {
	name []string
	path string // of a #[path = "…"] attribute
	when *logic.Cond
}

// scanMods finds the module declarations of a Rust source, also those within `mod x { … }`. It knows
// comments, strings and attributes, and nothing else of the language.
func scanMods(text string) []rustMod {
	var out []rustMod
	toks := rustTokens(text)
	type block struct {
		name  string
		depth int
		when  *logic.Cond
	}
	var around []block
	depth := 0
	when, where := logic.Always, ""
	for i := 0; i < len(toks); i++ {
		switch t := toks[i]; {
		case t == "{":
			depth++
			when, where = logic.Always, ""
		case t == "}":
			depth--
			if n := len(around); n > 0 && around[n-1].depth > depth {
				around = around[:n-1]
			}
			when, where = logic.Always, ""
		case strings.HasPrefix(t, "#["):
			c, p := attribute(t)
			when = logic.And(when, c)
			if p != "" {
				where = p
			}
		case t == "mod" && i+2 < len(toks) && (toks[i+2] == ";" || toks[i+2] == "{"):
			m := rustMod{path: where, when: when}
			for _, b := range around {
				m.name, m.when = append(m.name, b.name), logic.And(m.when, b.when)
			}
			name := strings.TrimPrefix(toks[i+1], "r#")
			m.name = append(m.name, name)
			if toks[i+2] == ";" {
				out = append(out, m)
			} else {
				depth++
				around = append(around, block{name, depth, when})
			}
			i += 2
			when, where = logic.Always, ""
		case t == ";":
			when, where = logic.Always, ""
		}
	}
	return out
}

// rustTokens splits a Rust source into words, braces, semicolons and whole outer attributes. Comments,
// strings and all else are left out.
func rustTokens(s string) []string {
	var out []string
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case strings.HasPrefix(s[i:], "//"):
			i += lineLength(s[i:])
		case strings.HasPrefix(s[i:], "/*"):
			i += commentLength(s[i:])
		case c == '"':
			i += stringLength(s[i:])
		case rawString(s[i:]) > 0 && (i == 0 || !isWordByte(s[i-1])):
			i += rawString(s[i:])
		case c == '\'' && i+2 < len(s) && (s[i+1] == '\\' || s[i+2] == '\''):
			i += charLength(s[i:])
		case strings.HasPrefix(s[i:], "#["):
			n := attributeLength(s[i:])
			out = append(out, s[i:i+n])
			i += n
		case c == '{' || c == '}' || c == ';':
			out = append(out, s[i:i+1])
			i++
		case isWordByte(c):
			n := 1
			for i+n < len(s) && (isWordByte(s[i+n]) || s[i+n] == '#' && s[i:i+n] == "r") {
				n++
			}
			out = append(out, s[i:i+n])
			i += n
		default:
			i++
		}
	}
	return out
}

func isWordByte(c byte) bool { return isName(string(rune(c))) }

func lineLength(s string) int {
	if n := strings.IndexByte(s, '\n'); n >= 0 {
		return n
	}
	return len(s)
}

// commentLength returns the length of the block comment, which may nest, at the start of s.
func commentLength(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			i++
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

func stringLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// rawString returns the length of r"…" or r#"…"# at the start of s; 0 where there is none.
func rawString(s string) int {
	if s[0] != 'r' {
		return 0
	}
	hashes := len(s[1:]) - len(strings.TrimLeft(s[1:], "#"))
	if 1+hashes >= len(s) || s[1+hashes] != '"' {
		return 0
	}
	end := strings.Index(s[2+hashes:], `"`+strings.Repeat("#", hashes))
	if end < 0 {
		return len(s)
	}
	return 2 + hashes + end + 1 + hashes
}

func charLength(s string) int {
	if s[1] != '\\' {
		return 3
	}
	if end := strings.IndexByte(s[2:], '\''); end >= 0 && end < 12 {
		return end + 3
	}
	return 2
}

// attributeLength returns the length of the attribute at the start of s.
func attributeLength(s string) int {
	depth := 0
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			i += stringLength(s[i:]) - 1
		}
	}
	return len(s)
}

// attribute returns the condition of #[cfg(…)] and the path of #[path = "…"].
func attribute(s string) (*logic.Cond, string) {
	body := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, "#["), "]"))
	name, _, _ := strings.Cut(body, "(")
	switch {
	case strings.TrimSpace(name) == "cfg":
		return Cfg(body), ""
	case strings.HasPrefix(body, "path"):
		if fields := strings.Split(body, `"`); len(fields) >= 3 {
			return logic.Always, fields[1]
		}
	}
	return logic.Always, ""
}
