// SPDX-License-Identifier: GPL-2.0-only

package lines

// A matcher is a regular expression, compiled or not yet.
type matcher interface {
	FindStringSubmatchIndex(s string) []int
	ExpandString(to []byte, template, s string, match []int) []byte
}

// ReplaceFirst replaces the first match of re in s.
func ReplaceFirst(re matcher, s, with string) string {
	loc := re.FindStringSubmatchIndex(s)
	if loc == nil {
		return s
	}
	out := re.ExpandString(nil, with, s, loc)
	return s[:loc[0]] + string(out) + s[loc[1]:]
}
