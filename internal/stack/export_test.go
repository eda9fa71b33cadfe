// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// TestExport writes the stack in each form, and the form's own program makes the same of it.
func TestExport(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, "far", "both")
	head := w.apply(t, s).Head
	ctx := context.Background()
	mbox, err := s.ExportMbox(ctx, w.t)
	gittest.Must(t, err)
	file := filepath.Join(t.TempDir(), "stack.mbox")
	gittest.Write(t, file, string(mbox))
	gittest.Git(t, w.repo, "checkout", "-q", "--detach", "v1")
	gittest.Git(t, w.repo, "am", "-q", "--committer-date-is-author-date", file)
	if got := gittest.Git(t, w.repo, "rev-parse", "HEAD"); got != head {
		t.Errorf("mbox: git am makes %s, not %s", got, head)
	}

	quilt := t.TempDir()
	names, err := s.ExportQuilt(ctx, w.t, quilt)
	gittest.Must(t, err)
	gittest.Git(t, w.repo, "checkout", "-q", "--detach", "v1")
	list, err := os.ReadFile(filepath.Join(quilt, "series"))
	gittest.Must(t, err)
	for line := range strings.Lines(string(list)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			cmd := exec.Command("patch", "-p1", "-F0", "-s", "-i", filepath.Join(quilt, line))
			cmd.Dir = w.repo
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("patch: %v: %s", err, out)
			}
		}
	}
	gittest.Git(t, w.repo, "add", "-A")
	if got, want := gittest.Git(t, w.repo, "write-tree"), gittest.Git(t, w.repo, "rev-parse", head+"^{tree}"); got != want {
		t.Errorf("quilt: the tree is %s, not %s", got, want)
	}
	gittest.Git(t, w.repo, "reset", "-q", "--hard")
	if len(names) != 5 {
		t.Errorf("%v", names)
	}
	if _, err := s.ExportQuilt(ctx, w.t, quilt); !errors.Is(err, os.ErrExist) {
		t.Errorf("written over: %v", err)
	}

	for range 2 {
		tip, err := s.ExportBranch(ctx, w.t, "next", true)
		gittest.Must(t, err)
		if got := gittest.Git(t, w.repo, "rev-parse", "next^{tree}"); got != gittest.Git(t, w.repo, "rev-parse", head+"^{tree}") {
			t.Errorf("branch: another tree")
		}
		if got := gittest.Git(t, w.repo, "log", "--first-parent", "--format=%s", "v1.."+tip); got != "Merge both\nMerge far" {
			t.Errorf("branch: %s", got)
		}
		gittest.Git(t, w.repo, "fsck", "--strict")
	}
	if _, err := s.ExportBranch(ctx, w.t, "next", false); err == nil {
		t.Error("a branch was moved without --force")
	}
}

// TestQuiltEntry takes quilt's patches, which name neither author nor date: the manifest and the lock do.
func TestQuiltEntry(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	gittest.Write(t, filepath.Join(dir, "series"), "one.patch\n")
	gittest.Write(t, filepath.Join(dir, "one.patch"), "Make it better\n\nIt was not good.\n\n--- a/far\n+++ b/far\n@@ -4,3 +4,3 @@\n far line 3\n-far line 4\n+better\n far line 5\n")
	s, err := Init(w.dir, Tree{Dir: w.repo, Commit: "v1"}, "", []*Entry{{Name: "quilted", Series: Names{filepath.Join(dir, "series")}}})
	gittest.Must(t, err)
	s.Read = w.read
	if _, err := s.Apply(context.Background(), w.t, &ApplyOptions{}); err == nil || hint.Of(err) == "" || !strings.Contains(err.Error(), "names no author") {
		t.Errorf("%v", err)
	}
	gittest.Must(t, s.Remove("quilted"))
	_, err = s.Add(context.Background(), &Entry{Name: "quilted", Series: Names{filepath.Join(dir, "series")}, Author: "Q Uilt <q@example.org>", Trailers: []string{"Origin: ours"}}, "")
	gittest.Must(t, err)
	first := w.apply(t, s)
	if got := gittest.Git(t, w.repo, "log", "-1", "--format=%an%n%(trailers)", "stack"); got != "Q Uilt\nOrigin: ours\n" {
		t.Errorf("%q", got)
	}
	gittest.Must(t, os.RemoveAll(filepath.Join(w.dir, mailsDir)))
	if again := w.apply(t, w.reopen(t, s)); again.Head != first.Head {
		t.Errorf("another day, another commit: %s, was %s", again.Head, first.Head)
	}
}

// TestQuiltIsKnownAgain finds a patch of quilt's, whose diff lacks git's headers, upstream by its patch ID: that of the commit.
func TestQuiltIsKnownAgain(t *testing.T) {
	w := newWorld(t)
	gittest.Git(t, w.repo, "checkout", "-q", "-b", "quilted", "v1")
	w.edit(t, "far", 20, "changed by quilt")
	w.edit(t, "near", 30, "changed by quilt as well")
	w.commit(t, "two files: change")
	dir := t.TempDir()
	gittest.Write(t, filepath.Join(dir, "series"), "one.patch\n")
	diff := gittest.Git(t, w.repo, "diff", "v1", "quilted")
	var plain []string
	for line := range strings.Lines(diff + "\n") {
		if !strings.HasPrefix(line, "diff --git ") && !strings.HasPrefix(line, "index ") {
			plain = append(plain, line)
		}
	}
	gittest.Write(t, filepath.Join(dir, "one.patch"), "Change two files\n\nThat is all.\n\n"+strings.Join(plain, ""))
	s, err := Init(w.dir, Tree{Dir: w.repo, Commit: "v1"}, "", []*Entry{{Name: "quilted", Series: Names{filepath.Join(dir, "series")}, Author: "Q <q@example.org>"}})
	gittest.Must(t, err)
	defer s.Close()
	s.Read = w.read
	w.apply(t, s)
	want, _, _ := strings.Cut(pipe(t, w.repo, diff+"\n", "patch-id", "--stable"), " ")
	if got := s.Lock.Entries[0].Patches[0].PatchID; got != want {
		t.Errorf("patch ID %q, git says %q", got, want)
	}
	o, err := s.Rebase(context.Background(), w.t, "quilted", &ApplyOptions{Check: true})
	gittest.Must(t, err)
	if became(o) != Upstream || o.Patches[0].How != ByPatchID || o.Patches[0].Commit != gittest.Git(t, w.repo, "rev-parse", "quilted") {
		t.Errorf("%+v", o.Patches)
	}
}

// pipe runs git on text.
func pipe(t *testing.T, dir, text string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(text)
	out, err := cmd.Output()
	gittest.Must(t, err)
	return string(out)
}
