// SPDX-License-Identifier: GPL-2.0-only

package message

import "testing"

// TestCutComments: a name of open parentheses alone once read past its end.
func TestCutComments(t *testing.T) {
	for name, want := range map[string][2]string{
		"a": {"a", ""}, "a (b) c": {"a c", "(b)"}, "((((": {"((((", ""}, "(": {"(", ""},
		"a (b (c)) (d)": {"a ", "(b (c))(d)"}, "( (a) b": {"( b", "(a)"}, ")a(": {")a(", ""},
	} {
		if rest, comments := cutComments(name); rest != want[0] || comments != want[1] {
			t.Errorf("%q: got %q and %q", name, rest, comments)
		}
	}
}
