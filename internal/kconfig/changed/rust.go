// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// RustLines returns what each line of a Rust file is: blank, a comment (documentation too) or code.
func RustLines(text string) []Line {
	var out []Line
	comment := false
	for raw := range strings.Lines(text) {
		l := Line{When: logic.Always}
		line := strings.TrimSpace(raw)
		switch {
		case comment:
			l.Kind = Comment
			comment = !strings.Contains(line, "*/")
		case line == "":
			l.Kind = Blank
		case strings.HasPrefix(line, "//"):
			l.Kind = Comment
		case strings.HasPrefix(line, "/*"):
			_, after, closed := strings.Cut(line, "*/")
			if comment = !closed; strings.TrimSpace(after) == "" {
				l.Kind = Comment
			}
		}
		out = append(out, l)
	}
	return out
}
