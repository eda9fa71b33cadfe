// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/kbuildfile"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// RustLines returns what each line of a Rust file is: blank, a comment (documentation too), a part of a
// macro_rules! definition or code; and the condition of the cfg attributes that it stands under.
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
	for _, span := range kbuildfile.RustSpans(text) {
		for n := span.From; n <= min(span.To, len(out)); n++ {
			l := &out[n-1]
			if span.Macro && l.Kind == Code {
				l.Kind = Macro
			}
			if !span.Macro {
				l.When, l.If = logic.And(l.When, span.When), span.From
			}
		}
	}
	return out
}
