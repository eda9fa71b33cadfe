// SPDX-License-Identifier: GPL-2.0-only

package mail

import "bytes"

// commitMessage returns the message that git am commits for a mail with this subject and text:
// no space at line ends, no empty lines at the ends, no two in a row, LF at the end.
func commitMessage(subject string, text []byte) string {
	raw := make([]byte, 0, len(subject)+2+len(text))
	raw = append(append(append(raw, subject...), "\n\n"...), text...)
	out := make([]byte, 0, len(raw)+1)
	empty := false
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		raw = rest
		line = bytes.TrimRight(line, GitSpace)
		if len(line) == 0 {
			empty = true
			continue
		}
		if empty && len(out) > 0 {
			out = append(out, '\n')
		}
		empty = false
		out = append(append(out, line...), '\n')
	}
	return string(out)
}

// endsEmpty reports whether the last line of text is empty, or has only space.
func endsEmpty(text []byte) bool {
	text = bytes.TrimSuffix(text, []byte("\n"))
	return len(bytes.TrimRight(text[bytes.LastIndexByte(text, '\n')+1:], GitSpace)) == 0
}
