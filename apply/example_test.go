// SPDX-License-Identifier: GPL-2.0-only

package apply_test

import (
	"context"
	"fmt"
	"io/fs"
	"log"
	"os"
	"strings"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/series"
)

const onePatch = `From: A U Thor <author@example.org>
Date: Tue, 24 Nov 2026 22:01:00 +0000
Subject: [PATCH] hello: greet the world

Signed-off-by: A U Thor <author@example.org>
---
--- a/hello.c
+++ b/hello.c
@@ -2,3 +2,3 @@
 int main(void) {
-	puts("hello");
+	puts("hello, world");
 }
`

// A series is put on a tree in memory, which is what checks do.
func ExampleOverlay() {
	sets, err := series.Read(strings.NewReader(onePatch), "greet.patch", nil)
	if err != nil {
		log.Fatal(err)
	}
	before := fstest.MapFS{"hello.c": {Data: []byte("#include <stdio.h>\n\nint main(void) {\n\tputs(\"hello\");\n}\n")}}
	after, result, err := apply.Overlay(before, sets[0], nil)
	if err != nil {
		log.Fatal(err)
	}
	hunk := result.Patches[0].Files[0].Hunks[0]
	fmt.Printf("went in at line %d, moved by %d\n", hunk.Line, hunk.Offset)
	text, err := fs.ReadFile(after, "hello.c")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(text))
	// Output:
	// went in at line 3, moved by 1
	// #include <stdio.h>
	//
	// int main(void) {
	// 	puts("hello, world");
	// }
}

// A patch that does not fit is no error. It is described, and what is there is shown beside what
// the patch expects.
func ExampleOverlay_conflict() {
	sets, err := series.Read(strings.NewReader(onePatch), "greet.patch", nil)
	if err != nil {
		log.Fatal(err)
	}
	before := fstest.MapFS{"hello.c": {Data: []byte("int main(void) {\n\tputs(\"goodbye\");\n}\n")}}
	_, result, err := apply.Overlay(before, sets[0], nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range result.Conflicts {
		fmt.Printf("patch %d: %s:%d: %s\n%s", c.Patch, c.File, c.Line, c.Kind, c.Excerpt())
	}
	// Output:
	// patch 1: hello.c:2: hunk
	//       the patch expects              |       the tree has
	//     2 int main(void) {               |     1 int main(void) {
	//     3 »       puts("hello");         !     2 »       puts("goodbye");
	//                     ^^^^^            |                     ^^^^^^^
	//     4 }                              |     3 }
}

// The folder may be a git repository, where each patch becomes a commit, or a plain folder as here.
func ExampleSeries() {
	dir, err := os.MkdirTemp("", "tree")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	name := dir + "/hello.c"
	if err := os.WriteFile(name, []byte("int main(void) {\n\tputs(\"hello\");\n}\n"), 0o666); err != nil {
		log.Fatal(err)
	}
	sets, err := series.Read(strings.NewReader(onePatch), "greet.patch", nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := apply.Series(context.Background(), dir, sets[0], nil); err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(text))
	// Output:
	// int main(void) {
	// 	puts("hello, world");
	// }
}
