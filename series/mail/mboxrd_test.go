// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"testing"
)

// TestMboxrd: what a mailbox holds comes back as it was, lines that begin with "From " among them, quoted before or not.
func TestMboxrd(t *testing.T) {
	raw := []byte("Subject: x\n\nFrom here\n>From there\n>>From afar\n> From\nFrom\n\nend\n")
	box := Mboxrd(raw)
	_, rest, _ := bytes.Cut(box, []byte("\n"))
	if !bytes.HasPrefix(box, []byte("From mboxrd@z ")) || bytes.Contains(rest, []byte("\nFrom ")) {
		t.Errorf("%s", box)
	}
	if back := Unmail(rest, true, true); !bytes.Equal(back, append(bytes.Clone(raw), '\n')) {
		t.Errorf("%q", back)
	}
	if got := Mboxrd([]byte("Subject: x\n\nno end")); !bytes.HasSuffix(got, []byte("\nno end\n\n")) {
		t.Errorf("%q", got)
	}
}
