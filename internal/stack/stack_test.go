// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/land"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// A world is a repository with two releases, and series for the first: "far" moves lines, "near" is in the second release
// already, "both" adds to what the second release rewrote.
type world struct {
	repo, dir string
	branch    string // of its stack
	t         *tree.Tree
}

// edit replaces line n, from 1, of a file of the repository.
func (w *world) edit(t *testing.T, file string, n int, text string) {
	t.Helper()
	name := filepath.Join(w.repo, file)
	data, err := os.ReadFile(name)
	gittest.Must(t, err)
	lines := strings.SplitAfter(string(data), "\n")
	lines[n-1] = text + "\n"
	gittest.Write(t, name, strings.Join(lines, ""))
}

func (w *world) commit(t *testing.T, title string) {
	t.Helper()
	gittest.Git(t, w.repo, "add", "-A")
	gittest.Git(t, w.repo, "commit", "-q", "-m", title+"\n\nWhy it is so.\n\nSigned-off-by: A U Thor <author@example.org>")
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: filepath.Join(t.TempDir(), "stack")}
	w.repo = gittest.Copied(t, "world", func(dir string) { makeWorld(t, dir) })
	var err error
	w.t, err = land.Open(w.repo)
	gittest.Must(t, err)
	t.Cleanup(func() { w.t.Close() })
	return w
}

// makeWorld makes the repository of a world in an empty folder.
func makeWorld(t *testing.T, dir string) {
	t.Helper()
	w := &world{repo: dir}
	gittest.Git(t, w.repo, "init", "-q", "-b", "main")
	gittest.Git(t, w.repo, "config", "user.name", "C O Mitter")
	gittest.Git(t, w.repo, "config", "user.email", "committer@example.org")
	for _, file := range []string{"far", "near", "both", "dir/other"} {
		gittest.Write(t, filepath.Join(w.repo, file), gittest.Lines(file, 40))
	}
	w.commit(t, "first release")
	gittest.Git(t, w.repo, "tag", "v1")
	for _, series := range []struct {
		name  string
		edits [][2]any // file and line
	}{
		{"far", [][2]any{{"far", 20}, {"far", 30}}},
		{"near", [][2]any{{"near", 20}}},
		{"both", [][2]any{{"both", 10}, {"both", 20}}},
	} {
		gittest.Git(t, w.repo, "checkout", "-q", "-b", series.name, "v1")
		for i, e := range series.edits {
			w.edit(t, e[0].(string), e[1].(int), fmt.Sprintf("changed by %s %d", series.name, i+1))
			w.commit(t, fmt.Sprintf("%s: change %d", series.name, i+1))
		}
	}
	gittest.Git(t, w.repo, "checkout", "-q", "main")
	far, err := os.ReadFile(filepath.Join(w.repo, "far"))
	gittest.Must(t, err)
	gittest.Write(t, filepath.Join(w.repo, "far"), "a line more\nand one\n"+string(far))
	w.commit(t, "far: longer")
	w.edit(t, "both", 20, "rewritten in the second release")
	w.commit(t, "both: rewritten")
	gittest.Git(t, w.repo, "cherry-pick", "near")
	gittest.Git(t, w.repo, "tag", "v2")
}

// mbox writes the commits of a branch since v1 as mails.
func (w *world) mbox(t *testing.T, branch string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), branch+".mbox")
	gittest.Write(t, name, gittest.Git(t, w.repo, "format-patch", "--stdout", "v1.."+branch)+"\n")
	return name
}

// stack makes a stack of these series at v1.
func (w *world) stack(t *testing.T, names ...string) *Stack {
	t.Helper()
	var entries []*Entry
	for _, name := range names {
		entries = append(entries, &Entry{Name: name, Series: Names{w.mbox(t, name)}})
	}
	s, err := Init(w.dir, Tree{Dir: w.repo, Commit: "v1"}, w.branch, entries)
	gittest.Must(t, err)
	t.Cleanup(func() { s.Close() })
	s.Read = w.read
	return s
}

func (w *world) read(ctx context.Context, names []string) ([]*patchset.Set, error) {
	return series.Open(ctx, names, &series.Options{Range: func(ctx context.Context, spec string) ([]byte, error) { return w.t.FormatPatches(ctx, spec) }})
}

// reopen is what another process sees.
func (w *world) reopen(t *testing.T, s *Stack) *Stack {
	t.Helper()
	gittest.Must(t, s.Close())
	again, err := Open(s.Dir)
	gittest.Must(t, err)
	t.Cleanup(func() { again.Close() })
	again.Read = w.read
	return again
}

func (w *world) apply(t *testing.T, s *Stack) *Outcome {
	t.Helper()
	o, err := s.Apply(context.Background(), w.t, &ApplyOptions{})
	gittest.Must(t, err)
	if !o.Complete() {
		t.Fatalf("not complete: %+v", o)
	}
	return o
}

// state is everything of the stack's folder and the repository's refs.
func (w *world) state(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	gittest.Must(t, filepath.WalkDir(w.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		fmt.Fprintf(&b, "%s %q\n", name, data)
		return err
	}))
	return b.String() + gittest.Git(t, w.repo, "for-each-ref") + gittest.Git(t, w.repo, "status", "--porcelain")
}

func became(o *Outcome) string {
	var list []string
	for _, p := range o.Patches {
		list = append(list, p.Became)
	}
	return strings.Join(list, ", ")
}

// TestApplyAsGitAm holds the stack's commits against git am, entry by entry; and they are the same ones without the sources,
// and in another clone.
func TestApplyAsGitAm(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, "far", "near", "both")
	gittest.Git(t, w.repo, "checkout", "-q", "--detach", "v1")
	for _, e := range s.Manifest.Entries {
		gittest.Git(t, w.repo, "am", "-q", "--committer-date-is-author-date", e.Series[0])
	}
	want := gittest.Git(t, w.repo, "rev-parse", "HEAD")
	o := w.apply(t, s)
	if o.Head != want || gittest.Git(t, w.repo, "rev-parse", "stack") != want {
		t.Errorf("the stack is at %s, git am at %s", o.Head, want)
	}

	for _, e := range s.Manifest.Entries {
		gittest.Must(t, os.Remove(e.Series[0]))
	}
	clone := filepath.Join(t.TempDir(), "clone")
	gittest.Git(t, w.repo, "clone", "-q", "--no-checkout", "-b", "main", w.repo, clone)
	other, err := land.Open(clone)
	gittest.Must(t, err)
	defer other.Close()
	o, err = w.reopen(t, s).Apply(context.Background(), other, &ApplyOptions{Locked: true})
	if err != nil || o.Head != want {
		t.Errorf("in a clone, without the sources: %+v, %v", o, err)
	}
}

// TestTwoFilesAreEnough applies a stack of which only manifest and lock were copied: the mails come from the source, and must be
// those that were locked.
func TestTwoFilesAreEnough(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, "far")
	want := w.apply(t, s).Head
	gittest.Must(t, os.RemoveAll(filepath.Join(w.dir, mailsDir)))
	s = w.reopen(t, s)
	if o := w.apply(t, s); o.Head != want {
		t.Errorf("%s, was %s", o.Head, want)
	}
	gittest.Must(t, os.RemoveAll(filepath.Join(w.dir, mailsDir)))
	source := s.Manifest.Entries[0].Series[0]
	data, err := os.ReadFile(source)
	gittest.Must(t, err)
	gittest.Write(t, source, strings.Replace(string(data), "changed by far 1", "changed by somebody", -1))
	_, err = w.reopen(t, s).Apply(context.Background(), w.t, &ApplyOptions{})
	if err == nil || !strings.Contains(err.Error(), "no longer has v1") || hint.Of(err) == "" {
		t.Errorf("another source: %v", err)
	}
}

// TestRebaseAsGit takes series to the second release: what git rebase does without a hand is what comes out, commit for
// commit.
func TestRebaseAsGit(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, "far", "near")
	w.apply(t, s)
	gittest.Git(t, w.repo, "checkout", "-q", "-b", "theirs", "stack")
	gittest.Git(t, w.repo, "rebase", "-q", "--committer-date-is-author-date", "--onto", "v2", "v1")
	want := gittest.Git(t, w.repo, "rev-parse", "HEAD")
	o, err := s.Rebase(context.Background(), w.t, "v2", &ApplyOptions{})
	gittest.Must(t, err)
	if o.Head != want || gittest.Git(t, w.repo, "rev-parse", "stack") != want {
		t.Errorf("rebased to %s, git rebase to %s:\n%s", o.Head, want, gittest.Git(t, w.repo, "diff", want, o.Head))
	}
	if got := became(o); got != "moved, moved, upstream" || o.Patches[0].Offset != 2 {
		t.Errorf("%s, %+v", got, o.Patches)
	}
	cherry := gittest.Git(t, w.repo, "log", "--format=%H", "-1", "--grep=near: change 1", "v2")
	if p := o.Patches[2]; p.Commit != cherry || p.How != ByPatchID {
		t.Errorf("upstream by %s in %s; it is in %s", p.How, p.Commit, cherry)
	}
	s = w.reopen(t, s)
	if s.Manifest.Tree.Commit != "v2" {
		t.Errorf("the manifest names %s", s.Manifest.Tree.Commit)
	}
	if o := w.apply(t, s); o.Head != want || became(o) != "moved, moved, upstream" {
		t.Errorf("applied again: %s, %s", o.Head, became(o))
	}
}

// TestUpstreamNeedsACommit keeps what the new base has not: a patch whose title a commit has, with another change, is a
// conflict that names the commit.
func TestUpstreamNeedsACommit(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, "both")
	w.apply(t, s)
	gittest.Git(t, w.repo, "checkout", "-q", "v2")
	w.edit(t, "both", 20, "changed in yet another way")
	w.commit(t, "both: change 2")
	gittest.Git(t, w.repo, "tag", "v3")
	before := w.state(t)
	o, err := s.Rebase(context.Background(), w.t, "v3", &ApplyOptions{})
	gittest.Must(t, err)
	if became(o) != "as it is, conflict" || o.Next == "" {
		t.Errorf("%s; next: %s", became(o), o.Next)
	}
	if text := o.Patches[1].Conflicts[0].Hint; !strings.Contains(text, gittest.Git(t, w.repo, "rev-parse", "--short=12", "v3")) {
		t.Errorf("hint %q", text)
	}
	if after := w.state(t); after != before {
		t.Errorf("a stack that is not complete changed something:\n%s\n%s", before, after)
	}
}

// TestNoSecondTime leaves out what the base has although its context stands once more elsewhere, where git would put it in a
// second time.
func TestNoSecondTime(t *testing.T) {
	w := newWorld(t)
	gittest.Git(t, w.repo, "checkout", "-q", "-b", "twins", "v1")
	same := "head\none\ntwo\nthree\ntail\n"
	gittest.Write(t, filepath.Join(w.repo, "twins"), same+gittest.Lines("between", 20)+same)
	w.commit(t, "twins: two of them")
	gittest.Git(t, w.repo, "tag", "two")
	w.edit(t, "twins", 3, "two\nand a half")
	w.commit(t, "twins: change the first")
	sets, err := w.read(context.Background(), []string{"two..twins"})
	gittest.Must(t, err)
	s, err := Init(w.dir, Tree{Dir: w.repo, Commit: "two"}, "", []*Entry{{Name: "twins", Series: Names{"two..twins"}}})
	gittest.Must(t, err)
	defer s.Close()
	s.Read = w.read
	w.apply(t, s)
	// The same content in another commit, so that no patch ID tells.
	gittest.Git(t, w.repo, "checkout", "-q", "-b", "release", "two")
	w.edit(t, "twins", 3, "two\nand a half")
	w.edit(t, "far", 1, "another change in the same commit")
	w.commit(t, "release: all at once")
	o, err := s.Rebase(context.Background(), w.t, "release", &ApplyOptions{})
	gittest.Must(t, err)
	if became(o) != Upstream || o.Patches[0].How != ByContent || o.Patches[0].Commit != gittest.Git(t, w.repo, "rev-parse", "release") {
		t.Errorf("%d patch: %+v", len(sets[0].Patches), o.Patches)
	}
}

// TestBelow leaves a patch out that the base has below a later one: alone it would fit, and undo what the later one did.
func TestBelow(t *testing.T) {
	w := newWorld(t)
	gittest.Git(t, w.repo, "checkout", "-q", "-b", "below", "v1")
	far, err := os.ReadFile(filepath.Join(w.repo, "far"))
	gittest.Must(t, err)
	w.edit(t, "far", 10, "far line 9\nmarked as broken")
	w.commit(t, "far: mark as broken")
	gittest.Write(t, filepath.Join(w.repo, "far"), string(far))
	w.edit(t, "near", 10, "mended")
	w.commit(t, "far: mend")
	gittest.Git(t, w.repo, "checkout", "-q", "-b", "release", "v1")
	gittest.Git(t, w.repo, "checkout", "-q", "below", "--", ".")
	w.commit(t, "release: all at once")
	s := w.stack(t, "below")
	w.apply(t, s)
	o, err := s.Rebase(context.Background(), w.t, "release", &ApplyOptions{})
	gittest.Must(t, err)
	if became(o) != "upstream, upstream" || o.Head != gittest.Git(t, w.repo, "rev-parse", "release") {
		t.Errorf("%s", became(o))
	}
}

// TestMergedIsRemembered rebases by a three-way merge, and applies the result where the merge could not be made again.
func TestMergedIsRemembered(t *testing.T) {
	w := newWorld(t)
	gittest.Git(t, w.repo, "checkout", "-q", "v1")
	w.edit(t, "dir/other", 20, "changed by the merge")
	w.commit(t, "merge: change")
	gittest.Git(t, w.repo, "branch", "merge")
	gittest.Git(t, w.repo, "checkout", "-q", "v1")
	w.edit(t, "dir/other", 17, "context that moved on")
	w.commit(t, "other: next to it")
	gittest.Git(t, w.repo, "tag", "v4")
	s := w.stack(t, "merge")
	w.apply(t, s)
	o, err := s.Rebase(context.Background(), w.t, "v4", &ApplyOptions{})
	gittest.Must(t, err)
	if became(o) != "merged" {
		t.Fatalf("%s", became(o))
	}
	if last := s.Lock.Entries[0].Patches[0].History; last[len(last)-1].Became != Merged {
		t.Errorf("the history says %+v", last)
	}
	if again := w.apply(t, w.reopen(t, s)); again.Head != o.Head || became(again) != "resolved" {
		t.Errorf("%s: %s, was %s", became(again), again.Head, o.Head)
	}
}

// TestOthersBranch moves no branch that has commits of others, and moves one of a run that was killed.
func TestOthersBranch(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, "far")
	gittest.Git(t, w.repo, "branch", "stack", "near")
	_, err := s.Apply(context.Background(), w.t, &ApplyOptions{})
	if err == nil || !strings.Contains(err.Error(), "did not make") {
		t.Fatalf("%v", err)
	}
	if _, err := s.Apply(context.Background(), w.t, &ApplyOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	// Killed after the branch moved and before the lock was written:
	gittest.Must(t, os.Remove(filepath.Join(w.dir, LockName)))
	s = w.reopen(t, s)
	if _, err := s.Apply(context.Background(), w.t, &ApplyOptions{}); err != nil {
		t.Error(err)
	}
}

// TestUpdate takes a newer version, shows the difference, and keeps what is known of patches that did not change.
func TestUpdate(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, "far")
	first := w.apply(t, s)
	source := s.Manifest.Entries[0].Series[0]
	data, err := os.ReadFile(source)
	gittest.Must(t, err)
	newer := strings.ReplaceAll(strings.ReplaceAll(string(data), "[PATCH ", "[PATCH v2 "), "changed by far 2", "changed better by far 2")
	gittest.Write(t, source, newer)
	updates, o, err := s.Update(context.Background(), w.t, nil, false)
	gittest.Must(t, err)
	if len(updates) != 1 || updates[0].From != 1 || updates[0].To != 2 || updates[0].Diff == nil || !o.Complete() {
		t.Fatalf("%+v, %+v", updates, o)
	}
	if pairs := updates[0].Diff.Pairs; pairs[0].Status != "unchanged" || pairs[1].Status != "code changed" {
		t.Errorf("%+v", pairs)
	}
	s = w.reopen(t, s)
	second := w.apply(t, s)
	if second.Head == first.Head || second.Patches[0].Commit != first.Patches[0].Commit {
		t.Errorf("%+v, was %+v", second, first)
	}

	gittest.Write(t, source, strings.ReplaceAll(strings.ReplaceAll(newer, "v2", "v3"), "far line 19", "far line that never was"))
	s = w.reopen(t, s)
	lock, err := os.ReadFile(filepath.Join(w.dir, LockName))
	gittest.Must(t, err)
	_, o, err = s.Update(context.Background(), w.t, []string{"far"}, false)
	gittest.Must(t, err)
	if o.Complete() || o.Next == "" {
		t.Errorf("v3 does not fit, and yet: %+v", o)
	}
	if after, err := os.ReadFile(filepath.Join(w.dir, LockName)); err != nil || string(after) != string(lock) {
		t.Errorf("the lock changed: %v\n%s", err, after)
	}
}

// TestConflicts holds series against each other in both orders.
func TestConflicts(t *testing.T) {
	w := newWorld(t)
	gittest.Git(t, w.repo, "checkout", "-q", "-b", "rival", "v1")
	w.edit(t, "far", 30, "changed by a rival")
	w.commit(t, "rival: change")
	gittest.Git(t, w.repo, "checkout", "-q", "-b", "apart", "v1")
	w.edit(t, "far", 5, "changed far from the others")
	w.commit(t, "apart: change")
	gittest.Git(t, w.repo, "checkout", "-q", "-b", "onlater", "v2")
	w.edit(t, "both", 20, "changed after the second release")
	w.commit(t, "later: change")
	var members []Member
	for _, name := range []string{"far", "rival", "apart", "near"} {
		sets, err := w.read(context.Background(), []string{w.mbox(t, name)})
		gittest.Must(t, err)
		members = append(members, Member{Name: name, Set: sets[0]})
	}
	sets, err := w.read(context.Background(), []string{"v2..onlater"})
	gittest.Must(t, err)
	members = append(members, Member{Name: "later", Set: sets[0]})
	base, err := w.t.Snapshot("v1")
	gittest.Must(t, err)
	c, err := Conflicts(context.Background(), base, members)
	gittest.Must(t, err)
	if c.Compared != 3 || len(c.Pairs) != 1 || c.Pairs[0].A != "far" || c.Pairs[0].B != "rival" || c.Pairs[0].Order != "none" || len(c.Pairs[0].Conflicts) == 0 {
		t.Errorf("%+v", c)
	}
	if len(c.Unfit) != 1 || c.Unfit[0].Name != "later" {
		t.Errorf("unfit: %+v", c.Unfit)
	}
}

// TestExplain names patches in every way.
func TestExplain(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, "far", "near")
	w.apply(t, s)
	_, err := s.Rebase(context.Background(), w.t, "v2", &ApplyOptions{})
	gittest.Must(t, err)
	for _, spec := range []string{"near/1", "near: change", s.Lock.Entries[1].Patches[0].PatchID[:12]} {
		found, err := s.Explain(spec)
		if err != nil || len(found) != 1 || found[0].Entry != "near" || len(found[0].History) != 2 || found[0].History[1].Became != Upstream {
			t.Errorf("%s: %+v, %v", spec, found, err)
		}
	}
	if _, err := s.Explain("nothing of ours"); err == nil {
		t.Error("found what is not there")
	}
}

// TestCheckSteps puts each entry on those before it.
func TestCheckSteps(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, "far", "near")
	w.apply(t, s)
	s.Manifest.Entries[1].Config, s.Manifest.Entries[1].Tests = []string{"CONFIG_NEAR=y"}, []string{"lsm"}
	steps, err := s.CheckSteps(context.Background(), w.t, nil)
	gittest.Must(t, err)
	var bases []string
	for _, step := range steps {
		bases = append(bases, fmt.Sprint(step.Base, len(step.Set.Patches)))
		if near := step.Name != "far"; near != slices.Equal(step.Config, []string{"CONFIG_NEAR=y"}) || near != slices.Equal(step.Tests, []string{"lsm"}) {
			t.Errorf("%s is built with %v and tested by %v", step.Name, step.Config, step.Tests)
		}
	}
	second := s.Lock.Entries[0].Patches[1].Commit
	if want := []string{s.Lock.Base + "2", second + "1", s.Lock.Base + "3"}; !slices.Equal(bases, want) {
		t.Errorf("%v, not %v", bases, want)
	}
}

// TestBusy lets nobody else change a stack.
func TestBusy(t *testing.T) {
	w := newWorld(t)
	w.stack(t, "far")
	if _, err := Open(w.dir); !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
	if _, err := View(w.dir); err != nil {
		t.Errorf("reading: %v", err)
	}
}
