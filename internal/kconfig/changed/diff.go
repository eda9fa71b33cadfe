// SPDX-License-Identifier: GPL-2.0-only

// Package changed says which lines of a file a series changes, what they are, and under which
// conditions of the preprocessor they stand.
//
// [Lines] compares two versions of a file, [Conditions] reads the #if lines of a C file. The conditions are for
// finding a configuration; whether a line was compiled only the compiler knows.
package changed

import (
	"path"
	"slices"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"

	gitdiff "github.com/go-git/go-git/v5/utils/diff"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// Of returns what each line of a C, assembly, Rust or devicetree file is.
func Of(name, text string) []Line {
	if path.Ext(name) == ".rs" {
		return RustLines(text)
	}
	lines := Conditions(text)
	if IsDevicetree(name) {
		for i, line := range strings.Split(text, "\n") {
			if i < len(lines) && cellsRE.MatchString(line) {
				lines[i].Kind = Code
			}
		}
	}
	return lines
}

// IsDevicetree reports whether dtc compiles a file, or what includes it.
func IsDevicetree(name string) bool {
	return slices.Contains([]string{".dts", ".dtsi", ".dtso"}, path.Ext(name))
}

// cellsRE matches properties of a devicetree that look like a directive.
var cellsRE = lazyregexp.New(`^\s*#[\w,-]*-cells\b`)

// maxDiff bounds the lines of a file that are compared one by one; of a larger one all lines between
// the first and the last difference count as changed.
const maxDiff = 200_000

// maxBeside bounds how far from a removed line the one is that stands for it.
const maxBeside = 500

// Lines returns the numbers, from 1, of the lines of after by which the change of a file is judged: those that before has not
// and, where code was only removed, the nearest line of code under the same condition. What is left there has to compile
// without what was taken away.
func Lines(name, before, after string) []int {
	lines, places := compare(before, after)
	if len(places) == 0 {
		return lines
	}
	c := context{was: Of(name, before), is: Of(name, after)}
	c.words = make([]string, len(c.is))
	for _, p := range places {
		lines = append(lines, c.beside(p)...)
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// A place is where lines were removed: those of before, and the lines [from, to) of after that stand there now.
type place struct {
	removed  []int
	from, to int
}

// context is what the lines of both versions are.
type context struct {
	was, is []Line
	words   []string // the conditions of is, as far as they were asked for
}

// beside returns a line for each condition under which p had code, where it has none now.
func (c *context) beside(p place) []int {
	for n := p.from; n < p.to; n++ {
		if n <= len(c.is) && c.is[n-1].Kind == Code {
			return nil // the new code is judged
		}
	}
	var out []int
	var seen []string
	for _, n := range p.removed {
		if n > len(c.was) || c.was[n-1].Kind != Code {
			continue
		}
		when := c.was[n-1].When.String()
		if slices.Contains(seen, when) {
			continue
		}
		seen = append(seen, when)
		if near := c.nearest(p, when); near > 0 {
			out = append(out, near)
		}
	}
	return out
}

// nearest returns the line of code nearest to p under a condition, or that under any, 0 where the file has none there.
func (c *context) nearest(p place, when string) int {
	other := 0
	for d := range maxBeside {
		for _, n := range [2]int{p.to + d, p.from - 1 - d} {
			if n < 1 || n > len(c.is) || c.is[n-1].Kind != Code {
				continue
			}
			if c.words[n-1] == "" {
				c.words[n-1] = c.is[n-1].When.String()
			}
			if c.words[n-1] == when {
				return n
			}
			if other == 0 {
				other = n
			}
		}
	}
	return other
}

// compare returns the numbers of the lines of after that before has not, and the places where some were removed.
func compare(before, after string) (added []int, places []place) {
	start, old, now := differing(before, after)
	if len(old)+len(now) > maxDiff || len(old) == 0 {
		for i, line := range now {
			if line != "" {
				added = append(added, start+i+1)
			}
		}
		return added, nil
	}
	line, was := start, start
	at := place{}
	done := func() { // of a place, where there was one
		if len(at.removed) > 0 {
			at.to = line + 1
			places = append(places, at)
		}
		at = place{}
	}
	for _, d := range gitdiff.Do(strings.Join(old, ""), strings.Join(now, "")) {
		count := strings.Count(d.Text, "\n")
		if d.Text != "" && !strings.HasSuffix(d.Text, "\n") {
			count++
		}
		if at.from == 0 {
			at.from = line + 1
		}
		switch d.Type {
		case diffmatchpatch.DiffEqual:
			done()
			line, was = line+count, was+count
		case diffmatchpatch.DiffInsert:
			for range count {
				line++
				added = append(added, line)
			}
		case diffmatchpatch.DiffDelete:
			for range count {
				was++
				at.removed = append(at.removed, was)
			}
		}
	}
	done()
	return added, places
}

// differing returns the lines without those that both versions begin and end with, and how many of the former there are.
func differing(before, after string) (start int, old, now []string) {
	old, now = strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	for start < len(old) && start < len(now) && old[start] == now[start] {
		start++
	}
	end := 0
	for end < len(old)-start && end < len(now)-start && old[len(old)-1-end] == now[len(now)-1-end] {
		end++
	}
	return start, old[start : len(old)-end], now[start : len(now)-end]
}
