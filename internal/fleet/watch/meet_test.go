// SPDX-License-Identifier: GPL-2.0-only

package watch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

func (s *sink) Mails(_ context.Context, hash string) ([]byte, error) { return s.boxes[hash], nil }
func (s *sink) Meet(_ context.Context, m *fleet.Meetings) error {
	clone := *m
	clone.With = slices.Clone(m.With)
	s.meetings[m.ID] = &clone
	return nil
}
func (s *sink) Met(_ context.Context, id string) (*fleet.Meetings, error) { return s.meetings[id], nil }

// mailOf returns the mail that git makes of a change to a file of the tree of a watcher.
func mailOf(t *testing.T, w *Watcher, subject, file string, change func(string) string) []byte {
	t.Helper()
	trees := filepath.Join(t.TempDir(), "tree")
	if err := os.CopyFS(trees, os.DirFS("../../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	git(t, trees, "", "init", "-q")
	git(t, trees, "", "add", "-A", "-f")
	git(t, trees, "", "commit", "-q", "-m", "base")
	text, err := os.ReadFile(filepath.Join(trees, file))
	if err != nil {
		t.Fatal(err)
	}
	changed := change(string(text))
	if changed == string(text) {
		t.Fatalf("%s: nothing changes", file)
	}
	write(t, filepath.Join(trees, file), changed)
	title, version := subject, "1"
	if before, after, ok := strings.Cut(subject, " v"); ok {
		title, version = before, after
	}
	git(t, trees, "", "commit", "-q", "-a", "-s", "-m", title+"\n\nFor a reason.")
	cmd := exec.Command("git", "format-patch", "-1", "--stdout", "-v"+version, "--add-header=Message-ID: <"+strings.ReplaceAll(subject, " ", "-")+"@x>")
	cmd.Dir, cmd.Env = trees, run.GitEnv()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	_, raw, _ := strings.Cut(string(out), "\n")
	return []byte(raw)
}

func swap(old, new string) func(string) string {
	return func(text string) string { return strings.Replace(text, old, new, 1) }
}

// met lists who is in whose way.
func (s *sink) met() []string {
	var out []string
	for id, m := range s.meetings {
		for _, with := range m.With {
			out = append(out, fmt.Sprintf("%s, %s: %s, %v, %d", strings.TrimSuffix(id, "@x"), strings.TrimSuffix(with.ID, "@x"), with.Order, with.Files, len(with.Conflicts)))
		}
	}
	slices.Sort(out)
	return out
}

// TestMeetings: of series of a list that are pending, those that change the same lines are told of each other, whichever came
// first and whether or not the watcher began anew; others are not; and a version that is in nobody's way any more takes the word back.
func TestMeetings(t *testing.T) {
	t.Parallel()
	a, now := newArchive(t), time.Now()
	w, s := newWatcher(t, "inbox:"+a.dir, oneTree)
	const file = "include/linux/lsm_hook_defs.h"
	lines := strings.SplitAfter(readAll(t, file), "\n")
	early, late := lines[5], lines[len(lines)-2]
	a.add(now, mailOf(t, w, "one", file, swap(early, "first of one\n"+early)))
	a.add(now, mailOf(t, w, "far", file, swap(late, late+"at the end\n")))
	a.add(now, mailOf(t, w, "else", "kernel/fork.c", swap("u64 clone_flags", "u64 flags")))
	if n := w.mustLook(t); n != 3 {
		t.Errorf("%d jobs", n)
	}
	if met := s.met(); len(met) != 0 {
		t.Errorf("in each other's way: %q", met)
	}
	if m := s.meetings["far@x"]; m == nil || m.Compared != 1 || !m.Fits || len(m.Base) != 40 {
		if m := s.meetings["one@x"]; m == nil || m.Compared != 1 {
			t.Errorf("%+v", s.meetings)
		}
	}
	again := &Watcher{Lists: w.Lists, Planner: w.Planner, Queue: s, Note: t.Logf}
	a.add(now, mailOf(t, w, "two", file, swap(early, "first of two\n"+early)))
	again.mustLook(t)
	want := []string{"one, two: none, [include/linux/lsm_hook_defs.h], 1", "two, one: none, [include/linux/lsm_hook_defs.h], 1"}
	if diff := cmp.Diff(want, s.met()); diff != "" {
		t.Error(diff)
	}
	a.add(now, mailOf(t, w, "one v2", file, swap(late, "elsewhere\n"+late)))
	again.mustLook(t)
	for _, line := range s.met() {
		if strings.HasPrefix(line, "two, ") {
			t.Errorf("still: %s", line)
		}
	}
}

func readAll(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../testdata/minilinux", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// besides returns a watcher that has one series, and n others, "0@x" and on, with the mails of that.
func besides(t *testing.T, n int) (w *Watcher, s *sink, one *pending, others []*pending) {
	t.Helper()
	a := newArchive(t)
	w, s = newWatcher(t, "inbox:"+a.dir, oneTree)
	a.add(time.Now(), mailOf(t, w, "one", "kernel/fork.c", swap("u64 clone_flags", "u64 flags")))
	w.mustLook(t)
	one = w.waiting["lsm"][s.jobs[0].Series.Family]
	for i := range n {
		other := *one
		other.ID = fmt.Sprint(i, "@x")
		others = append(others, &other)
	}
	return w, s, one, others
}

// TestMeetingsLimit: a series is held against so many others and no more, the newest first, and says how many are left out.
func TestMeetingsLimit(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	w, s, one, others := besides(t, limit.Meetings+3)
	if err := w.meetOne(t.Context(), one, others); err != nil {
		t.Fatal(err)
	}
	if m := s.meetings["one@x"]; m == nil || m.LeftOut != 3 || m.Compared != limit.Meetings || s.meetings["29@x"] == nil || s.meetings["30@x"] != nil {
		t.Errorf("%+v", m)
	}
}

// TestMeetingsSize: so many bytes of mails are held in memory for the others, and those that would be more are left out, of which
// there once were as many as there may be series.
func TestMeetingsSize(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	w, s, one, others := besides(t, 4)
	long := *others[1]
	long.Mails = "long"
	others[1], s.boxes["long"] = &long, append(slices.Clone(s.boxes[one.Mails]), make([]byte, 2*len(s.boxes[one.Mails]))...)
	w.meetBytes = 2*len(s.boxes[one.Mails]) + 1
	if err := w.meetOne(t.Context(), one, others); err != nil {
		t.Fatal(err)
	}
	if m := s.meetings["one@x"]; m == nil || m.LeftOut != 2 || m.Compared != 2 || s.meetings["0@x"] == nil || s.meetings["1@x"] != nil || s.meetings["2@x"] == nil || s.meetings["3@x"] != nil {
		t.Errorf("%+v", s.meetings)
	}
}
