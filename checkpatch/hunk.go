// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "strings"

// newName returns the file that a "+++ name" line names.
func newName(line string) (string, bool) {
	rest, ok := strings.CutPrefix(line, "+++")
	if !ok || rest == "" || !isSpace(rest[0]) {
		return "", false
	}
	name := firstField(rest)
	return name, name != ""
}

// A hunk is what an "@@ -1,2 +3,4 @@ context" line says of the new file.
type hunk struct {
	start, count int
	context      string
}

func parseHunk(line string) (hunk, bool) {
	rest, ok := strings.CutPrefix(line, "@@ -")
	if !ok {
		return hunk{}, false
	}
	h := hunk{count: 1}
	if _, rest, ok = cutNumber(rest); !ok {
		return hunk{}, false
	}
	if r, ok := strings.CutPrefix(rest, ","); ok {
		if _, rest, ok = cutNumber(r); !ok {
			return hunk{}, false
		}
	}
	if rest, ok = strings.CutPrefix(rest, " +"); !ok {
		return hunk{}, false
	}
	if h.start, rest, ok = cutNumber(rest); !ok {
		return hunk{}, false
	}
	if r, ok := strings.CutPrefix(rest, ","); ok {
		if h.count, rest, ok = cutNumber(r); !ok {
			return hunk{}, false
		}
	}
	h.context, ok = strings.CutPrefix(rest, " @@")
	return h, ok
}
