// SPDX-License-Identifier: GPL-2.0-only

package engine

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lists"
)

// Settings are Options with the defaults filled in.
type Settings struct {
	Strict         bool
	NoSignoff, Fix bool
	NoFixesTag     bool
	CxxLicense     bool   // the licence may stand in a // comment in headers and assembly, too
	Kconfig        string // what the names of Kconfig symbols start with
	TestOnly       string
	Typedefs       map[string]bool
	Corrected      bool
	Types, Ignore  map[string]bool
	except         map[string]bool // types that somebody else judges
	silent         bool            // somebody else judges all
	MaxLine, Tab   int
	MinDescription int
	KeepC99        bool
	Commits        func(abbrev string) (id, subject string, known bool)
}

// Typedefs reads a list of names of types, one a line; nil where there is none.
func Typedefs(text []byte) map[string]bool {
	if text == nil {
		return nil
	}
	names := map[string]bool{}
	for line := range lists.DataLines(text) {
		if !strings.ContainsAny(line, " \t") {
			names[line] = true
		}
	}
	return names
}

// TypeSet makes a set of names of types, in lists separated by commas or one by one.
func TypeSet(names []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Split(strings.Join(names, ","), ",") {
		if name = strings.ToUpper(strings.TrimSpace(name)); name != "" && name[0] != '#' {
			set[name] = true
		}
	}
	return set
}

// Silent is s for no findings at all.
func (s *Settings) Silent() *Settings {
	silent := *s
	silent.silent = true
	return &silent
}

// Without is s for findings of all types that it wants but some.
func (s *Settings) Without(types []string) *Settings {
	without := *s
	without.except = setOf(types)
	return &without
}

func setOf(list []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range list {
		set[name] = true
	}
	return set
}

// Wants reports whether findings of typ are to be reported.
func (s *Settings) Wants(typ string) bool {
	if s.silent || s.except[typ] {
		return false
	}
	if len(s.Types) > 0 {
		return s.Types[typ]
	}
	return !s.Ignore[typ]
}

// Measure returns the length and the indent of a line without its marker, in columns.
func (s *Settings) Measure(line string) (length, indent int) {
	if line == "" {
		return 0, 0
	}
	inIndent := true
	for i := 1; i < len(line); i++ {
		if line[i] == '\t' {
			length += s.Tab - length%s.Tab
		} else {
			length++
		}
		if inIndent && lines.IsSpace(line[i]) {
			indent = length
		} else {
			inIndent = false
		}
	}
	return length, indent
}

// Columns returns how wide text is, tabs expanded.
func (s *Settings) Columns(text string) int {
	n, _ := s.Measure(" " + text)
	return n
}
