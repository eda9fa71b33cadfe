// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package apply

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/land"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// cloneOf returns a clone of the kernel tree that borrows its objects, checked out.
func cloneOf(tb testing.TB, version string) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "linux")
	gitIn(tb, ".", "clone", "-q", "--shared", e2e.Tree(tb, version), dir)
	return dir
}

// snapshotOf returns the files of a revision.
func snapshotOf(tb testing.TB, dir, rev string) fs.FS {
	tb.Helper()
	tr, err := land.Open(dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { tr.Close() })
	snapshot, err := tr.Snapshot(rev)
	if err != nil {
		tb.Fatal(err)
	}
	return snapshot
}

// TestE2ECommitsEqualGitAm compares commit hashes with git am on Linux 7.3: for the series that the
// binary carries, and for a hundred made patches, into the checked-out tree and onto a branch.
func TestE2ECommitsEqualGitAm(t *testing.T) {
	dir := cloneOf(t, "7.3")
	base := gitIn(t, dir, "rev-parse", "HEAD")
	mboxes := map[string]string{
		"made":    madePatches(t, snapshotOf(t, dir, "HEAD"), 100),
		"builtin": builtinMbox(t),
	}
	for name, mbox := range mboxes {
		t.Run(name, func(t *testing.T) {
			gitIn(t, dir, "am", "-q", mbox)
			want := gitIn(t, dir, "rev-parse", "HEAD")
			gitIn(t, dir, "reset", "-q", "--hard", base)
			set := openSeries(t, mbox)
			res := mustApply(t, dir, set, &Options{Committer: committedAt})
			if res.Head != want {
				t.Errorf("head %s, git am makes %s", res.Head, want)
			}
			if status := gitIn(t, dir, "status", "--porcelain"); status != "" {
				t.Errorf("status: %.500s", status)
			}
			gitIn(t, dir, "reset", "-q", "--hard", base)
			res = mustApply(t, dir, set, &Options{Committer: committedAt, Branch: "on-" + name, Base: base})
			if got := gitIn(t, dir, "rev-parse", "on-"+name); got != want || res.Head != want {
				t.Errorf("branch is at %s, git am makes %s", got, want)
			}
		})
	}
	if out := gitIn(t, dir, "fsck", "--strict", "--connectivity-only", "--no-dangling"); out != "" {
		t.Errorf("fsck: %.500s", out)
	}
}

func openSeries(tb testing.TB, names ...string) *patchset.Set {
	tb.Helper()
	sets, err := series.Open(context.Background(), names, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return sets[0]
}

// builtinMbox writes the mails that the binary carries, without the cover letter, which git am
// would take for an empty patch.
func builtinMbox(tb testing.TB) string {
	tb.Helper()
	set := openSeries(tb, "builtin:rust-lsm")
	var b bytes.Buffer
	for _, p := range set.Patches {
		b.WriteString("From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n")
		b.Write(p.Raw)
		b.WriteString("\n")
	}
	name := filepath.Join(tb.TempDir(), "builtin.mbox")
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		tb.Fatal(err)
	}
	return name
}

// TestE2EDebianPatches compares verdict and bytes with git apply for Debian's kernel patches:
// forwards and in reverse, on the tree that has them already, and on later ones, where many are stale.
func TestE2EDebianPatches(t *testing.T) {
	patches := debianPatches(t)
	for _, version := range []string{"6.12", "7.3"} {
		t.Run(version, func(t *testing.T) {
			before := snapshotOf(t, e2e.Tree(t, version), "HEAD")
			o := newKernelOracle(t, e2e.Tree(t, version), patches)
			applied, refused := 0, 0
			for name, patch := range patches {
				for _, opts := range []*Options{{}, {Reverse: true}, {Context: 1}} {
					ok := o.compare(t, before, name, patch, opts)
					applied += count(ok)
					refused += count(!ok)
				}
			}
			t.Logf("%d patches: %d applied, %d refused, all as git does", len(patches), applied, refused)
			if applied < 50 || refused < 20 {
				t.Error("too few to tell")
			}
		})
	}
}

// TestLongDistroPatches is `make distro`: verdict and bytes against git apply for up to 2,000 patches of the folder PATCHES, a
// distribution's, or else Debian's of two versions, on the repository TREE, or else on Linux 7.3.
func TestLongDistroPatches(t *testing.T) {
	repo := os.Getenv("TREE")
	if repo == "" {
		repo = e2e.Tree(t, "7.3")
	}
	roots := []string{os.Getenv("PATCHES")}
	if roots[0] == "" {
		roots = []string{e2e.Source(t, "linux-debian"), e2e.Source(t, "linux-debian-7.2")}
	}
	patches := map[string]string{}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || len(patches) == 2000 || !d.Type().IsRegular() || !strings.HasSuffix(name, ".patch") {
				return err
			}
			data, err := os.ReadFile(name)
			patches[name] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	before := snapshotOf(t, repo, "HEAD")
	o := newKernelOracle(t, repo, patches)
	applied := 0
	for name, patch := range patches {
		applied += count(o.compare(t, before, name, patch, &Options{}))
	}
	t.Logf("%d patches: %d applied, %d refused", len(patches), applied, len(patches)-applied)
}

func debianPatches(tb testing.TB) map[string]string {
	tb.Helper()
	patches := map[string]string{}
	root := filepath.Join(e2e.Source(tb, "linux-debian"), "debian", "patches")
	list := strings.Fields(get(tb, root, "series"))
	for _, name := range list {
		if data, err := os.ReadFile(filepath.Join(root, name)); err == nil && strings.HasSuffix(name, ".patch") {
			patches[name] = string(data)
		}
	}
	if len(patches) < 50 {
		tb.Fatalf("only %d patches in %s", len(patches), root)
	}
	return patches
}

// A kernelOracle is git apply on an index that holds just the files which the patches name.
type kernelOracle struct {
	*oracle
	entries map[string]string
}

func newKernelOracle(tb testing.TB, repo string, patches map[string]string) *kernelOracle {
	o := newOracle(tb)
	put(tb, o.dir, ".git/objects/info/alternates", filepath.Join(repo, ".git", "objects")+"\n")
	wanted := map[string]bool{}
	for _, patch := range patches {
		changes, err := parseDiff([]byte(patch), naming{})
		if err != nil && err != errNoPatch {
			tb.Log(err)
		}
		for _, c := range changes {
			wanted[c.oldName], wanted[c.newName] = true, true
		}
	}
	k := &kernelOracle{oracle: o, entries: map[string]string{}}
	var info strings.Builder
	for line := range strings.SplitSeq(gitIn(tb, repo, "ls-tree", "-r", "HEAD"), "\n") {
		meta, name, _ := strings.Cut(line, "\t")
		if wanted[name] {
			fmt.Fprintln(&info, line)
			fields := strings.Fields(meta)
			k.entries[name] = fields[0] + " " + fields[2]
		}
	}
	o.git(info.String(), "update-index", "--index-info")
	gitIn(tb, o.dir, "commit", "-q", "-m", "base")
	o.clean = true
	return k
}

// compare applies patch with the engine and with git, and returns git's verdict.
func (k *kernelOracle) compare(tb testing.TB, before fs.FS, name, patch string, opts *Options) bool {
	tb.Helper()
	if !k.clean {
		k.git("", "read-tree", "--reset", "HEAD")
	}
	var args []string
	if opts.Reverse {
		args = append(args, "-R")
	}
	if opts.Context > 0 {
		args = append(args, fmt.Sprintf("-C%d", opts.Context))
	}
	want, out, ok := k.apply(patch, args...)
	after, res, err := Overlay(before, setOf(patch), opts)
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	if ok != (len(res.Conflicts) == 0) {
		tb.Errorf("%s %v: git says %v: %s\nwe have %+v", name, args, ok, out, res.Conflicts)
		return ok
	}
	if !ok {
		return false
	}
	changes, err := after.(*tree.Overlay).Changes()
	if err != nil {
		tb.Fatal(err)
	}
	got := map[string]string{}
	for name, entry := range k.entries {
		got[name] = entry
	}
	for _, c := range changes {
		delete(got, c.Path)
		if !c.Deleted() {
			got[c.Path] = fmt.Sprintf("%06o %s", uint32(c.Mode), c.Hash)
		}
	}
	for path := range want {
		if got[path] != want[path] {
			tb.Errorf("%s %v: %s is %s, git makes %s", name, args, path, got[path], want[path])
		}
	}
	if len(got) != len(want) {
		tb.Errorf("%s %v: %d files, git has %d", name, args, len(got), len(want))
	}
	return true
}

// kernelCase makes a patch by random edits of a real file of Linux, and a tree in which the file may
// have moved on since. The patch may be damaged.
func (m maker) kernelCase(real []string) (files, string) {
	lines := splitLines(real[m.IntN(len(real))])
	var edits []edit
	for _, l := range lines {
		switch m.IntN(len(lines)/4 + 2) {
		case 0:
			edits = append(edits, edit{'-', l}, edit{'+', "\t" + l})
		case 1:
			edits = append(edits, edit{'+', lines[m.IntN(len(lines))]}, edit{' ', l})
		default:
			edits = append(edits, edit{' ', l})
		}
	}
	patch := "diff --git a/f.c b/f.c\n--- a/f.c\n+++ b/f.c\n" + diff(edits, []int{3, 3, 3, 1, 8}[m.IntN(5)])
	if m.IntN(2) == 0 {
		at := m.IntN(len(lines))
		lines = append(slices.Clone(lines[:at]), append(slices.Clone(lines[at/2:at/2+m.IntN(20)%(at/2+1)]), lines[at:]...)...)
		lines = m.drift(lines)
	}
	if m.IntN(3) == 0 {
		patch = m.damage(patch)
	}
	return files{"f.c": text(strings.Join(lines, ""))}, patch
}

// kernelFiles returns some real files.
func kernelFiles(tb testing.TB) []string {
	tb.Helper()
	snapshot := snapshotOf(tb, e2e.Tree(tb, "7.3"), "HEAD")
	var real []string
	for _, name := range []string{"lib/sort.c", "kernel/fork.c", "security/security.c", "Kconfig", "fs/open.c", "include/linux/lsm_hook_defs.h",
		"rust/kernel/fs/file.rs", "scripts/min-tool-version.sh", "mm/util.c", "drivers/char/mem.c"} {
		data, err := fs.ReadFile(snapshot, name)
		if err != nil {
			tb.Fatal(err)
		}
		real = append(real, string(data))
	}
	return real
}

// TestE2ERandomKernelEdits compares verdict and bytes with git apply on random edits of real files.
func TestE2ERandomKernelEdits(t *testing.T) {
	real, o := kernelFiles(t), newOracle(t)
	for seed := range uint64(150) {
		f, patch := newMaker(seed).kernelCase(real)
		if compare(t, o, f, patch, nil); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// FuzzKernelEdits is TestE2ERandomKernelEdits with seeds without end.
func FuzzKernelEdits(f *testing.F) {
	real := kernelFiles(f)
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		files, patch := newMaker(seed).kernelCase(real)
		compare(t, newOracle(t), files, patch, nil)
	})
}
