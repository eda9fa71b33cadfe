// SPDX-License-Identifier: GPL-2.0-only

package lines

import "strings"

// NewName returns the file that a "+++ name" line names.
func NewName(line string) (string, bool) {
	rest, ok := strings.CutPrefix(line, "+++")
	if !ok || rest == "" || !IsSpace(rest[0]) {
		return "", false
	}
	name := FirstField(rest)
	return name, name != ""
}

// A Hunk is what an "@@ -1,2 +3,4 @@ context" line says of the new file.
type Hunk struct {
	Start, Count int
	Context      string
}

// ParseHunk reads a line "@@ -1,2 +3,4 @@"; false where it is none.
func ParseHunk(line string) (Hunk, bool) {
	rest, ok := strings.CutPrefix(line, "@@ -")
	if !ok {
		return Hunk{}, false
	}
	h := Hunk{Count: 1}
	if _, rest, ok = CutNumber(rest); !ok {
		return Hunk{}, false
	}
	if r, ok := strings.CutPrefix(rest, ","); ok {
		if _, rest, ok = CutNumber(r); !ok {
			return Hunk{}, false
		}
	}
	if rest, ok = strings.CutPrefix(rest, " +"); !ok {
		return Hunk{}, false
	}
	if h.Start, rest, ok = CutNumber(rest); !ok {
		return Hunk{}, false
	}
	if r, ok := strings.CutPrefix(rest, ","); ok {
		if h.Count, rest, ok = CutNumber(r); !ok {
			return Hunk{}, false
		}
	}
	h.Context, ok = strings.CutPrefix(rest, " @@")
	return h, ok
}
