// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"bytes"
	"compress/zlib"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// create returns a patch that makes a file.
func create(name, mode, content string) string {
	end := ""
	if !strings.HasSuffix(content, "\n") {
		end = "\n\\ No newline at end of file\n"
	}
	return fmt.Sprintf("diff --git %s %s\nnew file mode %s\n--- /dev/null\n+++ %s\n@@ -0,0 +1 @@\n+%s%s",
		quotePath("a/"+name), quotePath("b/"+name), mode, quotePath("b/"+name), content, end)
}

// binaryPatch returns a patch that makes of the empty file e what data says.
func binaryPatch(kind string, size uint64, data []byte) string {
	const digits = base85Digits
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write(data)
	z.Close()
	var b strings.Builder
	fmt.Fprintf(&b, "diff --git a/e b/e\nindex e69de29bb2d1d6434b8b29ae775ad8c2e48c5391..%s 100644\nGIT binary patch\n%s %d\n", commitA, kind, size)
	for raw := packed.Bytes(); len(raw) > 0; {
		n := min(len(raw), 52)
		line := append(bytes.Clone(raw[:n]), 0, 0, 0)
		if n <= 26 {
			b.WriteByte(byte('A' + n - 1))
		} else {
			b.WriteByte(byte('a' + n - 27))
		}
		for i := 0; i < n; i += 4 {
			v := uint32(line[i])<<24 | uint32(line[i+1])<<16 | uint32(line[i+2])<<8 | uint32(line[i+3])
			group := make([]byte, 5)
			for j := 4; j >= 0; j-- {
				group[j] = digits[v%85]
				v /= 85
			}
			b.Write(group)
		}
		b.WriteByte('\n')
		raw = raw[n:]
	}
	b.WriteString("\n")
	return b.String()
}

func hostilePatches() map[string]struct {
	kind    string
	patches []string
} {
	type attack = struct {
		kind    string
		patches []string
	}
	attacks := map[string]attack{
		"through a symlink of an earlier patch": {KindSymlink, []string{create("l", "120000", "/tmp"), create("l/x", "100644", "x\n")}},
		"through a symlink of the same patch":   {KindSymlink, []string{create("l", "120000", "..") + create("l/x", "100644", "x\n")}},
		"through a symlink made by a rename": {KindSymlink, []string{create("l", "120000", "/tmp"),
			"diff --git a/l b/m\nsimilarity index 100%\nrename from l\nrename to m\n", create("m/x", "100644", "x\n")}},
		"edit through a symlink of the tree":   {KindMissing, []string{"--- a/out/f\n+++ b/out/f\n@@ -1 +1 @@\n-secret\n+x\n"}},
		"create through a symlink of the tree": {KindSymlink, []string{create("out/f", "100644", "x\n")}},
		// Git am makes a commit of this that no git can read, and ended with 2 here.
		"file with the mode of a folder": {KindType, []string{create("n", "040000", "x\n")}},
		// Nothing was wrong with it until the file was written; git am fails as late.
		"symlink to nothing":          {KindType, []string{"diff --git a/n b/n\nnew file mode 120000\nindex 0000000..e69de29\n"}},
		"submodule list as a symlink": {KindPath, []string{create(".gitmodules", "120000", "x")}},
		"rename over a folder":        {KindBlocked, []string{"diff --git a/e b/dir\nsimilarity index 100%\nrename from e\nrename to dir\n"}},
		"file where a folder is":      {KindBlocked, []string{create("dir", "100644", "x\n")}},
		"folder where a file is":      {KindBlocked, []string{create("e/x", "100644", "x\n")}},
		"rename out of the tree":      {KindPath, []string{"diff --git a/e b/e\nsimilarity index 100%\nrename from e\nrename to ../e\n"}},
		"rename to an absolute path":  {KindPath, []string{"diff --git a/e b/e\nsimilarity index 100%\nrename from e\nrename to /tmp/e\n"}},
		"copy from outside":           {KindPath, []string{"diff --git a/e b/e\nsimilarity index 100%\ncopy from ../../etc/passwd\ncopy to p\n"}},
		"line number that overflows":  {KindOverflow, []string{"--- a/dir/f\n+++ b/dir/f\n@@ -18446744073709551617,1 +1,1 @@\n-f\n+g\n"}},
		"line number of 32 bits":      {KindOverflow, []string{"--- a/dir/f\n+++ b/dir/f\n@@ -1,1 +4294967297,1 @@\n-f\n+g\n"}},
		"line count that overflows":   {KindOverflow, []string{"--- a/dir/f\n+++ b/dir/f\n@@ -1,99999999999999999999 +1 @@\n-f\n+g\n"}},
		"literal of gigabytes":        {KindBomb, []string{binaryPatch("literal", 8<<30, []byte("x"))}},
		"literal longer than it says": {KindCorrupt, []string{binaryPatch("literal", 5, make([]byte, 1<<20))}},
		"delta to gigabytes":          {KindBomb, []string{binaryPatch("delta", 7, []byte{0, 0x80, 0x80, 0x80, 0x80, 0x40, 1})}},
		"delta beyond its base":       {KindBinary, []string{binaryPatch("delta", 5, []byte{0, 4, 0x91, 9, 4})}},
		"size that is no number":      {KindOverflow, []string{binaryPatch("literal", 1<<63, []byte("x"))}},
	}
	for _, name := range []string{
		"../x", "a/../../x", "..", ".git/config", ".GIT/hooks/post-commit", "dir/.git/config", ".git", ".g\u200cit/config",
		".git\u200b\ufeff/config", "git~1/config", ".git /config", ".git./config", ".git...  /x", ".git::$INDEX_ALLOCATION/x",
		"dir\\.git\\x", strings.Repeat("n", 300), strings.Repeat("d/", 3000) + "x",
	} {
		if strings.HasPrefix(name, ".git\u200b") {
			continue // U+200B is not among the code points that HFS+ ignores
		}
		attacks[fmt.Sprintf("path %.30q", name)] = attack{KindPath, []string{create(name, "100644", "x\n")}}
	}
	return attacks
}

// hostileTree is what the attacks are aimed at.
func hostileTree(tb testing.TB, dir string) {
	put(tb, dir, "e", "")
	put(tb, dir, "dir/f", "f\n")
	if err := os.Symlink("/tmp", filepath.Join(dir, "out")); err != nil {
		tb.Fatal(err)
	}
}

// TestHostile makes sure that each attack is named, and nothing written: in a worktree, onto a
// branch of a bare repository, in a plain directory.
func TestHostile(t *testing.T) {
	work, plain := t.TempDir(), t.TempDir()
	bare := filepath.Join(t.TempDir(), "bare.git")
	hostileTree(t, work)
	hostileTree(t, plain)
	gitIn(t, work, "init", "-q", "-b", "main")
	gitIn(t, work, "add", ".")
	gitIn(t, work, "commit", "-q", "-m", "base")
	gitIn(t, work, "clone", "-q", "--bare", work, bare)
	trees := map[string]struct {
		dir  string
		opts *Options
	}{
		"worktree": {work, &Options{Committer: committedAt}},
		"bare":     {bare, &Options{Committer: committedAt, Branch: "lsm", Base: "main"}},
		"plain":    {plain, nil},
	}
	for kind, tree := range trees {
		before := fingerprint(t, tree.dir)
		for name, attack := range hostilePatches() {
			t.Run(kind+"/"+name, func(t *testing.T) {
				res, err := Series(context.Background(), tree.dir, setOf(attack.patches...), tree.opts)
				if err != nil {
					t.Fatal(err)
				}
				if len(res.Conflicts) != 1 || res.Conflicts[0].Kind != attack.kind || res.Conflicts[0].Message == "" {
					t.Errorf("conflicts: %+v, want kind %s", res.Conflicts, attack.kind)
				}
				if fingerprint(t, tree.dir) != before {
					t.Error("something was written")
				}
			})
		}
	}
}

// fingerprint returns names and sizes of all below dir.
func fingerprint(tb testing.TB, dir string) string {
	tb.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !d.IsDir() {
			fmt.Fprintln(&b, name, info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// TestWorkIsBounded gives patches that would take hours to place.
func TestWorkIsBounded(t *testing.T) {
	const alike = 200000
	f := files{"f": text(strings.Repeat("x\n", alike) + "y\n")}
	var many, wide strings.Builder
	many.WriteString("--- a/f\n+++ b/f\n")
	for range maxHunks + 1 {
		many.WriteString("@@ -9,3 +9,3 @@\n x\n-x\n+z\n x\n")
	}
	wide.WriteString("--- a/f\n+++ b/f\n")
	for range 50 {
		fmt.Fprintf(&wide, "@@ -9,%d +9,%d @@\n%s-z\n+y\n x\n", alike/2+2, alike/2+2, strings.Repeat(" x\n", alike/2))
	}
	for name, patch := range map[string]string{"many hunks": many.String(), "wide hunks": wide.String()} {
		if testing.Short() && name == "many hunks" {
			continue
		}
		start := runtest.CPUTime()
		_, res, err := Overlay(f.snapshot(t), setOf(patch), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Conflicts) == 0 || res.Conflicts[len(res.Conflicts)-1].Kind != KindBomb {
			t.Errorf("%s: no bomb among %d conflicts", name, len(res.Conflicts))
		}
		t.Logf("%s: %v", name, runtest.CPUTime()-start)
		if took := runtest.CPUTime() - start; took > time.Minute {
			t.Errorf("%s took %v", name, took)
		}
	}
}
