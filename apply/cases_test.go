// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

const (
	commitA = "1111111111111111111111111111111111111111"
	commitB = "2222222222222222222222222222222222222222"
)

// caseFiles is the tree that the patches of gitCases apply to.
func caseFiles() files {
	return files{
		"a":        text("1\n2\n3\n4\n5\n"),
		"dir/b":    text("b\n"),
		"empty":    text(""),
		"noeol":    text("x\ny"),
		"crlf":     text("one\r\ntwo\r\nthree\r\n"),
		"run":      {filemode.Executable, "#!/bin/sh\n"},
		"link":     {filemode.Symlink, "a"},
		"dirlink":  {filemode.Symlink, "dir"},
		"sub":      {filemode.Submodule, commitA},
		"with sp":  text("s\n"),
		"tab\tq\"": text("t\n"),
		"same":     text("l\nl\nl\nl\nl\nl\nl\nl\nl\n"),
	}
}

// gitCases are patches whose verdict is git's, whatever it is.
var gitCases = map[string]string{
	"modify":            "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,5 +1,5 @@\n 1\n 2\n-3\n+three\n 4\n 5\n",
	"new":               "diff --git a/n b/n\nnew file mode 100644\nindex 0000000..1234567\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+n\n",
	"new over old":      "diff --git a/a b/a\nnew file mode 100644\n--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+n\n",
	"new empty":         "diff --git a/n b/n\nnew file mode 100755\nindex 0000000..e69de29\n",
	"new in dir":        "diff --git a/x/y/n b/x/y/n\nnew file mode 100755\n--- /dev/null\n+++ b/x/y/n\n@@ -0,0 +1 @@\n+n\n",
	"new odd mode":      "diff --git a/n b/n\nnew file mode 100600\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+n\n",
	"new below file":    "diff --git a/a/n b/a/n\nnew file mode 100644\n--- /dev/null\n+++ b/a/n\n@@ -0,0 +1 @@\n+n\n",
	"new on dir":        "diff --git a/dir b/dir\nnew file mode 100644\n--- /dev/null\n+++ b/dir\n@@ -0,0 +1 @@\n+n\n",
	"new with old":      "diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -1 +1,2 @@\n n\n+m\n",
	"delete":            "diff --git a/dir/b b/dir/b\ndeleted file mode 100644\n--- a/dir/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n",
	"delete part":       "diff --git a/a b/a\ndeleted file mode 100644\n--- a/a\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-1\n-2\n",
	"delete empty":      "diff --git a/empty b/empty\ndeleted file mode 100644\nindex e69de29..0000000\n",
	"delete missing":    "diff --git a/zz b/zz\ndeleted file mode 100644\n--- a/zz\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n",
	"delete with new":   "diff --git a/a b/a\ndeleted file mode 100644\n--- a/a\n+++ /dev/null\n@@ -1 +1 @@\n-1\n+2\n",
	"dir to file":       "diff --git a/dir/b b/dir/b\ndeleted file mode 100644\n--- a/dir/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\ndiff --git a/dir b/dir\nnew file mode 100644\n--- /dev/null\n+++ b/dir\n@@ -0,0 +1 @@\n+f\n",
	"file to dir":       "diff --git a/a/n b/a/n\nnew file mode 100644\n--- /dev/null\n+++ b/a/n\n@@ -0,0 +1 @@\n+n\ndiff --git a/a b/a\ndeleted file mode 100644\n--- a/a\n+++ /dev/null\n@@ -1,5 +0,0 @@\n-1\n-2\n-3\n-4\n-5\n",
	"rename":            "diff --git a/a b/z\nsimilarity index 100%\nrename from a\nrename to z\n",
	"rename edit":       "diff --git a/a b/z\nsimilarity index 80%\nrename from a\nrename to z\n--- a/a\n+++ b/z\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"rename on file":    "diff --git a/a b/dir/b\nsimilarity index 100%\nrename from a\nrename to dir/b\n",
	"rename on dir":     "diff --git a/a b/dir\nsimilarity index 100%\nrename from a\nrename to dir\n",
	"rename missing":    "diff --git a/q b/z\nsimilarity index 100%\nrename from q\nrename to z\n",
	"rename old new":    "diff --git a/a b/z\nsimilarity index 100%\nrename old a\nrename new z\n",
	"rename half":       "diff --git a/a b/z\nsimilarity index 100%\nrename from a\n",
	"swap":              "diff --git a/a b/dir/b\nsimilarity index 100%\nrename from a\nrename to dir/b\ndiff --git a/dir/b b/a\nsimilarity index 100%\nrename from dir/b\nrename to a\n",
	"copy":              "diff --git a/a b/z\nsimilarity index 100%\ncopy from a\ncopy to z\n",
	"copy after edit":   "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\ndiff --git a/a b/z\ncopy from a\ncopy to z\n",
	"copy and rename":   "diff --git a/a b/z\nrename from a\nrename to z\ncopy from a\n",
	"twice":             "--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-two\n+zwei\n 3\n",
	"twice git":         "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-two\n+zwei\n 3\n",
	"edit renamed":      "diff --git a/a b/z\nrename from a\nrename to z\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"edit new name":     "diff --git a/a b/z\nrename from a\nrename to z\ndiff --git a/z b/z\n--- a/z\n+++ b/z\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"edit deleted":      "diff --git a/dir/b b/dir/b\ndeleted file mode 100644\n--- a/dir/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\ndiff --git a/dir/b b/dir/b\n--- a/dir/b\n+++ b/dir/b\n@@ -1 +1 @@\n-b\n+c\n",
	"make delete":       "diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+n\ndiff --git a/n b/n\ndeleted file mode 100644\n--- a/n\n+++ /dev/null\n@@ -1 +0,0 @@\n-n\n",
	"make twice":        "diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+n\ndiff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+m\n",
	"mode":              "diff --git a/a b/a\nold mode 100644\nnew mode 100755\n",
	"mode same":         "diff --git a/a b/a\nold mode 100644\nnew mode 100644\n",
	"mode wrong old":    "diff --git a/a b/a\nold mode 100755\nnew mode 100644\n",
	"mode to link":      "diff --git a/a b/a\nold mode 100644\nnew mode 120000\n",
	"mode bad":          "diff --git a/a b/a\nold mode 100644\nnew mode 10075x\n",
	"exec edit":         "diff --git a/run b/run\nindex 1234567..89abcde 100755\n--- a/run\n+++ b/run\n@@ -1 +1,2 @@\n #!/bin/sh\n+true\n",
	"link":              "diff --git a/link b/link\nindex 1234567..89abcde 120000\n--- a/link\n+++ b/link\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+dir/b\n\\ No newline at end of file\n",
	"link as file":      "diff --git a/link b/link\nindex 1234567..89abcde 100644\n--- a/link\n+++ b/link\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+dir/b\n\\ No newline at end of file\n",
	"new link":          "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n",
	"link to file":      "diff --git a/link b/link\ndeleted file mode 120000\n--- a/link\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n\\ No newline at end of file\ndiff --git a/link b/link\nnew file mode 100644\n--- /dev/null\n+++ b/link\n@@ -0,0 +1 @@\n+file\n",
	"link to dir":       "diff --git a/link b/link\ndeleted file mode 120000\n--- a/link\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n\\ No newline at end of file\ndiff --git a/link/f b/link/f\nnew file mode 100644\n--- /dev/null\n+++ b/link/f\n@@ -0,0 +1 @@\n+file\n",
	"through link":      "diff --git a/dirlink/b b/dirlink/b\n--- a/dirlink/b\n+++ b/dirlink/b\n@@ -1 +1 @@\n-b\n+c\n",
	"new through link":  "diff --git a/dirlink/n b/dirlink/n\nnew file mode 100644\n--- /dev/null\n+++ b/dirlink/n\n@@ -0,0 +1 @@\n+n\n",
	"through new link":  "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+dir\n\\ No newline at end of file\ndiff --git a/l/n b/l/n\nnew file mode 100644\n--- /dev/null\n+++ b/l/n\n@@ -0,0 +1 @@\n+n\n",
	"submodule":         "diff --git a/sub b/sub\nindex 1111111..2222222 160000\n--- a/sub\n+++ b/sub\n@@ -1 +1 @@\n-Subproject commit " + commitA + "\n+Subproject commit " + commitB + "\n",
	"submodule stale":   "diff --git a/sub b/sub\nindex 1111111..2222222 160000\n--- a/sub\n+++ b/sub\n@@ -1 +1 @@\n-Subproject commit " + commitB + "\n+Subproject commit " + commitA + "\n",
	"submodule new":     "diff --git a/s2 b/s2\nnew file mode 160000\n--- /dev/null\n+++ b/s2\n@@ -0,0 +1 @@\n+Subproject commit " + commitB + "\n",
	"submodule bad":     "diff --git a/s2 b/s2\nnew file mode 160000\n--- /dev/null\n+++ b/s2\n@@ -0,0 +1 @@\n+Subproject commit 12\n",
	"submodule gone":    "diff --git a/sub b/sub\ndeleted file mode 160000\n--- a/sub\n+++ /dev/null\n@@ -1 +0,0 @@\n-Subproject commit " + commitA + "\n",
	"noeol keep":        "diff --git a/noeol b/noeol\n--- a/noeol\n+++ b/noeol\n@@ -1,2 +1,2 @@\n-x\n+z\n y\n\\ No newline at end of file\n",
	"noeol mend":        "diff --git a/noeol b/noeol\n--- a/noeol\n+++ b/noeol\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+y\n",
	"noeol missing":     "diff --git a/noeol b/noeol\n--- a/noeol\n+++ b/noeol\n@@ -1,2 +1,2 @@\n-x\n+z\n y\n",
	"noeol cut":         "diff --git a/noeol b/noeol\n--- a/noeol\n+++ b/noeol\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+z\n\\ No newl\n",
	"noeol cut early":   "diff --git a/noeol b/noeol\n--- a/noeol\n+++ b/noeol\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+z\n\\",
	"noeol cut late":    "diff --git a/noeol b/noeol\n--- a/noeol\n+++ b/noeol\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+z\n\\ No newline at",
	"noeol invented":    "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n-1\n+z\n 2\n 3\n\\ No newline at end of file\n",
	"noeol other lang":  "diff --git a/noeol b/noeol\n--- a/noeol\n+++ b/noeol\n@@ -1,2 +1,2 @@\n x\n-y\n\\ Kein Zeilenumbruch\n+y\n",
	"crlf":              "diff --git a/crlf b/crlf\n--- a/crlf\n+++ b/crlf\n@@ -1,3 +1,3 @@\n one\r\n-two\r\n+2\r\n three\r\n",
	"crlf lost":         "diff --git a/crlf b/crlf\n--- a/crlf\n+++ b/crlf\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n",
	"crlf all":          "diff --git a/a b/a\r\n--- a/a\r\n+++ b/a\r\n@@ -1,3 +1,3 @@\r\n 1\r\n-2\r\n+two\r\n 3\r\n",
	"spaces in name":    "diff --git a/with sp b/with sp\n--- a/with sp\t\n+++ b/with sp\t\n@@ -1 +1 @@\n-s\n+S\n",
	"mode with space":   "diff --git a/with sp b/with sp\nold mode 100644\nnew mode 100755\n",
	"quoted":            "diff --git \"a/tab\\tq\\\"\" \"b/tab\\tq\\\"\"\n--- \"a/tab\\tq\\\"\"\n+++ \"b/tab\\tq\\\"\"\n@@ -1 +1 @@\n-t\n+T\n",
	"quoted mode":       "diff --git \"a/tab\\tq\\\"\" \"b/tab\\tq\\\"\"\nold mode 100644\nnew mode 100755\n",
	"quoted octal":      "diff --git \"a/\\303\\244\" \"b/\\303\\244\"\nnew file mode 100644\n--- /dev/null\n+++ \"b/\\303\\244\"\n@@ -0,0 +1 @@\n+n\n",
	"quoted bad":        "diff --git \"a/\\9\" \"b/\\9\"\nnew file mode 100644\n",
	"quoted backslash":  "diff --git \"a/n\\\\\" \"b/n\\\\\"\nnew file mode 100644\n",
	"half quoted":       "diff --git \"a/n m\" b/n m\nnew file mode 100644\n",
	"no prefix git":     "diff --git a a\n--- a\n+++ a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"no prefix":         "--- a\n+++ a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"then prefix":       "--- a\n+++ a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n--- dir/b\n+++ dir/b\n@@ -1 +1 @@\n-b\n+c\n",
	"orig name":         "--- x/a.orig\n+++ x/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"new orig name":     "--- x/a\n+++ x/a~\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"timestamps":        "--- x/a\t2010-07-05 19:41:17.620000023 -0500\n+++ x/a\t2010-07-05 19:42:17 -0500\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"epoch new":         "--- x/n\t1970-01-01 00:00:00.000000000 +0000\n+++ x/n\t2010-07-05 19:42:17 -0500\n@@ -0,0 +1 @@\n+n\n",
	"epoch delete":      "--- x/dir/b\t2010-07-05 19:42:17 -0500\n+++ x/dir/b\t1969-12-31 19:00:00 -0500\n@@ -1 +0,0 @@\n-b\n",
	"plain new":         "--- x/n\n+++ x/n\n@@ -0,0 +1 @@\n+n\n",
	"plain to empty":    "--- x/empty\n+++ x/empty\n@@ -0,0 +1 @@\n+n\n",
	"plain new devnull": "--- /dev/null\n+++ x/n\n@@ -0,0 +1 @@\n+n\n",
	"plain emptied":     "--- x/dir/b\n+++ x/dir/b\n@@ -1 +0,0 @@\n-b\n",
	"plain del devnull": "--- x/dir/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n",
	"zero context":      "--- a/a\n+++ b/a\n@@ -3 +3 @@\n-3\n+three\n",
	"zero add":          "--- a/a\n+++ b/a\n@@ -3,0 +4 @@\n+three\n",
	"zero add end":      "--- a/a\n+++ b/a\n@@ -5,0 +6 @@\n+six\n",
	"begin anchor":      "--- a/a\n+++ b/a\n@@ -1,3 +1,4 @@\n+0\n 2\n 3\n 4\n",
	"offset same":       "--- a/same\n+++ b/same\n@@ -5,3 +5,4 @@\n l\n+x\n l\n l\n",
	"end anchor":        "--- a/same\n+++ b/same\n@@ -3,3 +3,4 @@\n l\n l\n l\n+x\n",
	"two hunks":         "--- a/same\n+++ b/same\n@@ -2,3 +2,4 @@\n l\n+x\n l\n l\n@@ -3,3 +4,4 @@\n l\n l\n+y\n l\n",
	"hunks backwards":   "--- a/same\n+++ b/same\n@@ -6,2 +6,3 @@\n l\n+x\n l\n@@ -2,2 +2,3 @@\n l\n+y\n l\n",
	"empty context":     "--- a/n\n+++ b/n\n@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n",
	"count wrong":       "--- a/a\n+++ b/a\n@@ -1,4 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"count short":       "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n 1\n-2\n+two\n 3\n",
	"no change":         "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n 1\n 2\n",
	"plus number":       "--- a/a\n+++ b/a\n@@ -+1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"garbage":           "hello\nworld\n",
	"only header":       "diff --git a/a b/a\n",
	"header garbage":    "diff --git a/a b/a\nindex 1234567..89abcde 100644\n",
	"text around":       "hello\n---\n a | 2 +-\n\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n-- \n2.39\n\n",
	"lone hunk":         "@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"cut":               "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3",
	"names differ":      "diff --git a/a b/a\n--- a/a\n+++ b/z\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"mixed names":       "diff --git a/a b/a\nindex 1..2\nold mode 100644\nnew mode 100755\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"null mismatch":     "diff --git a/a b/a\nnew file mode 100644\n--- a/a\n+++ b/a\n@@ -0,0 +1 @@\n+n\n",
	"absolute":          "--- /tmp/a\n+++ /tmp/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	"double slash":      "--- a//dir//b\n+++ a//dir//b\n@@ -1 +1 @@\n-b\n+c\n",
	"dot slash":         "--- a/./dir/b\n+++ a/./dir/b\n@@ -1 +1 @@\n-b\n+c\n",
	"binary no data":    "diff --git a/a b/a\nindex 1234567..89abcde 100644\nBinary files a/a and b/a differ\n",
	"binary short":      "diff --git a/a b/a\nindex 1234567..89abcde 100644\nGIT binary patch\nliteral 3\nKcmZQzWMT#Y01f~L\n\n",
	"binary corrupt":    "diff --git a/a b/a\nindex 1234567..89abcde 100644\nGIT binary patch\nliteral 3\nKcmZQ\n\n",
}

// TestGitCases compares verdict and bytes with git apply, without -short also in reverse and with --unidiff-zero.
func TestGitCases(t *testing.T) {
	o := newOracle(t)
	f := caseFiles()
	for name, patch := range gitCases {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			runtest.OneIn(t, 2)
			o.tb = t
			compare(t, o, f, patch, nil)
			if !testing.Short() {
				compare(t, o, f, patch, &Options{UnidiffZero: true}, "--unidiff-zero")
				compare(t, o, f, patch, &Options{Reverse: true}, "-R")
			}
		})
	}
}
