// SPDX-License-Identifier: GPL-2.0-only

package index

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// opened opens the index of a repository.
func opened(t *testing.T, dir string, f odb.Format) *File {
	t.Helper()
	x, err := Open(filepath.Join(dir, ".git", "index"), f)
	gittest.Must(t, err)
	t.Cleanup(func() { x.Close() })
	return x
}

// listed lists the entries as git ls-files --stage does.
func listed(t *testing.T, x *File) string {
	t.Helper()
	var b strings.Builder
	w := x.Walk()
	for w.next() {
		fmt.Fprintf(&b, "%06o %x %d\t%s\n", w.Mode(), w.ID(), w.Flags>>12&3, w.name)
	}
	gittest.Must(t, w.err)
	return strings.TrimSuffix(b.String(), "\n")
}

// shapes are ways that an index comes to look.
var shapes = map[string][][]string{
	"as committed":         nil,
	"version 4":            {{"update-index", "--index-version", "4"}},
	"version 3":            {{"add", "-N", "new"}},
	"without trees":        {{"rm", "-q", "--cached", "Makefile"}},
	"of a folder alone":    {{"rm", "-rq", "--cached", "kernel"}},
	"assumed unchanged":    {{"update-index", "--assume-unchanged", "Makefile"}},
	"skipped":              {{"update-index", "--skip-worktree", "swap"}},
	"an executable":        {{"update-index", "--chmod=+x", "Makefile"}},
	"empty":                {{"rm", "-rq", "--cached", "."}},
	"split from the rest":  {{"update-index", "--split-index"}, {"update-index", "--no-split-index"}},
	"untracked are cached": {{"update-index", "--force-untracked-cache"}},
}

// TestEntriesAgainstGit reads indexes of each shape, and compares with git.
func TestEntriesAgainstGit(t *testing.T) {
	t.Parallel()
	for _, format := range runtest.Short([]odb.Format{odb.SHA1}, []odb.Format{odb.SHA1, odb.SHA256}) {
		for name, commands := range shapes {
			dir := gittest.BaseRepo(t, "--object-format="+format.Name)
			gittest.Write(t, filepath.Join(dir, "new"), "new")
			for _, args := range commands {
				gittest.Git(t, dir, args...)
			}
			if got, want := listed(t, opened(t, dir, format)), gittest.Git(t, dir, "ls-files", "--stage"); got != want {
				t.Errorf("%s, %s: read\n%s\nby git\n%s", format.Name, name, got, want)
			}
		}
	}
}

// TestRootTree is the tree that git would write, as long as the index has it.
func TestRootTree(t *testing.T) {
	t.Parallel()
	dir := gittest.BaseRepo(t)
	gittest.Git(t, dir, "read-tree", "HEAD") // which writes the trees into the index
	x := opened(t, dir, odb.SHA1)
	_, err := x.Edit(nil, nil) // to know where the entries end
	gittest.Must(t, err)
	entries, id, err := x.RootTree()
	if want := gittest.Git(t, dir, "write-tree"); err != nil || string(odb.HashOf(id)) != want || entries != len(gittest.SplitLines(gittest.Git(t, dir, "ls-files"))) {
		t.Errorf("%d entries, tree %x, %v; git has %s", entries, id, err, want)
	}
	gittest.Git(t, dir, "rm", "-q", "--cached", "kernel/fork.c")
	x = opened(t, dir, odb.SHA1)
	_, err = x.Edit(nil, nil)
	gittest.Must(t, err)
	if entries, id, err := x.RootTree(); err != nil || id != nil || entries != -1 {
		t.Errorf("of an index that was changed: %d entries, %x, %v", entries, id, err)
	}
}

// TestConflicts reads the three stages of a file.
func TestConflicts(t *testing.T) {
	t.Parallel()
	dir := gittest.BaseRepo(t)
	for i, branch := range []string{"one", "two"} {
		gittest.Git(t, dir, "checkout", "-q", "-B", branch, "HEAD~"+fmt.Sprint(i))
		gittest.Write(t, filepath.Join(dir, "Makefile"), branch)
		gittest.Git(t, dir, "commit", "-qam", branch)
	}
	if _, err := gittest.TryGit(dir, "merge", "-q", "one"); err == nil {
		t.Fatal("they merge")
	}
	got := listed(t, opened(t, dir, odb.SHA1))
	if want := gittest.Git(t, dir, "ls-files", "--stage"); got != want || strings.Count(got, "\tMakefile") != 3 {
		t.Errorf("read\n%s\nby git\n%s", got, want)
	}
}

// TestDamagedIndexes: what is cut or changed is an error where git has one, and never a panic.
func TestDamagedIndexes(t *testing.T) {
	t.Parallel()
	dir := gittest.BaseRepo(t)
	name := filepath.Join(dir, ".git", "index")
	data, err := os.ReadFile(name)
	gittest.Must(t, err)
	for what, bad := range map[string][]byte{
		"empty":             {},
		"no index":          []byte(strings.Repeat("x", 100)),
		"cut in its head":   data[:11],
		"another version":   slices.Concat(data[:7], []byte{9}, data[8:]),
		"more than it has":  slices.Concat(data[:8], []byte{0x7f, 0, 0, 0}, data[12:]),
		"cut in an entry":   data[:100],
		"without an ending": data[:len(data)-30],
	} {
		bad := slices.Clone(bad)
		gittest.Must(t, os.WriteFile(name, bad, 0o666))
		x, err := Open(name, odb.SHA1)
		if err != nil {
			continue
		}
		w := x.Walk()
		for w.next() {
		}
		if _, _, treeErr := x.RootTree(); w.err == nil && treeErr == nil {
			t.Errorf("%s: no error", what)
		}
		x.Close()
	}
}
