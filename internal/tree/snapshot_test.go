// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
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
)

// snapshotList describes all entries of a snapshot as git ls-tree -r does.
func snapshotList(t testing.TB, fsys fs.FS) string {
	t.Helper()
	var b strings.Builder
	must(t, fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
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
		} else if formatOf(fsys).size == 20 && BlobHash(data) != e.Hash {
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
		dir := seriesRepo(t, args...)
		switch kind {
		case "packed", "sha256 packed":
			git(t, dir, "repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50")
		case "idx1":
			git(t, dir, "-c", "pack.indexVersion=1", "repack", "-q", "-a", "-d", "-f")
		case "midx":
			git(t, dir, "repack", "-q", "-d")
			git(t, dir, "commit-tree", "-m", "another pack", "base^{tree}")
			git(t, dir, "repack", "-q", "-d")
			git(t, dir, "multi-pack-index", "write")
		}
		tr := openTree(t, dir)
		for _, rev := range []string{"base", "series", "series~2", git(t, dir, "rev-parse", "--short=7", "series"), "main", "HEAD", "", "series^{tree}"} {
			snapshot, err := tr.Snapshot(rev)
			must(t, err)
			must(t, fstest.TestFS(snapshot, "kernel/sched/core.c", "run.sh"))
			name := rev
			if name == "" {
				name = "HEAD"
			}
			want := git(t, dir, "ls-tree", "-r", name)
			if diff := cmp.Diff(sortLines(want), sortLines(snapshotList(t, snapshot))); diff != "" {
				t.Errorf("%s, %s:\n%s", kind, rev, diff)
			}
		}
	}
}

func TestSnapshotLinks(t *testing.T) {
	t.Parallel()
	dir := seriesRepo(t)
	git(t, dir, "checkout", "-q", "series")
	must(t, os.Symlink("../../../../etc/passwd", filepath.Join(dir, "out")))
	must(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	git(t, dir, "add", "out", "loop")
	git(t, dir, "commit", "-q", "-m", "links")
	tr := openTree(t, dir)
	inGit, err := tr.Snapshot("HEAD")
	must(t, err)
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
	must(t, err)
	t.Cleanup(func() { tr.Close() })
	return tr
}

// changesOf reads with git what each commit of a range changes.
func changesOf(t testing.TB, dir, from, to string) (all [][]Change) {
	t.Helper()
	for id := range strings.FieldsSeq(git(t, dir, "rev-list", "--reverse", from+".."+to)) {
		var changes []Change
		for _, line := range splitLines(git(t, dir, "diff-tree", "-r", "--no-commit-id", "--no-renames", "--no-abbrev", id)) {
			meta, name, _ := strings.Cut(line, "\t")
			cols := strings.Fields(meta)
			mode, err := strconv.ParseUint(cols[1], 8, 32)
			must(t, err)
			c := Change{Path: name, Mode: filemode.FileMode(mode), Hash: Hash(cols[3])}
			if c.Mode != filemode.Empty && c.Mode != filemode.Submodule {
				c.Data, err = exec.Command("git", "-C", dir, "cat-file", "blob", cols[3]).Output()
				must(t, err)
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
	dir := seriesRepo(t)
	tr := openTree(t, dir)
	before, err := tr.Snapshot("base")
	must(t, err)
	after, err := tr.Snapshot("series")
	must(t, err)
	o := NewOverlay(before)
	for _, changes := range changesOf(t, dir, "base", "series") {
		// Removals first, as a file may make way for a folder.
		for _, gone := range []bool{true, false} {
			for _, c := range changes {
				if c.Deleted() == gone {
					must(t, o.Write(c))
				}
			}
		}
	}
	if diff := cmp.Diff(snapshotList(t, after), snapshotList(t, o)); diff != "" {
		t.Error(diff)
	}
	must(t, fstest.TestFS(o, "swap/inner/file", "kernel/exit2.c"))
	if diff := cmp.Diff(snapshotList(t, after), snapshotList(t, NewOverlay(o))); diff != "" {
		t.Error(diff)
	}
	changes, err := o.Changes()
	must(t, err)
	var names []string
	for _, c := range changes {
		names = append(names, c.Path)
	}
	want := splitLines(git(t, dir, "diff", "--name-only", "--no-renames", "base", "series"))
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	// What is written back, or comes and goes, is no change.
	same, err := ReadEntry(o, "Makefile")
	must(t, err)
	top := NewOverlay(o)
	for _, c := range []Change{
		{Path: "Makefile", Mode: filemode.Executable, Data: same}, {Path: "fresh", Mode: filemode.Regular}, {Path: "fresh"},
		{Path: "kernel/fork.c", Mode: filemode.Regular, Data: []byte("other")},
	} {
		must(t, top.Write(c))
	}
	for _, list := range []struct {
		read func() ([]Change, error)
		want string
	}{{top.Written, "Makefile kernel/fork.c"}, {top.Changes, "kernel/fork.c"}} {
		changes, err := list.read()
		must(t, err)
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

func TestResolve(t *testing.T) {
	t.Parallel()
	dir := seriesRepo(t)
	git(t, dir, "tag", "-a", "-m", "annotated", "v7.3", "series")
	git(t, dir, "tag", "-a", "-m", "a tag of a tag", "nested", "v7.3")
	git(t, dir, "branch", "topic/one", "series~1")
	full := git(t, dir, "rev-parse", "series")
	revs := []string{"HEAD", "main", "series", "v7.3", "nested", "topic/one", "heads/series", "tags/v7.3", "refs/tags/base", full, strings.ToUpper(full), full[:12],
		"series~2", "v7.3^", "HEAD@{0}", ":/base", "series^{/remove}"}
	for range 2 {
		tr := repoOf(t, dir)
		for _, rev := range revs {
			want := git(t, dir, "rev-parse", git(t, dir, "rev-parse", rev)+"^{commit}")
			if got, err := tr.Resolve(rev); err != nil || string(got) != want {
				t.Errorf("%s: %s, %v; git says %s", rev, got, err, want)
			}
		}
		for _, bad := range []string{"none", "v7.4", "abcdef0123", strings.Repeat("1", 40), "--all", "-h", "HEAD~99", "series:Makefile", "a..b", "Makefile"} {
			if got, err := tr.Resolve(bad); !errors.Is(err, ErrNoRevision) {
				t.Errorf("%s: %s, %v", bad, got, err)
			}
		}
		git(t, dir, "pack-refs", "--all")
	}
	tr := repoOf(t, dir)
	c, err := tr.Commit("v7.3")
	must(t, err)
	if c.Subject() != "a submodule link" || c.Author.Name != "A U Thor" || c.Author.When.Format("-0700") != "+0200" {
		t.Errorf("commit %+v", c)
	}
	for _, test := range []struct {
		a, b string
		want bool
	}{{"base", "series", true}, {"series", "base", false}, {"series", "v7.3", true}} {
		if got, err := tr.IsAncestor(context.Background(), test.a, test.b); err != nil || got != test.want {
			t.Errorf("is %s in %s: %v, %v", test.a, test.b, got, err)
		}
	}
	places, err := tr.FindBlob(context.Background(), "series", "kernel/fork.c", git(t, dir, "rev-parse", "series~3:kernel/fork.c")[:10], 0)
	if err != nil || len(places) != 1 || places[0].Subject != "add and change" {
		t.Errorf("places %+v, %v", places, err)
	}
	clone := filepath.Join(t.TempDir(), "shallow")
	git(t, dir, "clone", "-q", "--depth=2", "-b", "series", "file://"+dir, clone)
	shallow := repoOf(t, clone)
	if _, err := shallow.IsAncestor(context.Background(), "series", "series~1"); !errors.Is(err, ErrShallow) || !shallow.IsShallow() {
		t.Errorf("in a shallow clone: %v", err)
	}
}

func TestFormatPatches(t *testing.T) {
	t.Parallel()
	dir := seriesRepo(t)
	tr := repoOf(t, dir)
	mails, err := tr.FormatPatches(context.Background(), "base..series")
	must(t, err)
	clone := baseRepo(t)
	file := filepath.Join(t.TempDir(), "mbox")
	must(t, os.WriteFile(file, mails, 0o666))
	git(t, clone, "am", "-q", file)
	if got, want := git(t, clone, "rev-parse", "HEAD"), git(t, dir, "rev-parse", "series"); got != want {
		t.Errorf("git am made %s of the mails, not %s", got, want)
	}
	for _, bad := range []string{"series", "series..base", "base...series", "none..series"} {
		if _, err := tr.FormatPatches(context.Background(), bad); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

// TestRevList: git's own list, without merges, and one patch a commit.
func TestRevList(t *testing.T) {
	t.Parallel()
	dir := seriesRepo(t)
	git(t, dir, "merge", "-q", "-s", "ours", "--no-ff", "-m", "merge", "base", "series")
	tr := repoOf(t, dir)
	for _, rev := range []string{"HEAD", "base..series", "base...series", "series^!"} {
		list, err := tr.RevList(t.Context(), rev, 2)
		must(t, err)
		var got []string
		for _, id := range list {
			got = append(got, string(id))
		}
		if want := git(t, dir, "rev-list", "--no-merges", "-2", rev); strings.Join(got, "\n") != want {
			t.Errorf("%s: %v, want %s", rev, got, want)
		}
	}
	mail, err := tr.FormatPatch(t.Context(), Hash(git(t, dir, "rev-parse", "series")))
	must(t, err)
	if want := git(t, dir, "format-patch", "--stdout", "-M", "-1", "series"); strings.TrimSpace(string(mail)) != strings.TrimSpace(want) {
		t.Errorf("%s, want %s", mail, want)
	}
	for _, bad := range []string{"none", "--all", "none..series"} {
		if _, err := tr.RevList(t.Context(), bad, 0); !errors.Is(err, ErrNoRevision) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
