// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// isDevNull reports whether a "---" or "+++" line names no file.
func isDevNull(line string) bool {
	rest, ok := strings.CutPrefix(line, "/dev/null")
	return ok && rest != "" && isSpace(rest[0])
}

// findName returns the file name that begins line, without strip leading folders, or def. The name
// ends at white space, but not at a blank, and at a tab only where tab is '\t'.
func findName(line, def string, strip int, tab byte) string {
	if strings.HasPrefix(line, `"`) {
		if name, ok := quotedName(line, strip); ok {
			return name
		}
	}
	end := strings.IndexFunc(line, func(r rune) bool {
		return r == '\n' || r == '\r' || r == '\t' && tab == '\t'
	})
	if end < 0 {
		end = len(line)
	}
	return stripName(line[:end], def, strip)
}

// stripName takes strip folders off name, and prefers def where name is def with something tacked on.
func stripName(name, def string, strip int) string {
	for ; strip > 0; strip-- {
		i := strings.IndexByte(name, '/')
		if i < 0 {
			return squashSlashes(def)
		}
		name = name[i+1:]
	}
	if name == "" || def != "" && len(def) < len(name) && strings.HasPrefix(name, def) {
		return squashSlashes(def)
	}
	return squashSlashes(name)
}

func squashSlashes(name string) string {
	for strings.Contains(name, "//") {
		name = strings.ReplaceAll(name, "//", "/")
	}
	return name
}

// quotedName reads a name in quotes, without strip leading folders.
func quotedName(line string, strip int) (string, bool) {
	name, _, ok := unquote(line)
	for ; ok && strip > 0; strip-- {
		_, name, ok = strings.Cut(name, "/")
	}
	return squashSlashes(name), ok
}

// unquote reads a string as C quotes it, with octal numbers of three digits.
func unquote(s string) (text, rest string, ok bool) {
	escapes := map[byte]byte{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '\\': '\\', '"': '"'}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], true
		case s[i] != '\\':
			b.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) {
			break
		}
		if c, ok := escapes[s[i]]; ok {
			b.WriteByte(c)
			continue
		}
		if i+3 > len(s) {
			break
		}
		n, err := strconv.ParseUint(s[i:i+3], 8, 8)
		if err != nil || s[i] == '+' {
			break
		}
		b.WriteByte(byte(n))
		i += 2
	}
	return "", "", false
}

// bothName returns the name that stands on both sides of a "diff --git" line, without strip leading
// folders. For a rename there is none, and the header names the files elsewhere.
func bothName(line string, strip int) string {
	switch i := strings.IndexByte(line, '"'); {
	case i == 0:
		return bothNameQuoted(line, strip)
	case i > 0:
		// The first name is bare, so the quote begins the second.
		name, ok := skipFolders(line, strip)
		if !ok || len(line)-len(name) > i {
			return ""
		}
		second, _, ok := unquote(line[i:])
		if ok {
			second, ok = skipFolders(second, strip)
		}
		start := i - (len(line) - len(name))
		if ok && len(second) < start && strings.HasPrefix(name, second) && isSpace(name[len(second)]) {
			return second
		}
		return ""
	}
	name, ok := skipFolders(line, strip)
	if !ok {
		return ""
	}
	for i := range len(name) {
		if name[i] != ' ' && name[i] != '\t' {
			continue
		}
		second, ok := skipFolders(name[i+1:], strip)
		if ok && len(second) == i+1 && second[i] == '\n' && second[:i] == name[:i] {
			return name[:i]
		}
	}
	return ""
}

func bothNameQuoted(line string, strip int) string {
	first, rest, ok := unquote(line)
	if ok {
		first, ok = skipFolders(first, strip)
	}
	rest = strings.TrimLeft(rest, " \t\r\n")
	if !ok || rest == "" {
		return ""
	}
	second := rest // git forgets to take off the line end, so that a bare second name never matches
	if rest[0] == '"' {
		if second, _, ok = unquote(rest); !ok {
			return ""
		}
	}
	if second, ok = skipFolders(second, strip); !ok || second != first {
		return ""
	}
	return first
}

// skipFolders takes n leading folders off name. The slash of an absolute name counts as one, but does
// not do alone.
func skipFolders(name string, n int) (string, bool) {
	if n <= 1 && strings.HasPrefix(name, "/") {
		return "", false
	}
	for ; n > 0; n-- {
		i := strings.IndexByte(name, '/')
		if i < 0 {
			return "", false
		}
		name = name[i+1:]
	}
	return name, true
}

// timestamp matches what diff writes after a name: a date, a time, perhaps a zone.
var timestamp = lazyregexp.New(`(\t| +)(\d\d)?\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?( [-+]\d\d:?\d\d)?$`)

// plainName returns the name on a "---" or "+++" line of a diff without git's header, which may
// carry a timestamp.
func plainName(line, def string, strip int) string {
	if strings.HasPrefix(line, `"`) {
		if name, ok := quotedName(line, strip); ok {
			return name
		}
	}
	text := strings.TrimSuffix(line, "\n")
	if loc := timestamp.FindStringIndex(text); loc != nil && loc[0] > 0 {
		return stripName(text[:loc[0]], def, strip)
	}
	return findName(line, def, strip, '\t')
}

var epoch = lazyregexp.New(`\t(1969-12-31|1970-01-01) ([0-2]\d):([0-5]\d):00(\.0+)? ([-+])([0-2]\d):?([0-5]\d)\n$`)

// isEpoch reports whether a "---" or "+++" line carries the time at which Unix time begins. GNU diff
// puts it there for a file that is not there.
func isEpoch(line string) bool {
	m := epoch.FindStringSubmatch(line)
	if m == nil {
		return false
	}
	num := func(s string) int { n, _ := strconv.Atoi(s); return n }
	zone := num(m[6])*60 + num(m[7])
	if m[5] == "-" {
		zone = -zone
	}
	midnight := 0
	if m[1] == "1969-12-31" {
		midnight = 24
	}
	return num(m[2])*60+num(m[3])-zone == midnight*60
}
