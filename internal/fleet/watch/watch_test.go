// SPDX-License-Identifier: GPL-2.0-only

package watch

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// sink notes what it is given.
type sink struct {
	jobs       []*fleet.Job
	superseded map[string]string
	trailers   map[string][]string
	boxes      map[string][]byte
	meetings   map[string]*fleet.Meetings
	dir        string // where the tree is
}

func (s *sink) Say(_ context.Context, id string, trailers []string) error {
	s.trailers[id] = trailers
	return nil
}

func (s *sink) Submit(_ context.Context, jobs []*fleet.Job, box []byte) (int, error) {
	if len(jobs) > 0 {
		s.boxes[jobs[0].Series.Mails] = box
	}
	s.jobs = append(s.jobs, jobs...)
	return len(jobs), nil
}

func (s *sink) Supersede(_ context.Context, keys []string, by string) error {
	for _, key := range keys {
		s.superseded[key] = by
	}
	return nil
}

func (s *sink) Known(context.Context) ([]*fleet.Job, error) { return s.jobs, nil }

// said lists the jobs: version, branch, and what took their place.
func (s *sink) said() []string {
	var out []string
	for _, j := range s.jobs {
		line := fmt.Sprintf("v%d %s", j.Series.Version, j.Tree.Branch)
		if s.superseded[j.Key] != "" {
			line += " superseded"
		}
		out = append(out, line)
	}
	return out
}

func git(t *testing.T, dir, date string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = run.GitEnv("GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@x", "GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@x", "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// archive is a public-inbox that grows, with one epoch.
type archive struct {
	t          *testing.T
	dir, epoch string
}

func newArchive(t *testing.T) *archive {
	dir := t.TempDir()
	return beginArchive(t, dir, filepath.Join(dir, "git", "0.git"))
}

func beginArchive(t *testing.T, dir, epoch string) *archive {
	a := &archive{t: t, dir: dir, epoch: epoch}
	write(t, filepath.Join(epoch, "m"), "Subject: welcome\nMessage-ID: <w@x>\n\nHello.\n")
	git(t, epoch, "", "init", "-q")
	a.commit(time.Now())
	return a
}

func (a *archive) commit(when time.Time) {
	date := when.Format(time.RFC3339)
	git(a.t, a.epoch, date, "add", "m")
	git(a.t, a.epoch, date, "commit", "-q", "-m", "mail")
}

func (a *archive) add(when time.Time, mails ...[]byte) {
	for _, raw := range mails {
		write(a.t, filepath.Join(a.epoch, "m"), string(raw))
		a.commit(when)
	}
}

// carried returns the mails of a version of the carried series.
func carried(t *testing.T, name string) [][]byte {
	t.Helper()
	set, ok := patchset.Builtin(name)
	if !ok {
		t.Fatalf("no %s", name)
	}
	var mails [][]byte
	for _, m := range set.Mails {
		_, raw, _ := strings.Cut(string(m.Raw), "\n") // without the line of the mailbox
		mails = append(mails, []byte(raw))
	}
	return mails
}

// newWatcher watches a list, with a matrix of a tree and what more says.
func newWatcher(t *testing.T, from, more string) (*Watcher, *sink) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "linux"), os.DirFS("../../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	tree := filepath.Join(dir, "linux")
	git(t, tree, "", "init", "-q")
	git(t, tree, "", "add", "-A", "-f")
	git(t, tree, "", "commit", "-q", "-m", "base")
	git(t, filepath.Join(dir), "", "init", "-q", "empty")
	git(t, filepath.Join(dir, "empty"), "", "commit", "-q", "--allow-empty", "-m", "empty")
	write(t, filepath.Join(dir, "site.toml"), more+"\n[[list]]\nname = \"lsm\"\nfrom = \""+from+"\"\n")
	m, err := fleet.LoadMatrix(filepath.Join(dir, "site.toml"))
	if err != nil {
		t.Fatal(err)
	}
	planner, err := fleet.NewPlanner(m, "lsmpatch test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(planner.Close)
	s := &sink{dir: dir, superseded: map[string]string{}, trailers: map[string][]string{}, boxes: map[string][]byte{}, meetings: map[string]*fleet.Meetings{}}
	return &Watcher{Lists: m.Lists, Planner: planner, Queue: s, Note: t.Logf}, s
}

const oneTree = "[[tree]]\nname = \"mini\"\ndir = \"linux\"\n"

func (w *Watcher) mustLook(t *testing.T) int {
	t.Helper()
	n, err := w.Look(t.Context(), &w.Lists[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestVersionsComeAndGo: a series becomes a job once it is whole, a reply makes none, a newer version takes the place of the
// older one, and a watcher that begins anew knows all that.
func TestVersionsComeAndGo(t *testing.T) {
	t.Parallel()
	a, v1, v2, now := newArchive(t), carried(t, "rust-lsm-v1"), carried(t, "rust-lsm"), time.Now()
	w, s := newWatcher(t, "inbox:"+a.dir, oneTree)
	last := len(v1) - 1
	a.add(now, v1[:last]...)
	if n := w.mustLook(t); n != 0 {
		t.Errorf("%d jobs of a part of a series", n)
	}
	a.add(now, v1[last])
	if n := w.mustLook(t); n != 1 {
		t.Errorf("%d jobs", n)
	}
	a.add(now, []byte("From: R <r@x>\nSubject: Re: [PATCH 1/5]\nMessage-ID: <r@x>\nIn-Reply-To: <lsmpatch-rust-lsm-v1-1@example.org>\n\nReviewed-by: R <r@x>\n"))
	if n := w.mustLook(t) + w.mustLook(t); n != 0 {
		t.Errorf("%d jobs of a reply", n)
	}
	if said := fmt.Sprint(s.trailers); !strings.Contains(said, "patch 1: Reviewed-by: R <r@x>") {
		t.Errorf("trailers: %s", said)
	}
	again := &Watcher{Lists: w.Lists, Planner: w.Planner, Queue: s}
	a.add(now, v2...)
	if n := again.mustLook(t); n != 1 {
		t.Errorf("%d jobs of v2", n)
	}
	if diff := cmp.Diff([]string{"v1 HEAD superseded", "v2 HEAD"}, s.said()); diff != "" {
		t.Error(diff)
	}
	third := &Watcher{Lists: w.Lists, Planner: w.Planner, Queue: s}
	if n := third.mustLook(t); n != 0 {
		t.Errorf("%d jobs of what is known", n)
	}
}

// TestRetitled: a version with another title, in answer to the one before, is of its family. It once was a series of its own, and the
// branch of all that passed had both.
func TestRetitled(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	a := newArchive(t)
	w, s := newWatcher(t, "inbox:"+a.dir, oneTree)
	for i, raw := range [][]byte{
		mailOf(t, w, "security: one", "kernel/fork.c", func(text string) string { return text + "\n/* one */\n" }),
		bytes.Replace(mailOf(t, w, "lsm: another v2", "kernel/fork.c", func(text string) string { return text + "\n/* two */\n" }),
			[]byte("Message-ID:"), []byte("In-Reply-To: <security:-one@x>\nMessage-ID:"), 1),
	} {
		a.add(time.Now(), raw)
		if n := w.mustLook(t); n != 1 {
			t.Errorf("mail %d: %d jobs", i, n)
		}
	}
	if diff := cmp.Diff([]string{"v1 HEAD superseded", "v2 HEAD"}, s.said()); diff != "" {
		t.Error(diff)
	}
	if len(s.jobs) != 2 || s.jobs[0].Series.Family != s.jobs[1].Series.Family {
		t.Errorf("%+v", s.jobs)
	}
}

// TestPlainClone: an archive that is one repository with a worktree is watched as well. It once was looked at once: nothing
// of a folder changes when a mail comes.
func TestPlainClone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := beginArchive(t, dir, dir)
	w, _ := newWatcher(t, "inbox:"+dir, oneTree)
	if n := w.mustLook(t); n != 0 {
		t.Errorf("%d jobs of nothing", n)
	}
	a.add(time.Now(), carried(t, "rust-lsm")...)
	if n := w.mustLook(t); n != 1 {
		t.Errorf("%d jobs", n)
	}
}

// TestWindow: what came long ago is left alone, but for a replay.
func TestWindow(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.add(time.Now().AddDate(0, -2, 0), carried(t, "rust-lsm-v1")...)
	a.add(time.Now().AddDate(0, -2, 0), carried(t, "rust-lsm")...)
	w, s := newWatcher(t, "inbox:"+a.dir, oneTree)
	if n := w.mustLook(t); n != 0 {
		t.Errorf("%d jobs", n)
	}
	if n, err := w.Replay(t.Context(), &w.Lists[0], time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil || n != 2 {
		t.Errorf("%d jobs, %v", n, err)
	}
	if diff := cmp.Diff([]string{"v1 HEAD superseded", "v2 HEAD"}, s.said()); diff != "" {
		t.Error(diff)
	}
}

// TestMaildir: a maildir is watched as well.
func TestMaildir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w, _ := newWatcher(t, dir, oneTree)
	if n := w.mustLook(t); n != 0 {
		t.Errorf("%d jobs of nothing", n)
	}
	for i, raw := range carried(t, "rust-lsm") {
		write(t, filepath.Join(dir, "new", fmt.Sprintf("%d.x", i)), string(raw))
	}
	if n := w.mustLook(t); n != 1 {
		t.Errorf("%d jobs", n)
	}
}

// TestTreesInOrder: the first tree on which a series applies is taken; where there is none, the first says so.
func TestTreesInOrder(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	empty := "[[tree]]\nname = \"empty\"\ndir = \"empty\"\nbranches = [\"auto\"]\n"
	mini := "[[tree]]\nname = \"mini\"\ndir = \"linux\"\nbranches = [\"auto\"]\n"
	for trees, want := range map[string]string{"first = true\n" + empty + mini: "mini", "first = true\n" + mini + empty: "mini", empty: "empty", mini + "[[tree]]\nname = \"head\"\ndir = \"empty\"\n": "mini head"} {
		a := newArchive(t)
		a.add(time.Now(), carried(t, "rust-lsm")...)
		w, s := newWatcher(t, "inbox:"+a.dir, trees)
		w.mustLook(t)
		var names []string
		for _, j := range s.jobs {
			names = append(names, j.Tree.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s%s, want %s", trees, got, want)
		}
	}
}

// TestPatchwork: the series of a project that are whole become jobs, over several pages, each once; a newer version takes the
// place of the older one, and a mailbox on another server is not asked for.
func TestPatchwork(t *testing.T) {
	t.Parallel()
	boxes := map[string]string{}
	for name, file := range map[string]string{"/1/mbox": "rust-lsm-v1", "/2/mbox": "rust-lsm"} {
		set, _ := patchset.Builtin(file)
		for _, m := range set.Mails[1:] {
			boxes[name] += string(m.Raw) + "\n"
		}
	}
	asked := map[string]int{}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	more := ""
	mux.HandleFunc("GET /{id}/mbox", func(rw http.ResponseWriter, r *http.Request) { asked[r.URL.Path]++; fmt.Fprint(rw, boxes[r.URL.Path]) })
	mux.HandleFunc("GET /api/series/", func(rw http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("project") != "lsm" || q.Get("since") == "" {
			t.Errorf("%s", r.URL)
		}
		if r.URL.Query().Get("page") == "1" { // a whole page, so that there is another
			fmt.Fprintf(rw, "[%s{\"id\": 1, \"received_all\": true, \"mbox\": \"%s/1/mbox\"}]", strings.Repeat("{\"id\": 7, \"received_all\": false},", 99), server.URL)
			return
		}
		fmt.Fprintf(rw, "[%s]", more)
	})
	w, s := newWatcher(t, "patchwork:"+server.URL+"/project/lsm", oneTree)
	if n := w.mustLook(t); n != 1 {
		t.Errorf("%d jobs", n)
	}
	more = fmt.Sprintf("{\"id\": 2, \"received_all\": true, \"mbox\": \"%s/2/mbox\"}", server.URL)
	if n := w.mustLook(t) + w.mustLook(t); n != 1 {
		t.Errorf("%d jobs of v2", n)
	}
	if diff := cmp.Diff([]string{"v1 HEAD superseded", "v2 HEAD"}, s.said()); diff != "" || asked["/1/mbox"] != 1 || asked["/2/mbox"] != 1 {
		t.Error(diff, asked)
	}
	more = "{\"id\": 3, \"received_all\": true, \"mbox\": \"http://192.0.2.1/3/mbox\"}"
	var told []string
	w.Note = func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) }
	if n := w.mustLook(t); n != 0 || len(told) != 1 || !strings.Contains(told[0], "another server") {
		t.Errorf("%d jobs, told %q", n, told)
	}
}

// TestPatchworkPages: the series on the last page of a long listing are found, by the next look; that was once the first pages
// again. A last page that is full is the end, and a series that the server does not give keeps the others from nothing.
func TestPatchworkPages(t *testing.T) {
	t.Parallel()
	set, _ := patchset.Builtin("rust-lsm")
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	mux.HandleFunc("GET /2/mbox", func(rw http.ResponseWriter, _ *http.Request) {
		for _, m := range set.Mails[1:] {
			fmt.Fprintf(rw, "%s\n", m.Raw)
		}
	})
	var pages []string
	mux.HandleFunc("GET /api/series/", func(rw http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		pages = append(pages, r.URL.Query().Get("page"))
		if page > maxPages+1 {
			http.NotFound(rw, r)
			return
		}
		rest := "{\"id\": 7}, {\"id\": 7}"
		if page == maxPages+1 {
			rest = fmt.Sprintf("{\"id\": 1, \"received_all\": true, \"mbox\": \"%s/1/mbox\"}, {\"id\": 2, \"received_all\": true, \"mbox\": \"%s/2/mbox\"}", server.URL, server.URL)
		}
		fmt.Fprintf(rw, "[%s%s]", strings.Repeat("{\"id\": 7},", perPage-2), rest)
	})
	w, _ := newWatcher(t, "patchwork:"+server.URL+"/project/lsm", oneTree)
	if n := w.mustLook(t); n != 0 || len(pages) != maxPages {
		t.Errorf("%d jobs of pages %v", n, pages)
	}
	if n := w.mustLook(t); n != 1 || len(pages) != maxPages+2 {
		t.Errorf("%d jobs of pages %v", n, pages)
	}
	if w.mustLook(t); pages[len(pages)-maxPages] != "1" {
		t.Errorf("pages %v", pages)
	}
}
