// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// snapshotList describes all entries of a snapshot as git ls-tree -r does.
func snapshotList(t testing.TB, fsys fs.FS) string {
	t.Helper()
	var b strings.Builder
	gittest.Must(t, fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		e, err := Lookup(fsys, name)
		if err != nil || e.Mode == filemode.Dir {
			return err
		}
		kind := "blob"
		if e.Mode == filemode.Submodule {
			kind = "commit"
		} else if data, err := ReadEntry(fsys, name); err != nil {
			return err
		} else if formatOf(fsys).Size == 20 && odb.BlobHash(data) != e.Hash {
			return fmt.Errorf("%s: the content is not %s", name, e.Hash)
		}
		fmt.Fprintf(&b, "%06o %s %s\t%s\n", uint32(e.Mode), kind, e.Hash, name)
		return nil
	}))
	return b.String()
}

func sortLines(s string) string {
	l := strings.Split(strings.TrimSpace(s), "\n")
	slices.Sort(l)
	return strings.Join(l, "\n")
}

// TestSnapshots reads every kind of store, loose and packed with deltas, and compares with git ls-tree.
func TestSnapshots(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"loose", "packed", "idx1", "midx", "sha256", "sha256 packed"} {
		var args []string
		if strings.HasPrefix(kind, "sha256") {
			args = []string{"--object-format=sha256"}
		}
		dir := gittest.SeriesRepo(t, args...)
		switch kind {
		case "packed", "sha256 packed":
			gittest.Git(t, dir, "repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50")
		case "idx1":
			gittest.Git(t, dir, "-c", "pack.indexVersion=1", "repack", "-q", "-a", "-d", "-f")
		case "midx":
			gittest.Git(t, dir, "repack", "-q", "-d")
			gittest.Git(t, dir, "commit-tree", "-m", "another pack", "base^{tree}")
			gittest.Git(t, dir, "repack", "-q", "-d")
			gittest.Git(t, dir, "multi-pack-index", "write")
		}
		tr := openTree(t, dir)
		for _, rev := range []string{"base", "series", "series~2", gittest.Git(t, dir, "rev-parse", "--short=7", "series"), "main", "HEAD", "", "series^{tree}"} {
			snapshot, err := tr.Snapshot(rev)
			gittest.Must(t, err)
			gittest.Must(t, fstest.TestFS(snapshot, "kernel/sched/core.c", "run.sh"))
			name := rev
			if name == "" {
				name = "HEAD"
			}
			want := gittest.Git(t, dir, "ls-tree", "-r", name)
			if diff := cmp.Diff(sortLines(want), sortLines(snapshotList(t, snapshot))); diff != "" {
				t.Errorf("%s, %s:\n%s", kind, rev, diff)
			}
		}
	}
}

func TestSnapshotLinks(t *testing.T) {
	t.Parallel()
	dir := gittest.SeriesRepo(t)
	gittest.Git(t, dir, "checkout", "-q", "series")
	gittest.Must(t, os.Symlink("../../../../etc/passwd", filepath.Join(dir, "out")))
	gittest.Must(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	gittest.Git(t, dir, "add", "out", "loop")
	gittest.Git(t, dir, "commit", "-q", "-m", "links")
	tr := openTree(t, dir)
	inGit, err := tr.Snapshot("HEAD")
	gittest.Must(t, err)
	for name, fsys := range map[string]fs.FS{"git": inGit, "overlay": NewOverlay(inGit), "directory": tr.Worktree()} {
		if data, err := fs.ReadFile(fsys, "dirlink/b.txt"); err != nil || !strings.HasPrefix(string(data), "a/b.txt line 0") {
			t.Errorf("%s: through a link: %q, %v", name, data, err)
		}
		if list, err := fs.ReadDir(fsys, "dirlink"); err != nil || len(list) != 2 {
			t.Errorf("%s: listing a link: %v, %v", name, list, err)
		}
		if target, err := fs.ReadLink(fsys, "out"); err != nil || target != "../../../../etc/passwd" {
			t.Errorf("%s: link %q, %v", name, target, err)
		}
		for _, bad := range []string{"out", "loop", "Makefile/x", "none", "../x", "/etc/passwd"} {
			if data, err := fs.ReadFile(fsys, bad); err == nil {
				t.Errorf("%s: reading %s gave %.20q", name, bad, data)
			}
		}
		if _, err := Lookup(fsys, "Makefile/x"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: below a file: %v", name, err)
		}
	}
}

func openTree(t testing.TB, dir string) *Tree {
	t.Helper()
	tr, err := Open(dir)
	gittest.Must(t, err)
	t.Cleanup(func() { tr.Close() })
	return tr
}

// changesOf reads with git what each commit of a range changes.
func changesOf(t testing.TB, dir, from, to string) (all [][]Change) {
	t.Helper()
	for id := range strings.FieldsSeq(gittest.Git(t, dir, "rev-list", "--reverse", from+".."+to)) {
		var changes []Change
		for _, line := range gittest.SplitLines(gittest.Git(t, dir, "diff-tree", "-r", "--no-commit-id", "--no-renames", "--no-abbrev", id)) {
			meta, name, _ := strings.Cut(line, "\t")
			cols := strings.Fields(meta)
			mode, err := strconv.ParseUint(cols[1], 8, 32)
			gittest.Must(t, err)
			c := Change{Path: name, Mode: filemode.FileMode(mode), Hash: odb.Hash(cols[3])}
			if c.Mode != filemode.Empty && c.Mode != filemode.Submodule {
				c.Data, err = exec.Command("git", "-C", dir, "cat-file", "blob", cols[3]).Output()
				gittest.Must(t, err)
			}
			changes = append(changes, c)
		}
		all = append(all, changes)
	}
	return all
}

// TestOverlay puts the series on a snapshot of its base, and compares with the snapshot of its head.
func TestOverlay(t *testing.T) {
	t.Parallel()
	dir := gittest.SeriesRepo(t)
	tr := openTree(t, dir)
	before, err := tr.Snapshot("base")
	gittest.Must(t, err)
	after, err := tr.Snapshot("series")
	gittest.Must(t, err)
	o := NewOverlay(before)
	for _, changes := range changesOf(t, dir, "base", "series") {
		// Removals first, as a file may make way for a folder.
		for _, gone := range []bool{true, false} {
			for _, c := range changes {
				if c.Deleted() == gone {
					gittest.Must(t, o.Write(c))
				}
			}
		}
	}
	if diff := cmp.Diff(snapshotList(t, after), snapshotList(t, o)); diff != "" {
		t.Error(diff)
	}
	gittest.Must(t, fstest.TestFS(o, "swap/inner/file", "kernel/exit2.c"))
	if diff := cmp.Diff(snapshotList(t, after), snapshotList(t, NewOverlay(o))); diff != "" {
		t.Error(diff)
	}
	changes, err := o.Changes()
	gittest.Must(t, err)
	var names []string
	for _, c := range changes {
		names = append(names, c.Path)
	}
	want := gittest.SplitLines(gittest.Git(t, dir, "diff", "--name-only", "--no-renames", "base", "series"))
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	// What is written back, or comes and goes, is no change.
	same, err := ReadEntry(o, "Makefile")
	gittest.Must(t, err)
	top := NewOverlay(o)
	for _, c := range []Change{
		{Path: "Makefile", Mode: filemode.Executable, Data: same}, {Path: "fresh", Mode: filemode.Regular}, {Path: "fresh"},
		{Path: "kernel/fork.c", Mode: filemode.Regular, Data: []byte("other")},
	} {
		gittest.Must(t, top.Write(c))
	}
	for _, list := range []struct {
		read func() ([]Change, error)
		want string
	}{{top.Written, "Makefile kernel/fork.c"}, {top.Changes, "kernel/fork.c"}} {
		changes, err := list.read()
		gittest.Must(t, err)
		names := ""
		for _, c := range changes {
			names += " " + c.Path
		}
		if names != " "+list.want {
			t.Errorf("changes %s, want %s", names, list.want)
		}
	}
	for _, bad := range []struct {
		change Change
		want   error
	}{
		{Change{Path: "kernel", Mode: filemode.Regular}, fs.ErrExist},
		{Change{Path: "Makefile/x", Mode: filemode.Regular}, fs.ErrExist},
		{Change{Path: "dirlink/x", Mode: filemode.Regular}, fs.ErrExist},
		{Change{Path: "none"}, fs.ErrNotExist},
		{Change{Path: "a/.git/x", Mode: filemode.Regular}, ErrPath},
	} {
		if err := o.Write(bad.change); !errors.Is(err, bad.want) {
			t.Errorf("%s: %v, want %v", bad.change.Path, err, bad.want)
		}
	}
}

func TestCheckPath(t *testing.T) {
	for _, bad := range []string{"", ".", "..", "/a", "a/", "a//b", "a/../b", "./a", ".git", "a/.GIT", ".git/config", "a/.gIt/b",
		"git~1", "a/GIT~1/b", ".git ", ".git.", ".git . .", ".g\u200cit", ".git::$INDEX_ALLOCATION", `a\.git\b`, `.git\config`, `a\b\.git :x`, strings.Repeat(`\`, 4000) + ".git", "a\x00b", ".git:x"} {
		if err := CheckPath(bad); !errors.Is(err, ErrPath) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, good := range []string{"a", ".gitignore", "a/.gitattributes", "git", "a.git/b", "...", "a b", "git~2", "-x", "\u200c.c", `a:.git`, strings.Repeat(`\`, 4000)} {
		if err := CheckPath(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}
