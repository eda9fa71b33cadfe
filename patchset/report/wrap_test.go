// SPDX-License-Identifier: GPL-2.0-only

package report

import "testing"

// TestWrap: hints ran past the 80 columns of a terminal, which broke them within words.
func TestWrap(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "  hint: \n"},
		{"shorten  it", "  hint: shorten  it\n"},
		{
			"the blobs of this patch are in revision v7.2-rc1; apply the series there, or ask for a new version of it",
			"  hint: the blobs of this patch are in revision v7.2-rc1; apply the series\n" +
				"        there, or ask for a new version of it\n",
		},
		{
			"in a/very/long/name/of/a/file/that/is/named/here.rs:24 write `unsigned long flags`",
			"  hint: in a/very/long/name/of/a/file/that/is/named/here.rs:24 write\n" +
				"        `unsigned long flags`\n",
		},
	} {
		if got := wrap("  hint: ", test.text); got != test.want {
			t.Errorf("wrap(%q):\n%s\nwant:\n%s", test.text, got, test.want)
		}
	}
}
