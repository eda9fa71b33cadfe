// SPDX-License-Identifier: GPL-2.0-only

package ident

import "testing"

func TestClean(t *testing.T) {
	for _, tc := range []struct{ in, clean, committed string }{
		{"A U Thor", "A U Thor", "A U Thor"},
		{" , A <b> \"", "A b", "A b"},
		{"A. Person Jr.", "A. Person Jr.", "A. Person Jr"},
		{"...", "...", ""},
		{"'O'Hara'", "O'Hara", "O'Hara"},
		{"a\nb", "ab", "ab"},
		{"\t\x01x\x7f", "x\x7f", "x\x7f"},
		{"\xe9 <\xdc", "\xe9 \xdc", "\xe9 \xdc"}, // Latin-1, and no UTF-8
		{`,:;<>"\'`, "", ""},
	} {
		if got := Clean(tc.in); got != tc.clean {
			t.Errorf("Clean(%q) = %q, want %q", tc.in, got, tc.clean)
		}
		if got := Committed(tc.in); got != tc.committed {
			t.Errorf("Committed(%q) = %q, want %q", tc.in, got, tc.committed)
		}
	}
}
