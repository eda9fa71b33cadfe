// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// Moves says where files were before a series moved them, by their new paths.
type Moves map[string]string

// Was returns the path that the file name had, its own where it was not moved.
func (m Moves) Was(name string) string {
	if was, ok := m[name]; ok {
		return was
	}
	return name
}

// Lines is [Lines] of a file whose text before stood where it was then. One that was moved has to compile at its new place, of
// which its first line of code is the proof: one under no condition, where it has such.
func (m Moves) Lines(name, before, after string) []int {
	lines := Lines(name, before, after)
	if _, ok := m[name]; !ok {
		return lines
	}
	first := 0
	for i, l := range Of(name, after) {
		if l.Kind != Code {
			continue
		}
		if l.When.Op == logic.True {
			first = i + 1
			break
		}
		if first == 0 {
			first = i + 1
		}
	}
	if first > 0 {
		lines = append(lines, first)
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}
