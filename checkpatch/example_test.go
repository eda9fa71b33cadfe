// SPDX-License-Identifier: GPL-2.0-only

package checkpatch_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

// mail is a patch as the list sees it.
const mail = `From: A Person <person@example.org>
Subject: [PATCH] lib: count in b

Count what is in b, which nobody did before.

Signed-off-by: A Person <person@example.org>
---
diff --git a/lib/a.c b/lib/a.c
--- a/lib/a.c
+++ b/lib/a.c
@@ -1,2 +1,3 @@
 int a;
+int b=1;
 int c;
`

// A series is checked as a whole; without a tree the lists of the newest kernel count.
func ExampleCheck() {
	set := &patchset.Set{Patches: []*patchset.Patch{{Index: 1, Mail: patchset.Mail{Raw: []byte(mail)}}}}
	findings, err := checkpatch.Check(context.Background(), set, nil)
	if err != nil {
		fmt.Println(err)
	}
	for _, f := range findings {
		fmt.Printf("patch %d: %s: %s [%s]\n", f.Patch, f.Severity, f.Message, f.Check)
	}
	// Output:
	// patch 0: note: there is no tree to read: rules and lists are those of Linux 7.3 [checkpatch/no-tree]
	// patch 1: error: spaces belong around "=" [checkpatch/SPACING]
}

// A driver of checks runs checkpatch as one of them.
func ExampleNewCheck() {
	set := &patchset.Set{Patches: []*patchset.Patch{{Index: 1, Mail: patchset.Mail{Raw: []byte(mail)}}}}
	style := checkpatch.NewCheck(&checkpatch.Options{Types: []string{"SPACING"}})
	findings, err := check.Run(&check.View{Set: set}, []*check.Check{style})
	if err != nil {
		fmt.Println(err)
	}
	for _, f := range findings {
		if f.Patch > 0 {
			fmt.Printf("%s:%d: %s\n", f.File, f.Line, f.Message)
		}
	}
	// Output: lib/a.c:2: spaces belong around "="
}

// A Checker reads its tree once, and checks many inputs.
func ExampleChecker_Patch() {
	c := checkpatch.NewChecker(nil)
	for _, f := range c.Patch("a.patch", []byte(mail)).Findings(1) {
		fmt.Println(f.Check, f.File, f.Line)
	}
	// Output: checkpatch/SPACING lib/a.c 2
}

// A file is checked as if all of it were new.
func ExampleChecker_File() {
	c := checkpatch.NewChecker(&checkpatch.Options{Strict: true})
	source := "// SPDX-License-Identifier: GPL-2.0-only\nint get(void)\n{\n\tif (p == NULL)\n\t\treturn 0;\n\treturn 1;\n}\n"
	for _, f := range c.File("lib/a.c", []byte(source)).Findings(0) {
		fmt.Println(f.Line, f.Message)
	}
	// Output: 4 write the comparison as "!p"
}

// Render writes as the script does, for what reads its output.
func ExampleRender() {
	r := checkpatch.NewChecker(nil).Patch("a.patch", []byte(mail))
	clean, err := checkpatch.Render(os.Stdout, []*checkpatch.Result{r}, checkpatch.Style{Terse: true, ShowTypes: true})
	fmt.Println(clean, err)
	// Output:
	// a.patch:13: ERROR:SPACING: spaces belong around "="
	// total: 1 errors, 0 warnings, 3 lines checked
	// false <nil>
}

// What can be fixed is.
func ExampleResult() {
	r := checkpatch.NewChecker(&checkpatch.Options{Fix: true}).Patch("a.patch", []byte(mail))
	for line := range strings.Lines(string(r.Fixed)) {
		if strings.HasPrefix(line, "+int") {
			fmt.Print(line)
		}
	}
	// Output: +int b = 1;
}

// Each type of finding has an explanation.
func ExampleExplain() {
	text, err := checkpatch.Explain("IF_0")
	first, _, _ := strings.Cut(text, "\n")
	fmt.Println(first, err)
	// Output: IF_0: code that is never compiled is better removed. <nil>
}
