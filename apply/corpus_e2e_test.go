// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package apply

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// releases are the versions of Linux that a corpus takes its files from, the oldest first.
var releases = []string{"6.12", "7.2", "7.3"}

// A history is one file of Linux in each of releases.
type history struct {
	name  string
	lines [][]string
	// blocks are where release i and a later one j differ, under [i][j].
	blocks [3][3][]block
}

// A block is a run of lines that two versions of a file do not share: of the old one lines
// [oldAt, oldEnd), of the new one [newAt, newEnd), counted from 0.
type block struct{ oldAt, oldEnd, newAt, newEnd int }

// maxHistoryFile bounds the files of a corpus: the largest of Linux are made by programs.
const maxHistoryFile = 200 << 10

// linuxHistory returns n files of Linux that changed in all of releases, spread over the tree.
func linuxHistory(tb testing.TB, n int) []*history {
	tb.Helper()
	var dirs, alternates []string
	for _, version := range releases {
		dirs = append(dirs, e2e.Tree(tb, version))
		alternates = append(alternates, filepath.Join(dirs[len(dirs)-1], ".git", "objects"))
	}
	git := func(args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir = dirs[len(dirs)-1]
		cmd.Env = run.GitEnv("GIT_ALTERNATE_OBJECT_DIRECTORIES=" + strings.Join(alternates, ":"))
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			tb.Fatalf("git %.200s: %v", strings.Join(args, " "), err)
		}
		return string(out)
	}
	var commits []string
	for _, dir := range dirs {
		commits = append(commits, gitIn(tb, dir, "rev-parse", "HEAD"))
	}
	changed := func(a, b int) []string {
		return strings.Fields(git("diff-tree", "-r", "--no-renames", "--diff-filter=M", "--name-only", commits[a], commits[b]))
	}
	both := map[string]bool{}
	for _, name := range changed(0, 1) {
		both[name] = true
	}
	names := slices.DeleteFunc(changed(1, 2), func(name string) bool { return !both[name] })
	if len(names) < n {
		tb.Fatalf("only %d files changed in %v, %d are asked for", len(names), releases, n)
	}
	var all []*history
	known := map[string]*history{}
	for i := range n {
		h := &history{name: names[i*len(names)/n]}
		if h.read(tb, dirs) {
			all = append(all, h)
			known[h.name] = h
		}
	}
	for _, pair := range [][2]int{{0, 1}, {1, 2}, {0, 2}} {
		for some := range slices.Chunk(all, 500) {
			args := []string{"diff-tree", "-p", "-U0", "--no-renames", "--no-ext-diff", "--no-textconv", commits[pair[0]], commits[pair[1]], "--"}
			for _, h := range some {
				args = append(args, h.name)
			}
			readBlocks(tb, git(args...), func(name string, b block) {
				list := &known[name].blocks[pair[0]][pair[1]]
				*list = append(*list, b)
			})
		}
	}
	return all
}

// read gets the file out of each tree. It reports false for those too large to be of use.
func (h *history) read(tb testing.TB, dirs []string) bool {
	for _, dir := range dirs {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(h.name)))
		if err != nil {
			tb.Fatal(err)
		}
		if len(data) > maxHistoryFile || slices.Contains(data, 0) {
			return false
		}
		h.lines = append(h.lines, splitLines(string(data)))
	}
	return true
}

// readBlocks reads what git diff -U0 printed.
func readBlocks(tb testing.TB, diff string, tell func(name string, b block)) {
	name := ""
	for line := range strings.Lines(diff) {
		if rest, ok := strings.CutPrefix(line, "diff --git a/"); ok {
			name, _, _ = strings.Cut(rest, " ")
		}
		if !strings.HasPrefix(line, "@@ -") {
			continue
		}
		oldSide, newSide, _ := strings.Cut(strings.TrimPrefix(line, "@@ -"), " +")
		newSide, _, _ = strings.Cut(newSide, " @@")
		var b block
		b.oldAt, b.oldEnd = span(tb, oldSide)
		b.newAt, b.newEnd = span(tb, newSide)
		tell(name, b)
	}
}

// span reads "3,2" or "3" of a hunk header.
func span(tb testing.TB, s string) (at, end int) {
	n := 1
	if strings.Contains(s, ",") {
		if _, err := fmt.Sscanf(s, "%d,%d", &at, &n); err != nil {
			tb.Fatal(err)
		}
	} else if _, err := fmt.Sscan(s, &at); err != nil {
		tb.Fatal(err)
	}
	if n > 0 {
		at--
	}
	return at, at + n
}

// edits returns what leads from release from to one with the chosen differences to release to.
func (h *history) edits(from, to int, chosen func(i int) bool) []edit {
	var out []edit
	at := 0
	keep := func(end int) {
		for ; at < end; at++ {
			out = append(out, edit{' ', h.lines[from][at]})
		}
	}
	for i, b := range h.blocks[from][to] {
		if !chosen(i) {
			continue
		}
		keep(b.oldAt)
		for ; at < b.oldEnd; at++ {
			out = append(out, edit{'-', h.lines[from][at]})
		}
		for _, l := range h.lines[to][b.newAt:b.newEnd] {
			out = append(out, edit{'+', l})
		}
	}
	keep(len(h.lines[from]))
	return out
}

// some returns a choice of about one in n, and at least one of total.
func (m maker) some(total, n int) func(i int) bool {
	pick := map[int]bool{}
	for i := range total {
		pick[i] = m.IntN(n) == 0
	}
	if total > 0 {
		pick[m.IntN(total)] = true
	}
	return func(i int) bool { return pick[i] }
}

// after returns the lines of the new file.
func after(edits []edit) []string {
	var lines []string
	for _, e := range edits {
		if e.op != '-' {
			lines = append(lines, e.line)
		}
	}
	return lines
}

// before returns the lines of the old file.
func before(edits []edit) []string {
	var lines []string
	for _, e := range edits {
		if e.op != '+' {
			lines = append(lines, e.line)
		}
	}
	return lines
}

// TestE2EHistory holds the corpus against itself: all differences taken, the new file comes out.
func TestE2EHistory(t *testing.T) {
	all := linuxHistory(t, 40)
	for _, h := range all {
		for _, pair := range [][2]int{{0, 1}, {1, 2}, {0, 2}} {
			edits := h.edits(pair[0], pair[1], func(int) bool { return true })
			if !slices.Equal(after(edits), h.lines[pair[1]]) || !slices.Equal(before(edits), h.lines[pair[0]]) {
				t.Errorf("%s: from %s to %s is not what git diff says", h.name, releases[pair[0]], releases[pair[1]])
			}
		}
	}
	if _, err := fs.Stat(os.DirFS(e2e.Tree(t, "7.3")), all[0].name); err != nil || len(all) < 30 {
		t.Errorf("%d files: %v", len(all), err)
	}
}
