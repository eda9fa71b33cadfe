// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"strings"
)

// ParseFrom takes a From header apart as git mailinfo does. It knows "Name <address>",
// "address (Name)" and either with comments and quotes; it returns empty strings where there is
// no address.
func ParseFrom(from string) (name, email string) {
	f := unquotePairs(from)
	at := strings.IndexByte(f, '@')
	if at < 0 {
		return parseBogusFrom(from)
	}
	start := at
	b := []byte(f)
	for start > 0 && !isGitSpace(b[start-1]) {
		if b[start-1] == '<' {
			b[start-1] = ' '
			break
		}
		start--
	}
	end := start
	for end < len(b) && strings.IndexByte(" \n\t\r\v\f>", b[end]) < 0 {
		end++
	}
	email = string(b[start:end])
	if end < len(b) {
		end++
	}
	rest := bytes.Trim([]byte(SqueezeSpace(append(b[:start:start], b[end:]...))), GitSpace)
	if len(rest) > 1 && rest[0] == '(' && rest[len(rest)-1] == ')' {
		rest = rest[1 : len(rest)-1]
	}
	return saneName(string(rest), email), email
}

// parseBogusFrom reads "Name <something>" where the something has no "@".
func parseBogusFrom(from string) (name, email string) {
	name, rest, ok := strings.Cut(from, "<")
	if !ok {
		return "", ""
	}
	email, _, ok = strings.Cut(rest, ">")
	if !ok {
		return "", ""
	}
	return saneName(strings.Trim(name, GitSpace), email), email
}

// saneName returns the address for a name that cannot be one.
func saneName(name, email string) string {
	if name == "" || len(name) > 60 || strings.ContainsAny(name, "@<>") {
		return email
	}
	return name
}

// unquotePairs drops the quotes of quoted strings, and backslashes in those and in comments.
func unquotePairs(s string) string {
	if !strings.ContainsAny(s, `"(`) {
		return s
	}
	var out strings.Builder
	quoted, depth := false, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && (quoted || depth > 0):
			i++
			if i == len(s) {
				continue
			}
			c = s[i]
		case quoted:
			if c == '"' {
				quoted = false
				continue
			}
		case c == '(':
			depth++
		case depth > 0:
			if c == ')' {
				depth--
			}
		case c == '"':
			quoted = true
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}
