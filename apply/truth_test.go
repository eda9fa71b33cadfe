// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/columns"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestHintsAreTrue makes conflicts of every kind of drift, and holds each thing that an explanation says against the file.
func TestHintsAreTrue(t *testing.T) {
	t.Parallel()
	said := map[string]int{}
	for seed := range runtest.Short[uint64](80, 500) {
		m := newMaker(seed)
		d := driftOf(m)
		_, res, err := Overlay(files{"f": text(d.tree)}.snapshot(t), setOf(d.patch), nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range res.Conflicts {
			if wrong := d.judge(t, &res.Conflicts[i], said); wrong != "" {
				t.Errorf("seed %d: %s\nhint: %s\npatch:\n%s\ntree:\n%s", seed, wrong, res.Conflicts[i].Hint, d.patch, d.tree)
			}
		}
	}
	t.Logf("what was said, how often: %v", said)
	for _, what := range []string{"white", "nothing", "differ", "between", "end", "start", "applied", "deletes"} {
		if said[what] == 0 {
			t.Errorf("%q was never said", what)
		}
	}
}

// A drift is a patch of one hunk, and the file that the tree has by now.
type drift struct{ patch, tree string }

// driftOf makes a patch for a file, anywhere in it, and another state of the file.
func driftOf(m maker) drift {
	words := []string{"\tint ret;", "\treturn ret;", "}", "{", "", "\tif (x)"}
	var lines []string
	for i := range 6 + m.IntN(20) {
		line := words[m.IntN(len(words))]
		if m.IntN(3) > 0 {
			line = fmt.Sprintf("\tcall_%d(a,  b);", i)
		}
		lines = append(lines, line+"\n")
	}
	at := []int{0, len(lines) - 1, m.IntN(len(lines))}[m.IntN(3)]
	var edits []edit
	remove := m.IntN(12) == 0 // the whole file goes
	for i, l := range lines {
		switch {
		case remove:
			edits = append(edits, edit{'-', l})
		case i == at && m.IntN(2) == 0:
			edits = append(edits, edit{'-', l}, edit{'+', "\tchanged();\n"})
		case i == at:
			edits = append(edits, edit{' ', l}, edit{'+', "\tadded();\n"})
		default:
			edits = append(edits, edit{' ', l})
		}
	}
	after := "+++ b/f\n"
	if remove {
		after = "+++ /dev/null\n"
	}
	d := drift{patch: "--- a/f\n" + after + diff(edits, 3)}
	now := slices.Clone(lines)
	for range 1 + m.IntN(2) {
		near := min(max(at-2+m.IntN(5), 0), len(now)-1)
		switch m.IntN(8) {
		case 0:
			now = append(now, "\tgrown();\n")
		case 1:
			now = append([]string{"/* head */\n"}, now...)
		case 2:
			now[near] = strings.Replace(strings.Replace(now[near], "\t", "        ", 1), ",  ", ", ", 1)
		case 3:
			now[near] = "\tother();\n"
		case 4:
			now = slices.Insert(now, near, "\tbetween();\n")
		case 5:
			now = slices.Delete(now, near, near+1)
			if len(now) == 0 {
				now = []string{"x\n"}
			}
		case 6:
			for i := range now {
				now[i] = fmt.Sprintf("nothing of it %d\n", i)
			}
		case 7: // as the patch leaves it
			now = nil
			for _, e := range edits {
				if e.op != '-' {
					now = append(now, e.line)
				}
			}
			if len(now) == 0 {
				now = []string{"x\n"}
			}
		}
	}
	d.tree = strings.Join(now, "")
	return d
}

var (
	saysDiffer  = regexp.MustCompile(`the nearest place is line (\d+), where (\d+) of (\d+) lines differ`)
	saysBetween = regexp.MustCompile(`its lines are there from line (\d+) on, with (\d+) lines? more between them`)
	saysEnds    = regexp.MustCompile(`must stand at the (start|end) of the file, where the tree has (\d+) lines? more`)
	saysDeletes = regexp.MustCompile(`the file has (\d+) lines? more than the patch deletes`)
)

// judge returns what an explanation says that is not so, "" where all is.
func (d drift) judge(t *testing.T, bad *Conflict, said map[string]int) string {
	tree, pre := splitLines(d.tree), splitLines(bad.Expected)
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	stands := func(at int) bool {
		return at >= 0 && at+len(pre) <= len(tree) && slices.Equal(tree[at:at+len(pre)], pre)
	}
	if bad.FoundLine > 0 && !strings.Contains(d.tree, bad.Found) {
		return "what was found is not in the file"
	}
	if m := saysDiffer.FindStringSubmatch(bad.Hint); m != nil {
		said["differ"]++
		if n := number(m[2]); n == 0 || n > number(m[3]) || number(m[3]) != len(pre) || number(m[1]) > len(tree) {
			return "the numbers are impossible"
		}
	}
	if m := saysBetween.FindStringSubmatch(bad.Hint); m != nil {
		said["between"]++
		from := number(m[1]) - 1
		if end := from + len(pre) + number(m[2]); end > len(tree) || len(columns.Common(pre, tree[from:end])) != len(pre) {
			return "its lines are not there"
		}
	}
	if m := saysEnds.FindStringSubmatch(bad.Hint); m != nil {
		said[m[1]]++
		at := number(m[2])
		if m[1] == "end" {
			at = len(tree) - len(pre) - at
		}
		if !stands(at) {
			return "its lines do not stand there"
		}
	}
	if m := saysDeletes.FindStringSubmatch(bad.Hint); m != nil {
		said["deletes"]++
		if len(tree)-len(pre) != number(m[1]) {
			return "the file has not so many more"
		}
	}
	if strings.Contains(bad.Hint, "nothing in the file resembles it") {
		said["nothing"]++
		if n := len(columns.Common(pre, tree)); n > 0 && 2*n >= len(pre) && slices.ContainsFunc(columns.Common(pre, tree), func(p columns.Pair) bool { return tells(pre[p.Left]) }) {
			return fmt.Sprintf("%d of its %d lines are there in order", n, len(pre))
		}
	}
	reapply := func(opts Options) int {
		_, res, err := Overlay(files{"f": text(d.tree)}.snapshot(t), setOf(d.patch), &opts)
		if err != nil {
			t.Fatal(err)
		}
		return len(res.Conflicts)
	}
	if strings.Contains(bad.Hint, "--ignore-whitespace` applies it") {
		said["white"]++
		if reapply(Options{IgnoreWhitespace: true}) > 0 {
			return "--ignore-whitespace does not apply it"
		}
	}
	if strings.Contains(bad.Hint, hintApplied) {
		said["applied"]++
		if reapply(Options{Reverse: true}) > 0 {
			return "its reverse does not apply"
		}
	}
	return ""
}
