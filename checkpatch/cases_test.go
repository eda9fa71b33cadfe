// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A ruleCase is a fixture of testdata/cases: lines in which a rule fires, and lines in which it does not.
type ruleCase struct {
	typ string
	// file is what the lines are added to, "message" for the text of the mail.
	file      string
	ignore    string
	bad, good string
}

// readCases reads a file of cases: a line "== TYPE [FILE] [-ignore=TYPE]", bad lines, a line "--", good ones.
func readCases(t *testing.T, name string) []ruleCase {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var cases []ruleCase
	for _, part := range strings.Split(string(text), "\n== ")[1:] {
		head, lines, _ := strings.Cut(part, "\n")
		bad, good, ok := strings.Cut("\n"+lines, "\n--\n")
		if !ok {
			t.Fatalf("%s: %s has no good lines", name, head)
		}
		words := strings.Fields(head)
		c := ruleCase{typ: words[0], file: "lib/a.c", bad: strings.TrimPrefix(bad, "\n"), good: strings.TrimRight(good, "\n")}
		for _, w := range words[1:] {
			if ignore, ok := strings.CutPrefix(w, "-ignore="); ok {
				c.ignore = ignore
			} else {
				c.file = w
			}
		}
		cases = append(cases, c)
	}
	return cases
}

// patch makes a mail that has the lines where the case wants them.
func (c *ruleCase) patch(lines string) string {
	message, name := "Change it, since it was not right.", c.file
	if c.file == "message" {
		message, name, lines = message+"\n\n"+lines, "lib/a.c", "int a;"
	}
	added := strings.Split(lines, "\n")
	return fmt.Sprintf("From: A <a@example.org>\nSubject: [PATCH] lib: change it\n\n%s\n\nSigned-off-by: A <a@example.org>\n---\n"+
		"diff --git a/%[2]s b/%[2]s\n--- a/%[2]s\n+++ b/%[2]s\n@@ -10,2 +10,%[3]d @@\n \n+%[4]s\n \n", message, name, 2+len(added), strings.Join(added, "\n+"))
}

// TestCases: each rule fires where it should, and not on what it asks for.
func TestCases(t *testing.T) {
	names, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		for _, tc := range readCases(t, name) {
			c := NewChecker(&Options{Strict: true, Ignore: []string{tc.ignore}})
			if tc.bad != "" && !slices.Contains(foundIn(c.Patch("a.patch", []byte(tc.patch(tc.bad)))), tc.typ) {
				t.Errorf("%s: %s does not fire in\n%s", name, tc.typ, tc.bad)
			}
			if slices.Contains(foundIn(c.Patch("a.patch", []byte(tc.patch(tc.good)))), tc.typ) {
				t.Errorf("%s: %s fires in\n%s", name, tc.typ, tc.good)
			}
		}
	}
}

// TestEditions: rules that older kernels have otherwise go by the tree's own script. The scripts here are no more than the
// texts by which a script is known to have, or not to have, what is new; so the native engine is told to judge.
func TestEditions(t *testing.T) {
	const types = `WARN("LONG_LINE", "a"); ERROR("SPACING", "a"); WARN("BAD_FIXES_TAG", ""); WARN("STRCPY", ""); WARN("LINE_SPACING", ""); ` +
		`WARN("CAMELCASE", ""); WARN("MACRO_ARG_UNUSED", ""); WARN("RCU_TASKS_TRACE", ""); WARN("VSPRINTF_POINTER_EXTENSION", ""); ` +
		`WARN("DEPRECATED_VARIABLE", ""); WARN("NETWORKING_BLOCK_COMMENT_STYLE", ""); WARN("AVOID_BUG", ""); ` +
		`WARN("BAD_REPORTED_BY_LINK", ""); WARN("ALLOC_ARRAY_ARGS", ""); WARN("COMMIT_LOG_LONG_LINE", ""); WARN("EMBEDDED_FILENAME", "");`
	tree := func(script string) fstest.MapFS {
		return fstest.MapFS{"scripts/checkpatch.pl": {Data: []byte("#!/usr/bin/env perl\n" + types + script)}}
	}
	for _, tc := range []struct {
		typ, file, lines string
		newer            string // what a script with the feature says
		oldFires         bool   // whether it is the old rule that fires, or the new one
	}{
		{"BAD_FIXES_TAG", "message", "Fixes: 0123456789abcd (\"a title\")", `[0-9a-f]{12,40}$/i); ^\s*(fixes:?)\s*(?:commit\s*)?([0-9a-f]{5,40})(?:\s*($balanced_parens))?`, true},
		{"BAD_REPORTED_BY_LINK", "message", "Reported-by: B <b@example.org>\nLink: https://example.org/1", `!~ /^(closes|link):\s*/i`, true},
		{"COMMIT_LOG_LONG_LINE", "message", "https://example.org/" + strings.Repeat("long/", 20), `^\s*(?:Fixes:|https?:|`, true},
		{"STRCPY", "tools/a.c", "\tstrcpy(a, b);", `/\bstrcpy\s*\(/ && !is_userspace`, true},
		{"LINE_SPACING", "lib/a.c", "}\nNOKPROBE_SYMBOL(a);", `^\+\s*NOKPROBE_SYMBOL`, true},
		{"LINE_SPACING", "lib/a.c", "\tint (*fn[4])(void);\n\ta();", `$Declare\s*\(\s*\*\s*$Ident(?:\s*\[`, false},
		{"CAMELCASE", "lib/a.c", "\ta = ETHTOOL_LINK_MODE_100baseT_Full_BIT;", `!~ /^ETHTOOL_LINK_MODE_/`, true},
		{"MACRO_ARG_UNUSED", "lib/a.c", "#define EMPTY(x)", `!~ /\b$arg\b/ && $define_stmt`, true},
		{"RCU_TASKS_TRACE", "lib/a.c", "\trcu_read_lock_tasks_trace();", `rcu_tasks_trace_expedite_current |`, false},
		{"VSPRINTF_POINTER_EXTENSION", "lib/a.c", "\tpr_info(\"%p4cb\\n\", p);", `^c(?:[hlbc]|hR)$`, true},
		{"AVOID_BUG", "lib/a.c", "\tDCCP_BUG(\"a\");", "DCCP_BUG", true},
		{"ALLOC_ARRAY_ARGS", "lib/a.c", "\tp = kvcalloc(sizeof(*p), n, GFP_KERNEL);", `((?:k|kv)?(calloc|malloc_array)(?:_node)?)`, false},
		{"EMBEDDED_FILENAME", "lib/a.c", "/* xlib/a.c */", `/^\+.*\b\Q$realfile\E\b/`, true},
	} {
		c := ruleCase{file: tc.file}
		patch := []byte(c.patch(tc.lines))
		for newer, script := range map[bool]string{false: "", true: tc.newer} {
			fires := slices.Contains(foundIn(NewChecker(&Options{Strict: true, Tree: tree(script)}).Patch("a.patch", patch)), tc.typ)
			if want := newer != tc.oldFires; fires != want && tc.typ != "AVOID_BUG" {
				t.Errorf("%s, newer %v: fires %v in\n%s", tc.typ, newer, fires, tc.lines)
			}
		}
	}
	// What is gone from the newest script is looked for where the tree's script has it.
	for typ, c := range map[string]*ruleCase{
		"DEPRECATED_VARIABLE":            {file: "lib/Makefile", bad: "EXTRA_CFLAGS += -O3"},
		"NETWORKING_BLOCK_COMMENT_STYLE": {file: "net/core/dev.c", bad: "\t/*\n\t * text\n\t */"},
	} {
		patch := []byte(c.patch(c.bad))
		if !slices.Contains(foundIn(NewChecker(&Options{Tree: tree("")}).Patch("a.patch", patch)), typ) {
			t.Errorf("%s does not fire", typ)
		}
		if slices.Contains(foundIn(NewChecker(nil).Patch("a.patch", patch)), typ) {
			t.Errorf("%s fires without a script that has it", typ)
		}
	}
}
