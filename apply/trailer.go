// SPDX-License-Identifier: GPL-2.0-only

package apply

import "strings"

// trailerBlock returns the last paragraph of msg where git takes it for trailers, else "". That is
// so where all its lines are trailers, or where one is a sign-off or a cherry-pick note and at
// least a quarter are trailers. The first paragraph is the title, and never counts.
func trailerBlock(msg string) string {
	text := strings.TrimRight(msg, " \t\r\n")
	title := strings.Index(text, "\n\n")
	if title < 0 {
		return ""
	}
	start := strings.LastIndex(text, "\n\n") + 2
	for i := strings.LastIndex(text, "\n"); i >= start; i = strings.LastIndex(text[:i], "\n") {
		if line, _, _ := strings.Cut(text[i+1:], "\n"); strings.TrimSpace(line) == "" {
			start = i + 1 + len(line) + 1
			break
		}
	}
	if isTrailers(text[start:]) {
		return msg[start:]
	}
	return ""
}

func isTrailers(block string) bool {
	trailers, others, folded := 0, 0, 0
	known := false
	lines := strings.Split(block, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "#"):
			others += folded
			folded = 0
		case strings.HasPrefix(line, "Signed-off-by: "), strings.HasPrefix(line, "(cherry picked from commit "):
			known = true
			trailers++
			folded = 0
		case line != "" && isSpace(line[0]):
			folded++
		case hasTrailerKey(line):
			trailers++
			folded = 0
		default:
			others += folded + 1
			folded = 0
		}
	}
	others += folded
	return trailers > 0 && others == 0 || known && trailers*3 >= others
}

// hasTrailerKey reports whether line begins with a word of letters, digits and dashes and a colon.
func hasTrailerKey(line string) bool {
	i := 0
	for i < len(line) && (isAlnum(line[i]) || line[i] == '-') {
		i++
	}
	key := i
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	return key > 0 && i < len(line) && line[i] == ':'
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// isSpace reports whether c is what git takes for white space.
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
