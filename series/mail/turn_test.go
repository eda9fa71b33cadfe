// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"testing"
)

// turnedDiff goes from the new files to the old ones, with names that patch -p2 takes.
const turnedDiff = `Words of the author.
--- no header of a file
diff --git x/orig/security/lsm.c x/new/security/lsm.c
index 1111111..2222222 100644
--- x/orig/security/lsm.c
+++ x/new/security/lsm.c
@@ -1,3 +1,4 @@ int f(void)
 one
-two
+zwei
+-- three
 four
\ No newline at end of file
diff --git x/orig/new.c x/new/new.c
new file mode 100644
--- /dev/null
+++ x/new/new.c	2026-01-01 00:00:00
@@ -0,0 +1 @@
+new
diff --git x/orig/a b.c x/new/c.c
old mode 100644
new mode 100755
rename from orig/a b.c
rename to new/c.c
--- "x/orig/t\tab.c"
+++ "x/new/t\tab.c"
@@ -1 +1 @@
-1
\ No newline at end of file
+2
-- 
2.39
`

const straightDiff = `Words of the author.
--- no header of a file
diff --git a/security/lsm.c b/security/lsm.c
index 2222222..1111111 100644
--- a/security/lsm.c
+++ b/security/lsm.c
@@ -1,4 +1,3 @@ int f(void)
 one
-zwei
--- three
+two
 four
\ No newline at end of file
diff --git a/new.c b/new.c
deleted file mode 100644
--- a/new.c	2026-01-01 00:00:00
+++ /dev/null
@@ -1 +0,0 @@
-new
diff --git x/orig/a b.c x/new/c.c
new mode 100644
old mode 100755
rename to a b.c
rename from c.c
--- "a/t\tab.c"
+++ "b/t\tab.c"
@@ -1 +1 @@
-2
+1
\ No newline at end of file
-- 
2.39
`

// TestTurn: what a series file says of a patch counts. Its names were taken as git's, and its lines as they stood.
func TestTurn(t *testing.T) {
	got := Turn{Extra: 1, Reverse: true}.Diff([]byte(turnedDiff))
	if string(got) != straightDiff {
		t.Errorf("got\n%s", got)
	}
	if same := (Turn{}).Diff([]byte(turnedDiff)); string(same) != turnedDiff {
		t.Errorf("without options it changed:\n%s", same)
	}
	short := Turn{Extra: 1}.Diff([]byte("--- lsm.c.orig\n+++ linux/security/lsm.c\n@@ -1 +1 @@\n-a\n+b\n"))
	if want := "--- a/lsm.c\n+++ b/lsm.c\n"; !bytes.HasPrefix(short, []byte(want)) {
		t.Errorf("of names of which one is too short for -p2 the other counts: %s", short)
	}
	none := Turn{Extra: -1}.Diff([]byte("--- lsm.c\n+++ lsm.c\n@@ -1 +1 @@\n-a\n+b\n"))
	if want := "--- a/lsm.c\n+++ b/lsm.c\n"; !bytes.HasPrefix(none, []byte(want)) {
		t.Errorf("-p0: %s", none)
	}
}

// FuzzTurn turns anything: no line is lost.
func FuzzTurn(f *testing.F) {
	f.Add([]byte(turnedDiff))
	f.Add([]byte(straightDiff))
	f.Add([]byte("GIT binary patch\nliteral 1\nIcmZ\n\nliteral 0\nHcmV\n\n"))
	f.Fuzz(func(t *testing.T, diff []byte) {
		turn := Turn{Extra: -1, Reverse: true}
		once := turn.Diff(append(diff, '\n'))
		if bytes.Count(once, []byte("\n")) != bytes.Count(diff, []byte("\n"))+1 {
			t.Errorf("lines were lost:\n%q\n%q", diff, once)
		}
	})
}
