// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Further is the build of some objects in another configuration, or for another architecture.
type Further struct {
	Config   int               `json:"config"` // its number in the plan of its architecture, from 1
	Arch     string            `json:"arch"`
	Built    bool              `json:"built"`
	Commands int               `json:"commands"`
	Seconds  float64           `json:"seconds"`
	Changed  []kconfig.Setting `json:"changed"` // from the base configuration
}

// Missing returns the lines that were not compiled, by file.
func (c *Coverage) Missing() map[string][]int {
	missing := map[string][]int{}
	for _, f := range c.Files {
		for _, m := range f.Missing {
			missing[f.Path] = append(missing[f.Path], m.Lines...)
		}
	}
	return missing
}

// Add takes as compiled what another build of the same tree compiled.
func (c *Coverage) Add(other *Coverage) {
	still := other.Missing()
	seen := map[string]bool{}
	for _, f := range other.Files {
		seen[f.Path] = true
	}
	for i := range c.Files {
		f := &c.Files[i]
		if !seen[f.Path] {
			continue
		}
		var left []NotCompiled
		for _, m := range f.Missing {
			lines := slices.DeleteFunc(slices.Clone(m.Lines), func(n int) bool { return !slices.Contains(still[f.Path], n) })
			f.Compiled += len(m.Lines) - len(lines)
			c.Compiled += len(m.Lines) - len(lines)
			if len(lines) > 0 {
				left = append(left, NotCompiled{lines, m.Why})
			}
		}
		f.Missing = left
	}
}

// Findings returns what was not compiled. A file that is no part of a kernel is noted only.
func (c *Coverage) Findings() []report.Finding {
	out := slices.Clone(c.found)
	for _, f := range c.Files {
		severity := report.Warning
		for _, folder := range []string{"tools/", "scripts/", "samples/", "usr/"} {
			if strings.HasPrefix(f.Path, folder) {
				severity = report.Note
			}
		}
		for _, m := range f.Missing {
			out = append(out, report.Finding{Check: "build/not-compiled", Severity: severity, File: f.Path, Line: m.Lines[0],
				Message: fmt.Sprintf("%s of code not compiled (%s): %s", report.Plural(len(m.Lines), "changed line"), kconfig.Ranges(m.Lines), m.Why)})
		}
	}
	return out
}

// Summary says the figure in one line.
func (c *Coverage) Summary() string {
	return fmt.Sprintf("%s, %d of code, %d compiled", report.Plural(c.Lines, "changed line"), c.Code, c.Compiled)
}
