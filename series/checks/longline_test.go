// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"strings"
	"testing"
)

// TestLongLinesQuoted: what a program or the kernel said is quoted as it is, and was told as too long where nothing but the lines
// around it show what it is; text beside it is still told.
func TestLongLinesQuoted(t *testing.T) {
	more := strings.Repeat(" and more", 8)
	for _, c := range []struct {
		text string
		want int
	}{
		{"The pond is deep" + more, 1},
		{"pond: the pond is deep" + more, 1},
		{"pondctl: PONDIOC_FILL of /dev/pond0 did not come to its end in time" + more + ": Invalid argument", 0},
		{"pondctl: PONDIOC_FILL of /dev/pond0 is not what anybody wants" + more + ": a bad idea", 1},
		{"It says\n\n====================\nremove_pond: ducks are left in it" + more + "\nWARNING: CPU: 1 PID: 2 at pond.c:3\nThe pond stays" + more, 1},
		{"remove_pond: ducks are left in it" + more + "\n\nWARNING: CPU: 1 PID: 2 at pond.c:3", 1},
		{"[before]\n$ cat pond\ncat: pond is not to be read by you" + more, 0},
		{"<4>[12345.678901] Deep pond" + more, 0},
		{"Run\n\npondctl --fill --depth=3 --ducks=none pond0" + more + "\npondctl --empty pond0" + more, 0},
		{"Whoever wants the pond to be\nfilled by --fill has to be" + more, 1},
		{"the option --fill of the tool is not" + more + ".", 1},
	} {
		if got, _ := longLines(c.text, 1000); len(got) != c.want {
			t.Errorf("%q: %q, want %d", c.text, got, c.want)
		}
	}
}
