// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package apply

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"
)

var placements = flag.Int("placements", 150, "how many patches TestE2EPlacesEqualGitApply compares with git apply")

// A placeCase is a patch and the tree that it goes to.
type placeCase struct {
	tree  files
	patch string
	opts  Options
	args  []string // the options of git apply that opts are
}

// placeCase makes a patch of some of the real differences between two releases of Linux, and a tree
// that it may or may not fit.
func (m maker) placeCase(all []*history) *placeCase {
	c := &placeCase{tree: files{"keep": text("keep\n")}}
	m.placeOptions(c)
	var diffs []string
	for range 1 + m.IntN(2) {
		h := all[m.IntN(len(all))]
		if c.tree[h.name].mode == 0 {
			diffs = append(diffs, m.placeFile(c, h)...)
		}
	}
	c.patch = strings.Join(diffs, "")
	switch m.IntN(20) {
	case 0, 1:
		c.patch = m.damage(c.patch)
	case 2:
		c.patch = c.patch[:m.IntN(len(c.patch))]
	case 3:
		c.patch = m.respace(c.patch)
	case 4:
		c.patch = strings.ReplaceAll(c.patch, "\n", "\r\n")
	}
	if c.opts.Directory != "" {
		below := files{}
		for name, e := range c.tree {
			below[c.opts.Directory+"/"+name] = e
		}
		c.tree = below
	}
	return c
}

// placeOptions sets the options of a case.
func (m maker) placeOptions(c *placeCase) {
	switch m.IntN(8) {
	case 0:
		c.opts.Context = 1 + m.IntN(3)
		c.args = append(c.args, fmt.Sprintf("-C%d", c.opts.Context))
	case 1:
		c.opts.Context = -1
		c.args = append(c.args, "-C0")
	case 2, 3:
		c.opts.Reverse = true
		c.args = append(c.args, "-R")
	}
	switch m.IntN(8) {
	case 0:
		c.opts.UnidiffZero = true
		c.args = append(c.args, "--unidiff-zero")
	case 1:
		c.opts.Strip = []int{-1, 2, 3}[m.IntN(3)]
		c.args = append(c.args, fmt.Sprintf("-p%d", max(c.opts.Strip, 0)))
	case 2:
		c.opts.Directory = "some/dir"
		c.args = append(c.args, "--directory=some/dir")
	}
}

// placeFile puts a file into the tree, and returns one or two diffs of it.
func (m maker) placeFile(c *placeCase, h *history) []string {
	from, to := []int{0, 1, 0}[m.IntN(3)], 2
	edits := h.edits(from, to, m.some(len(h.blocks[from][to]), 1+m.IntN(6)))
	state := m.IntN(9)
	if c.opts.Reverse && m.IntN(3) > 0 {
		state = 5
	}
	lines := h.lines[from]
	switch state {
	case 0:
		lines = h.lines[1]
	case 1:
		lines = after(h.edits(from, 1, m.some(len(h.blocks[from][1]), 1+m.IntN(6))))
	case 2:
		lines = m.drift(lines)
	case 3: // lines of its own before, within or after
		at := m.IntN(len(lines) + 1)
		end := min(at+m.IntN(40), len(lines))
		lines = slices.Insert(slices.Clone(lines), m.IntN(len(lines)+1), lines[at:end]...)
	case 4: // a hole
		at := m.IntN(len(lines) + 1)
		lines = slices.Delete(slices.Clone(lines), at, min(at+m.IntN(40), len(lines)))
	case 5:
		lines = after(edits)
	}
	mode := []filemode.FileMode{filemode.Regular, filemode.Regular, filemode.Executable}[m.IntN(3)]
	if c.opts.Reverse {
		mode = filemode.Regular // old versions of git make a file so where the index line says it
	}
	c.tree[h.name] = entry{mode, strings.Join(lines, "")}
	diffs := []string{m.header(c, h.name, edits)}
	if m.IntN(6) == 0 && len(edits) < 2000 { // a second one, on top of the first
		diffs = append(diffs, m.header(c, h.name, m.edits(after(edits))))
	}
	return diffs
}

// header returns edits as a diff, in one of the forms that tools write.
func (m maker) header(c *placeCase, name string, edits []edit) string {
	context := []int{3, 3, 3, 3, 1, 2, 5, 8, 0}[m.IntN(9)]
	if c.opts.UnidiffZero {
		context = m.IntN(2)
	}
	hunks := diff(edits, context)
	prefix := [2]string{"a/", "b/"}
	switch c.opts.Strip {
	case -1:
		prefix = [2]string{}
	case 2:
		prefix = [2]string{"a/b/", "c/d/"}
	case 3:
		prefix = [2]string{"/a/b/", "/c/d/"}
	}
	older, newer := prefix[0]+name, prefix[1]+name
	git := fmt.Sprintf("diff --git %s %s\n", older, newer)
	body := fmt.Sprintf("--- %s\n+++ %s\n%s", older, newer, hunks)
	switch m.IntN(12) {
	case 0:
		return body
	case 1:
		return fmt.Sprintf("--- %s\t2026-01-01 10:00:00.000000000 +0100\n+++ %s\t2026-01-02 10:00:00.000000000 +0100\n%s", older, newer, hunks)
	case 2:
		return git + "old mode 100644\nnew mode 100755\nindex 1234567..89abcde\n" + body
	case 3, 4:
		how := []string{"rename", "copy"}[m.IntN(2)]
		target := "new/name.c"
		return fmt.Sprintf("diff --git %s %snew/name.c\nsimilarity index 90%%\n%s from %s\n%s to %s\n--- %s\n+++ %s%s\n%s",
			older, prefix[1], how, name, how, target, older, prefix[1], target, hunks)
	case 5:
		return git + "deleted file mode 100644\n--- " + older + "\n+++ /dev/null\n" + diff(whole('-', before(edits)), 3)
	case 6:
		target := []string{name, "new/file.c"}[m.IntN(2)]
		return fmt.Sprintf("diff --git %s%s %s%s\nnew file mode 100755\n--- /dev/null\n+++ %s%s\n%s",
			prefix[0], target, prefix[1], target, prefix[1], target, diff(whole('+', after(edits)), 3))
	case 7:
		return "Only a text before it.\n\n" + git + "index 1234567..89abcde 100644\n" + body + "-- \n2.39.5\n"
	}
	return git + "index 1234567..89abcde 100644\n" + body
}

// whole returns lines that are all taken away, or all added.
func whole(op byte, lines []string) []edit {
	var edits []edit
	for _, l := range lines {
		edits = append(edits, edit{op, l})
	}
	return edits
}

// respace changes the white space of a line of a patch.
func (m maker) respace(patch string) string {
	lines := strings.SplitAfter(patch, "\n")
	for range 3 {
		i := m.IntN(len(lines))
		if len(lines[i]) < 3 {
			continue
		}
		op, rest := lines[i][:1], lines[i][1:]
		switch m.IntN(4) {
		case 0:
			rest = strings.Replace(rest, "\t", "        ", 1)
		case 1:
			rest = strings.Replace(rest, " ", "  ", 1)
		case 2:
			rest = strings.TrimSuffix(rest, "\n") + "\t\n"
		case 3:
			rest = " " + rest
		}
		lines[i] = op + rest
	}
	return strings.Join(lines, "")
}

var (
	offsetLine = regexp.MustCompile(`(?m)^Hunk #\d+ succeeded at \d+ \(offset (-?\d+) lines?\)\.$`)
	failedLine = regexp.MustCompile(`(?m)^error: patch failed: .*:(\d+)$`)
)

// compare applies the patch with git apply -v and with the engine. It returns git's verdict, and what
// differs: verdict, bytes, offsets, or the lines at which a hunk that fits nowhere should have stood.
func (c *placeCase) compare(tb testing.TB, o *oracle) (ok bool, differs []string) {
	tb.Helper()
	tell := func(format string, args ...any) { differs = append(differs, fmt.Sprintf(format, args...)) }
	o.load(c.tree)
	want, out, ok := o.apply(c.patch, append([]string{"-v"}, c.args...)...)
	s := newSession(c.tree.snapshot(tb), &c.opts)
	s.blobs = o
	if err := s.patches(context.Background(), setOf(c.patch)); err != nil {
		tb.Fatal(err)
	}
	res := s.result
	switch {
	case ok != (len(res.Conflicts) == 0):
		tell("git says %v: %.1000s\nwe have %.1000s", ok, out, fmt.Sprintf("%+v", res.Conflicts))
	case !ok:
		for _, m := range failedLine.FindAllStringSubmatch(out, -1) {
			line, _ := strconv.Atoi(m[1])
			if !slices.ContainsFunc(res.Conflicts, func(bad Conflict) bool { return bad.Kind == KindHunk && bad.ExpectedLine == max(line, 1) }) {
				tell("git says %s, we have %.1000s", m[0], fmt.Sprintf("%+v", res.Conflicts))
			}
		}
	default:
		if got := listing(tb, s.files); !maps.Equal(got, want) {
			tell("got %v\nwant %v", got, want)
		}
		if got, want := offsetsOf(res), c.offsets(out); !slices.Equal(got, want) {
			tell("offsets %v, git has %v", got, want)
		}
	}
	return ok, differs
}

// offsets returns those that git apply -v printed.
func (c *placeCase) offsets(out string) []int {
	var offsets []int
	for _, m := range offsetLine.FindAllStringSubmatch(out, -1) {
		n, _ := strconv.Atoi(m[1])
		if c.opts.Reverse {
			n = -n // git tells the way back
		}
		offsets = append(offsets, n)
	}
	return offsets
}

// offsetsOf returns those of a result that are not 0.
func offsetsOf(res *Result) []int {
	var offsets []int
	for _, f := range res.Patches[0].Files {
		for _, h := range f.Hunks {
			if h.Offset != 0 {
				offsets = append(offsets, h.Offset)
			}
		}
	}
	return offsets
}

// TestE2EPlacesEqualGitApply applies parts of real changes, to trees that have moved on in several
// ways, with what else can happen to a patch: verdict, bytes and offsets are those of git apply.
func TestE2EPlacesEqualGitApply(t *testing.T) {
	all := linuxHistory(t, min(40+*placements/4, 3000))
	o := newOracle(t)
	applied, refused := 0, 0
	for seed := range uint64(*placements) {
		c := newMaker(seed).placeCase(all)
		ok, differs := c.compare(t, o)
		applied += count(ok)
		refused += count(!ok)
		if differs != nil {
			t.Errorf("seed %d: git apply %v\n%s", seed, c.args, strings.Join(differs, "\n"))
		}
	}
	t.Logf("%d patches applied, %d refused, all as git does", applied, refused)
	if applied < *placements/4 || refused < *placements/4 {
		t.Error("too few of a kind to tell")
	}
}
