// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

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
		c := ruleCase{place: tc.file, text: tc.lines}
		mail, _ := c.patch()
		patch := []byte(mail)
		for newer, script := range map[bool]string{false: "", true: tc.newer} {
			fires := slices.Contains(foundIn(NewChecker(&Options{Strict: true, Tree: tree(script)}).Patch("a.patch", patch)), tc.typ)
			if want := newer != tc.oldFires; fires != want && tc.typ != "AVOID_BUG" {
				t.Errorf("%s, newer %v: fires %v in\n%s", tc.typ, newer, fires, tc.lines)
			}
		}
	}
	// What is gone from the newest script is looked for where the tree's script has it.
	for typ, c := range map[string]*ruleCase{
		"DEPRECATED_VARIABLE":            {place: "lib/Makefile", text: "EXTRA_CFLAGS += -O3"},
		"NETWORKING_BLOCK_COMMENT_STYLE": {place: "net/core/dev.c", text: "\t/*\n\t * text\n\t */"},
	} {
		mail, _ := c.patch()
		patch := []byte(mail)
		if !slices.Contains(foundIn(NewChecker(&Options{Tree: tree("")}).Patch("a.patch", patch)), typ) {
			t.Errorf("%s does not fire", typ)
		}
		if slices.Contains(foundIn(NewChecker(nil).Patch("a.patch", patch)), typ) {
			t.Errorf("%s fires without a script that has it", typ)
		}
	}
}
