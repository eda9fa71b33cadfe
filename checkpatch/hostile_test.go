// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestHostile: inputs that are made to take long, or memory, do not.
func TestHostile(t *testing.T) {
	const n = 60_000
	header := "diff --git a/lib/a.c b/lib/a.c\n--- a/lib/a.c\n+++ b/lib/a.c\n@@ -1,1 +1,99 @@\n"
	c := NewChecker(&Options{Strict: true})
	for name, input := range map[string]string{
		"a long line":           header + "+" + strings.Repeat("a = b + c; ", n/10) + "\n",
		"one word":              header + "+" + strings.Repeat("a", n) + "\n",
		"parentheses":           header + "+" + strings.Repeat("(", n) + "\n",
		"pairs":                 header + "+" + strings.Repeat("()", n/2) + "\n",
		"braces":                header + strings.Repeat("+if (a) {\n", 800),
		"conditions":            header + "+if (" + strings.Repeat("(a) && ", n/7) + "\n",
		"stars":                 header + "+int " + strings.Repeat("* ", n/2) + "a;\n",
		"spaces":                header + "+" + strings.Repeat(" ", n) + "x\n",
		"tabs":                  header + "+" + strings.Repeat("\t", n) + "x\n",
		"a macro":               header + "+#define A(" + strings.Repeat("a,", 600) + "b) " + strings.Repeat("a b ", 600) + "\n",
		"quotes":                header + "+" + strings.Repeat("\"a\" ", n/4) + "\n",
		"NUL bytes":             header + "+" + strings.Repeat("\x00", n) + "\n",
		"a wrong count":         "+++ b/a.c\n@@ -1,1 +1,999999999999999999 @@\n+a;\n",
		"hunks":                 strings.Repeat("+++ b/a.c\n@@ -1,1 +1,9999999 @@\n+ * a\n", 600),
		"a message":             "Subject: a\n\n" + strings.Repeat("commit\n", 800) + strings.Repeat("a/", n),
		"words":                 "Subject: a\n\n" + strings.Repeat("the the ", n/8),
		"all deleted":           header + strings.Repeat("-int a;\n", n/10),
		"mixed encodings":       header + "+/* \xff\xfe h\xc3\xa9 \xe9 */\n",
		"directives":            header + strings.Repeat("+#if A\n", 800) + strings.Repeat("+#else\n", 800) + strings.Repeat("+#endif\n", 1800),
		"types":                 header + strings.Repeat("+foo_a bar_b baz_c;\n+ x y z w = 1;\n", 600),
		"one statement":         header + strings.Repeat("+\ta +\n", 1500),
		"the end of the header": "@@",
	} {
		start := runtest.CPUTime()
		r := c.Patch("a.patch", []byte(input))
		r.Findings(1)
		c.File("lib/a.c", []byte(input))
		if took := runtest.CPUTime() - start; took > 30*time.Second {
			t.Errorf("%s: %v", name, took)
		} else {
			t.Logf("%s: %v", name, took.Round(time.Millisecond))
		}
	}
}

// TestEmptyLines: a line that a mailer stripped of its only space stands for an empty one, wherever it is.
func TestEmptyLines(t *testing.T) {
	data, err := os.ReadFile("testdata/whole/odd.patch")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	c := NewChecker(&Options{Strict: true, Fix: true})
	for _, suffix := range []string{".c", ".S", ".dts", ".pl", ".rs", ".sh", "Kconfig", "MAINTAINERS"} {
		for i := range lines {
			mutilated := slices.Concat(lines[:i], []string{""}, lines[i:])
			c.Patch("a.patch", []byte(strings.ReplaceAll(strings.Join(mutilated, "\n"), "odd.c", "odd"+suffix)))
		}
	}
}
