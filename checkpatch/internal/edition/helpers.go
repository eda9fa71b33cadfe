// SPDX-License-Identifier: GPL-2.0-only

package edition

import (
	"slices"
	"strings"
)

// A Helper is a file beside the script that decides on findings of a type: a program that it calls, or a list that it reads.
type Helper struct {
	// Name is its path in the tree, Type the type of findings.
	Name, Type string
	// form, for a list, tells what is a line of it; nil for a program.
	form func(line string) bool
}

// Helpers are those of the scripts that are known.
var Helpers = []Helper{
	{Name: "scripts/spdxcheck.py", Type: "SPDX_LICENSE_TAG"},
	{Name: "scripts/get_maintainer.pl", Type: "OBSOLETE"},
	{Name: "scripts/spelling.txt", Type: "TYPO_SPELLING", form: func(line string) bool { return strings.Contains(line, "||") }},
	{Name: "scripts/const_structs.checkpatch", Type: "CONST_STRUCT", form: func(line string) bool { return !strings.ContainsAny(line, " \t") }},
}

// Knows reports whether the engine agrees with a helper of this text, which is nil where the tree has none: a program is one of
// those that it was compared with, comments and white space at the ends of lines aside, and a list has the form that it reads.
func (h *Helper) Knows(text []byte) bool {
	switch {
	case text == nil:
		return true
	case h.form == nil:
		return slices.Contains(table().helpers[h.Name], hashHelper(text))
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' && !h.form(line) {
			return false
		}
	}
	return true
}

// hashHelper stands for what a program does.
func hashHelper(text []byte) string {
	var code []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, " \t\r\n")
		if bare := strings.TrimLeft(line, " \t"); bare != "" && bare[0] != '#' {
			code = append(code, line)
		}
	}
	return hash(code...)
}

// Doubt makes the types of helpers that are not known unknown, as if the script had changed.
func (e *Edition) Doubt(unknown []Helper) {
	for _, h := range unknown {
		if e.Why == nil {
			e.Why = map[string]string{}
		}
		if _, ok := e.Why[h.Type]; !ok {
			e.Unknown = append(e.Unknown, h.Type)
		}
		e.Why[h.Type] = h.Name
	}
	slices.Sort(e.Unknown)
}

// helperTable returns the lines of known.txt for the helpers of trees, each name with its texts.
func helperTable(helpers map[string][][]byte) string {
	var out strings.Builder
	for _, h := range Helpers {
		var sums []string
		for _, text := range helpers[h.Name] {
			if sum := hashHelper(text); !slices.Contains(sums, sum) {
				sums = append(sums, sum)
			}
		}
		if h.form == nil {
			out.WriteString("helper " + h.Name + " " + strings.Join(sums, " ") + "\n")
		}
	}
	return out.String()
}
