// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// A maker makes files and patches at random, always the same for the same seed.
type maker struct{ *rand.Rand }

func newMaker(seed uint64) maker { return maker{rand.New(rand.NewPCG(seed, 1))} }

// lines returns up to n lines out of few words, so that there are many alike.
func (m maker) lines(n int) []string {
	words := []string{"int a;", "\treturn 0;", "}", "", "{", "\tif (x)", "  b = c;", "static void f(void)", "\t\tbreak;", "/* text */"}
	lines := make([]string, m.IntN(n+1))
	for i := range lines {
		lines[i] = words[m.IntN(len(words))]
		if m.IntN(3) == 0 {
			lines[i] += fmt.Sprint(m.IntN(20))
		}
		lines[i] += "\n"
	}
	return lines
}

// An edit is a line of an old and a new file: ' ', '-' or '+'.
type edit struct {
	op   byte
	line string
}

// edits changes some of lines.
func (m maker) edits(lines []string) []edit {
	var out []edit
	rate := 3 + m.IntN(30)
	for _, l := range lines {
		switch m.IntN(rate) {
		case 0:
			out = append(out, edit{'-', l})
		case 1:
			out = append(out, edit{'-', l}, edit{'+', "new " + l})
		case 2:
			out = append(out, edit{' ', l})
			for _, n := range m.lines(3) {
				out = append(out, edit{'+', n})
			}
		default:
			out = append(out, edit{' ', l})
		}
	}
	return out
}

// diff prints edits as hunks with so many lines of context.
func diff(edits []edit, context int) string {
	var b strings.Builder
	keep := make([]bool, len(edits))
	for i, e := range edits {
		if e.op != ' ' {
			for j := max(i-context, 0); j <= min(i+context, len(edits)-1); j++ {
				keep[j] = true
			}
		}
	}
	oldLine, newLine := 1, 1
	for i := 0; i < len(edits); {
		if !keep[i] {
			oldLine, newLine, i = oldLine+1, newLine+1, i+1
			continue
		}
		end := i
		oldLines, newLines := 0, 0
		for ; end < len(edits) && keep[end]; end++ {
			oldLines += count(edits[end].op != '+')
			newLines += count(edits[end].op != '-')
		}
		fmt.Fprintf(&b, "@@ -%d,%d +%d,%d @@\n", oldLine-count(oldLines == 0), oldLines, newLine-count(newLines == 0), newLines)
		for ; i < end; i++ {
			b.WriteByte(edits[i].op)
			b.WriteString(edits[i].line)
			if !strings.HasSuffix(edits[i].line, "\n") {
				b.WriteString("\n\\ No newline at end of file\n")
			}
		}
		oldLine, newLine = oldLine+oldLines, newLine+newLines
	}
	return b.String()
}

// damage changes a line of a patch, or its numbers.
func (m maker) damage(patch string) string {
	lines := strings.SplitAfter(patch, "\n")
	i := m.IntN(len(lines))
	switch m.IntN(8) {
	case 0:
		lines = slices.Delete(lines, i, i+1)
	case 1:
		lines = slices.Insert(lines, i, lines[m.IntN(len(lines))])
	case 2:
		lines[i] = strings.Replace(lines[i], "1", "2", 1)
	case 3:
		lines[i] = strings.TrimSuffix(lines[i], "\n") + " \n"
	case 4:
		lines[i] = strings.TrimSuffix(lines[i], "\n") + "\r\n"
	case 5:
		lines[i] = strings.TrimLeft(lines[i], " ")
	case 6:
		if lines[i] != "" {
			at := m.IntN(len(lines[i]))
			lines[i] = lines[i][:at] + string(" \\\n@-+/ax1,\""[m.IntN(11)]) + lines[i][at+1:]
		}
	case 7:
		lines[i] += "\\ No newline at end of file\n"
	}
	return strings.Join(lines, "")
}

// drift changes lines of a file, as a tree does since a patch was made.
func (m maker) drift(lines []string) []string {
	lines = slices.Clone(lines)
	for range m.IntN(4) {
		i := m.IntN(len(lines) + 1)
		switch m.IntN(3) {
		case 0:
			lines = slices.Insert(lines, i, m.lines(6)...)
		case 1:
			lines = slices.Delete(lines, i, min(i+m.IntN(3), len(lines)))
		case 2:
			if i < len(lines) {
				lines[i] = "drift\n"
			}
		}
	}
	return lines
}

// testCase makes a tree and a patch for it, which may be stale or damaged.
func (m maker) testCase() (files, string, int) {
	f := files{"keep": text("keep\n")}
	var patch strings.Builder
	context := []int{3, 3, 3, 2, 1, 0}[m.IntN(6)]
	for n := range 1 + m.IntN(2) {
		name := fmt.Sprintf("dir%d/file.c", n)
		lines := m.lines(60)
		edits := m.edits(lines)
		if m.IntN(4) == 0 && len(edits) > 0 {
			last := &edits[len(edits)-1]
			last.line = strings.TrimSuffix(last.line, "\n")
			if len(lines) > 0 && last.op != '+' {
				lines[len(lines)-1] = last.line
			}
		}
		hunks := diff(edits, context)
		if m.IntN(3) == 0 {
			lines = m.drift(lines)
		}
		if m.IntN(6) == 0 {
			lines = nil
			for _, e := range edits {
				if e.op != '-' {
					lines = append(lines, e.line)
				}
			}
		}
		f[name] = text(strings.Join(lines, ""))
		if hunks == "" {
			continue
		}
		if m.IntN(4) > 0 {
			fmt.Fprintf(&patch, "diff --git a/%s b/%s\n", name, name)
		}
		fmt.Fprintf(&patch, "--- a/%s\n+++ b/%s\n%s", name, name, hunks)
	}
	text := patch.String()
	if m.IntN(3) == 0 && text != "" {
		text = m.damage(text)
	}
	return f, text, context
}

// TestRandomAgainstGit compares verdict and bytes with git apply on patches made at random.
func TestRandomAgainstGit(t *testing.T) {
	o := newOracle(t)
	for seed := range runtest.Short[uint64](15, 80) {
		compareSeed(t, o, seed)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func compareSeed(tb testing.TB, o *oracle, seed uint64) {
	tb.Helper()
	m := newMaker(seed)
	f, patch, context := m.testCase()
	opts, args := &Options{}, []string(nil)
	switch m.IntN(5) {
	case 0:
		opts.Context, args = 1+m.IntN(3), nil
		args = append(args, fmt.Sprintf("-C%d", opts.Context))
	case 1:
		opts.Context, args = -1, append(args, "-C0")
	case 2:
		opts.Reverse, args = true, append(args, "-R")
	case 3:
		if context == 0 {
			opts.UnidiffZero, args = true, append(args, "--unidiff-zero")
		}
	}
	if !compare(tb, o, f, patch, opts, args...) {
		tb.Logf("seed %d, git apply %v", seed, args)
	}
}

// FuzzAgainstGit is TestRandomAgainstGit with seeds without end.
func FuzzAgainstGit(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { compareSeed(t, newOracle(t), seed) })
}
