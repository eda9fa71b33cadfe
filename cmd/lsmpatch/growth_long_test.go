// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A largeInput is a patch of 24 MB: a start, with a marker each line of a piece, again and again, and an end.
type largeInput struct{ name, start, piece, marker, end string }

const largeSize = 24_000_000

// write makes the file bit by bit: what this process holds would count as memory of those that it starts.
func (l *largeInput) write(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	out := bufio.NewWriter(f)
	piece := l.marker + strings.ReplaceAll(strings.TrimSuffix(l.piece, "\n"), "\n", "\n"+l.marker) + l.piece[len(strings.TrimSuffix(l.piece, "\n")):]
	times := largeSize / len(piece)
	out.WriteString(strings.ReplaceAll(l.start, "LINES", strconv.Itoa(max(times*strings.Count(l.piece, "\n"), 1))))
	for range times {
		out.WriteString(piece)
	}
	out.WriteString(l.end)
	return out.Flush()
}

// TestGrowthStyle: a patch of 24 MB in lines of two bytes took style 12 s and 1.7 GB. As docs/limits.md says, none of this size
// costs more than ten seconds or 300 MB, where the input is a patch and not yet a series. A machine that has other work takes longer.
// It comes before TestGrowth: the kernel counts the memory that this process ever had as that of those that it starts.
func TestGrowthStyle(t *testing.T) {
	binary, file := filepath.Join(t.TempDir(), "lsmpatch"), filepath.Join(t.TempDir(), "a.patch")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	code, err := os.ReadFile("../../checkpatch/testdata/whole/mixed.c")
	if err != nil {
		t.Fatal(err)
	}
	mail, rest, _ := strings.Cut(patchMail("", "BODY", someDiff), "BODY")
	added := mail + "Text.\n---\ndiff --git a/lib/a.NAME b/lib/a.NAME\n--- a/lib/a.NAME\n+++ b/lib/a.NAME\n@@ -0,0 +1,LINES @@\n"
	inC, inRust := strings.ReplaceAll(added, "NAME", "c"), strings.ReplaceAll(added, "NAME", "rs")
	for _, l := range []largeInput{
		{"one line", inC + "+", "a b;", "", "\n"},
		{"one line of a message", mail, "a b;", "", rest},
		{"empty lines", inC, "\n", "+", ""},
		{"short lines", inC, "x\n", "+", ""},
		{"context", inC, "x\n", " ", ""},
		{"deleted lines", inC, "\n", "-", ""},
		{"hunks", inC, "@@ -1 +1 @@\n", "", ""},
		{"files", mail, "+++ b/a.c\n", "", ""},
		{"lines of # in a message", mail, "#\n", "", rest},
		{"lines of # for a diff", mail + "Text.\n---\n", "#\n", "", ""},
		{"tags", mail, "Acked-by: A <a@b>\n", "", rest},
		{"C, with much to complain of", inC, string(code), "+", ""},
		{"C", inC, "/* It says so. */\nstatic int say(struct line *l)\n{\n\tif (!l->text)\n\t\treturn -EINVAL;\n\treturn write(l->text, strlen(l->text));\n}\n\n", "+", ""},
		{"Rust", inRust, "    /// Says so.\n    pub fn say(&self) -> Result<u32> {\n        Ok(self.0)\n    }\n\n", "+", ""},
	} {
		if err := l.write(file); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(binary, "checkpatch", "--strict", "--terse", "--patch", "--tree", "../../testdata/minilinux", file)
		err := cmd.Run()
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if cmd.ProcessState.ExitCode() != 1 || !ok {
			t.Fatalf("%s: %v", l.name, err)
		}
		took, memory := cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), usage.Maxrss>>10
		t.Logf("%-28s %6.2f s %4d MB", l.name, took.Seconds(), memory)
		if took > 15*time.Second || memory > 300 {
			t.Errorf("%s: %v and %d MB", l.name, took, memory)
		}
	}
}

// TestGrowth: a chain of hunks, of entries in MAINTAINERS or of conditions took the square of its length, and a mail of
// some megabytes minutes.
func TestGrowth(t *testing.T) {
	verbs := map[string][]string{
		"series": {"series", "check", "--tree", "TREE", "MAIL"}, "apply": {"apply", "--check", "--tree", "TREE", "MAIL"},
		"checkpatch": {"checkpatch", "--strict", "--tree", "TREE", "MAIL"}, "hooks": {"hooks", "check", "--tree", "TREE", "MAIL"},
	}
	const small, large = 3000, 12000
	for _, f := range families() {
		for name, verb := range verbs {
			text := strings.HasPrefix(f.name, "body ") || strings.HasPrefix(f.name, "header ")
			if text && name != "series" || strings.HasPrefix(f.name, "code ") && (name == "series" || name == "apply") {
				continue // they pass it by
			}
			after := f.cost(t, large, verb)
			if after < time.Second {
				continue
			}
			// What takes long may do so because there is much of it, or up to its budget.
			if before := f.cost(t, small, verb); after > 8*before {
				if beyond := f.cost(t, 4*large, verb); beyond > 4*after {
					t.Errorf("%s of %s: %v for %d, %v for %d, %v for %d", name, f.name, before, small, after, large, beyond, 4*large)
				}
			}
		}
	}
}
