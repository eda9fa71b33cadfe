// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/explain"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lists"
)

// exampleTree is what the examples need of a tree.
var exampleTree = fstest.MapFS{
	"MAINTAINERS":                               {Data: []byte("OLD THING\nS:\tObsolete\nF:\tdrivers/old/\n")},
	"drivers/old/a.c":                           {Data: []byte("int a;\n")},
	"kernel/fork.c":                             {Data: []byte("int fork;\n")},
	"include/linux/io.h":                        {Data: []byte("#include <asm/io.h>\n")},
	"include/linux/div.h":                       {Data: []byte("#include <asm/div.h>\n")},
	"scripts/spelling.txt":                      {Data: []byte("teh||the\nrecieve||receive\n")},
	"arch/x86/include/asm/io.h":                 {Data: []byte("")},
	"scripts/const_structs.checkpatch":          {Data: []byte("file_operations\n")},
	lists.BindingsDir + "/vendor-prefixes.yaml": {Data: []byte("  \"^acme,.*\":\n    description: Acme\n")},
	lists.BindingsDir + "/thing.yaml":           {Data: []byte("compatible:\n  const: acme,thing\n")},
}

// asInput makes a patch around an example.
func asInput(e *explain.Explanation) string {
	const message = "Change it, for this test of an example.\n"
	const signed = "\nSigned-off-by: A Person <person@example.org>\n"
	head := "From: A Person <person@example.org>\nSubject: [PATCH] lib: change it\n\n"
	diff := func(name, text string) string {
		lines := strings.Split(text, "\n")
		return fmt.Sprintf("diff --git a/%s b/%s\n--- a/%s\n+++ b/%s\n@@ -10,2 +10,%d @@ int before;\n \n+%s\n \n",
			name, name, name, name, 2+len(lines), strings.Join(lines, "\n+"))
	}
	switch place := e.Place(); place {
	case explain.InPatch:
		return e.Example + "\n"
	case explain.InMessage:
		return head + message + "\n" + e.Example + "\n" + signed + "---\n" + diff("lib/a.c", "int a;")
	case explain.InDiff:
		return head + message + signed + "---\n" + e.Example + "\n"
	case explain.InNothing:
		return head + message + signed + "---\n" + diff("lib/a.c", e.Example)
	default:
		return head + message + signed + "---\n" + diff(place, e.Example)
	}
}

// foundIn returns the types of what was found, without the prefix of their names.
func foundIn(r *Result) []string {
	var types []string
	for _, f := range r.Findings(1) {
		types = append(types, strings.TrimPrefix(f.Check, "checkpatch/"))
	}
	return types
}

// TestExamples: each type has an example, and the example is found.
func TestExamples(t *testing.T) {
	commits := func(abbrev string) (id, subject string, known bool) {
		return "1234567" + strings.Repeat("0", 33), "a title", abbrev == "1234567"
	}
	// The comments of C99 are found by those who do not tolerate them.
	c := NewChecker(&Options{Strict: true, Tree: exampleTree, Commits: commits, Ignore: []string{"C99_COMMENT_TOLERANCE"}})
	for typ, e := range explain.All() {
		if e.Why == "" || e.Example == "" || e.Document == "" {
			t.Errorf("%s lacks something to say: %+v", typ, e)
			continue
		}
		input := asInput(&e)
		types := foundIn(c.Patch("a.patch", []byte(input)))
		if slices.Contains(types, typ) != (e.In != explain.InNothing) {
			t.Errorf("%s: in its example %v were found:\n%s", typ, types, input)
		}
	}
}

// TestExplain says what there is to say, or that there is no such type.
func TestExplain(t *testing.T) {
	for typ, want := range map[string]string{
		"checkpatch/if_0": "IF_0: code that is never compiled is better removed.\n\n" +
			"Found in, for example, lib/example.c:\n\n    #if 0\n\n" +
			"See Documentation/process/coding-style.rst of the tree. The name of the type is that of scripts/checkpatch.pl.\n",
		"COMMIT_COMMENT_SYMBOL": "Found in, for example, a commit message:",
		"TEST_TYPE":             "not the check at present",
	} {
		if text, err := Explain(typ); err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: %q, %v", typ, text, err)
		}
	}
	if _, err := Explain("NO_SUCH_TYPE"); err == nil {
		t.Error("a type that is not there is explained")
	}
}
