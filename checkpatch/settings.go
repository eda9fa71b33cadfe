// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"os"
	"strings"
)

// settings are Options with the defaults filled in.
type settings struct {
	strict         bool
	noSignoff, fix bool
	noFixesTag     bool
	cxxLicense     bool   // the licence may stand in a // comment in headers and assembly, too
	kconfig        string // what the names of Kconfig symbols start with
	testOnly       string
	typedefs       map[string]bool
	corrected      bool
	types, ignore  map[string]bool
	maxLine, tab   int
	minDescription int
	keepC99        bool
	commits        func(abbrev string) (id, subject string, known bool)
}

// readTypedefs reads a file of names of types, one a line; nil where there is none.
func readTypedefs(file string) map[string]bool {
	text, err := os.ReadFile(file)
	if file == "" || err != nil {
		return nil
	}
	names := map[string]bool{}
	for line := range dataLines(text) {
		if !strings.ContainsAny(line, " \t") {
			names[line] = true
		}
	}
	return names
}

// typeSet makes a set of names of types, in lists separated by commas or one by one.
func typeSet(names []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Split(strings.Join(names, ","), ",") {
		if name = strings.ToUpper(strings.TrimSpace(name)); name != "" && name[0] != '#' {
			set[name] = true
		}
	}
	return set
}

// wants reports whether findings of typ are to be reported.
func (s *settings) wants(typ string) bool {
	if len(s.types) > 0 {
		return s.types[typ]
	}
	return !s.ignore[typ]
}

// measure returns the length and the indent of a line without its marker, in columns.
func (s *settings) measure(line string) (length, indent int) {
	if line == "" {
		return 0, 0
	}
	inIndent := true
	for i := 1; i < len(line); i++ {
		if line[i] == '\t' {
			length += s.tab - length%s.tab
		} else {
			length++
		}
		if inIndent && isSpace(line[i]) {
			indent = length
		} else {
			inIndent = false
		}
	}
	return length, indent
}

// columns returns how wide text is, tabs expanded.
func (s *settings) columns(text string) int {
	n, _ := s.measure(" " + text)
	return n
}
