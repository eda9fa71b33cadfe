// SPDX-License-Identifier: GPL-2.0-only

package config

import (
	"regexp"
	"strings"
)

// match reports whether the whole of name fits pattern: * is any text without a slash, ** any
// text, ? one character.
func match(pattern, name string) bool {
	if !strings.ContainsAny(pattern, "*?") {
		return pattern == name
	}
	var expr strings.Builder
	expr.WriteString(`(?s)\A`)
	for rest := pattern; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "**/"):
			expr.WriteString(`(?:.*/)?`)
			rest = rest[3:]
		case strings.HasPrefix(rest, "**"):
			expr.WriteString(`.*`)
			rest = rest[2:]
		case rest[0] == '*':
			expr.WriteString(`[^/]*`)
			rest = rest[1:]
		case rest[0] == '?':
			expr.WriteString(`[^/]`)
			rest = rest[1:]
		default:
			end := strings.IndexAny(rest, "*?")
			if end < 0 {
				end = len(rest)
			}
			expr.WriteString(regexp.QuoteMeta(rest[:end]))
			rest = rest[end:]
		}
	}
	expr.WriteString(`\z`)
	re, err := regexp.Compile(expr.String())
	return err == nil && re.MatchString(name)
}
