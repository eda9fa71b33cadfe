// SPDX-License-Identifier: GPL-2.0-only

package watch

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// TestNoMessageID: series whose mails have no Message-ID are not one and the same. All but the first were once taken for known.
func TestNoMessageID(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, s := newWatcher(t, dir, oneTree)
	for i := range 3 {
		list := fleet.List{Name: fmt.Sprint("l", i), From: filepath.Join(dir, fmt.Sprintf("%d.mbox", i))}
		write(t, list.From, fmt.Sprintf("From a Thu Jan  1 00:00:00 1970\nFrom: A <a@x>\nDate: Tue, 24 Nov 2026 22:01:00 +0000\nSubject: [PATCH] lib: add f%d\n\nSigned-off-by: A <a@x>\n---\n"+
			"diff --git a/lib/f%[1]d.c b/lib/f%[1]d.c\nnew file mode 100644\nindex 000000000000..111111111111\n--- /dev/null\n+++ b/lib/f%[1]d.c\n@@ -0,0 +1 @@\n+int f;\n", i))
		if n, err := w.Look(t.Context(), &list); err != nil || n != 1 {
			t.Errorf("list %d: %d jobs, %v", i, n, err)
		}
		if n, err := (&Watcher{Planner: w.Planner, Queue: s}).Look(t.Context(), &list); err != nil || n != 0 {
			t.Errorf("list %d, known: %d jobs, %v", i, n, err)
		}
	}
}

// TestPlannedAgain: a series that could not be planned is tried again after a while, though nothing came to the list. That was once
// not so until the next start.
func TestPlannedAgain(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	a := newArchive(t)
	a.add(time.Now(), carried(t, "rust-lsm")...)
	w, s := newWatcher(t, "inbox:"+a.dir, oneTree+"branches = [\"auto\"]\n")
	w.Retry = 300 * time.Millisecond
	restore := s.breakTree(t)
	if n := w.mustLook(t); n != 0 {
		t.Errorf("%d jobs on a tree that cannot be read", n)
	}
	restore()
	if n := w.mustLook(t); n != 0 {
		t.Errorf("%d jobs before it is time", n)
	}
	time.Sleep(2 * w.Retry)
	if n := w.mustLook(t) + w.mustLook(t); n != 1 {
		t.Errorf("%d jobs", n)
	}
}

// breakTree takes an object away, and returns what puts it back.
func (s *sink) breakTree(t *testing.T) (restore func()) {
	t.Helper()
	tree := filepath.Join(s.dir, "linux")
	name, err := exec.Command("git", "-C", tree, "rev-parse", "HEAD^{tree}").Output()
	if err != nil {
		t.Fatal(err)
	}
	object := filepath.Join(tree, ".git/objects", string(name[:2]), strings.TrimSpace(string(name[2:])))
	if err := os.Rename(object, object+".away"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Rename(object+".away", object); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNotPlannedAgain: a version that could not be planned before a newer one came is not waited for. Its list was once read again at
// each look, for good.
func TestNotPlannedAgain(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.add(time.Now(), carried(t, "rust-lsm-v1")...)
	w, s := newWatcher(t, "inbox:"+a.dir, oneTree+"branches = [\"auto\"]\n")
	w.Retry = time.Millisecond
	restore := s.breakTree(t)
	if n := w.mustLook(t); n != 0 || len(w.failed) != 1 {
		t.Errorf("%d jobs on a tree that cannot be read, %v", n, w.failed)
	}
	restore()
	a.add(time.Now(), carried(t, "rust-lsm")...)
	time.Sleep(2 * w.Retry)
	if n := w.mustLook(t); n != 1 || w.due("lsm") {
		t.Errorf("%d jobs, and then %v", n, w.failed)
	}
}

// TestTwoWays: a series that comes by an archive and by patchwork, which leaves the cover letter out, is one, whichever is first.
func TestTwoWays(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	set, _ := patchset.Builtin("rust-lsm")
	var since []string
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	mux.HandleFunc("GET /1/mbox", func(rw http.ResponseWriter, _ *http.Request) {
		for _, m := range set.Mails[1:] {
			fmt.Fprintf(rw, "%s\n", m.Raw)
		}
	})
	mux.HandleFunc("GET /api/series/", func(rw http.ResponseWriter, r *http.Request) {
		since = append(since, r.URL.Query().Get("since"))
		fmt.Fprintf(rw, "[{\"id\": 1, \"received_all\": true, \"mbox\": \"%s/1/mbox\"}]", server.URL)
	})
	a := newArchive(t)
	a.add(time.Now(), carried(t, "rust-lsm")...)
	w, s := newWatcher(t, "inbox:"+a.dir, oneTree)
	other := fleet.List{Name: "pw", From: "patchwork:" + server.URL + "/project/lsm"}
	for i, order := range [][]fleet.List{{w.Lists[0], other}, {other, w.Lists[0]}} {
		s.jobs = nil
		fresh := &Watcher{Planner: w.Planner, Queue: s, Note: t.Logf}
		for _, l := range order {
			if _, err := fresh.Look(t.Context(), &l); err != nil {
				t.Fatal(err)
			}
		}
		if len(s.jobs) != 1 {
			t.Errorf("order %d: %d jobs", i, len(s.jobs))
		}
		// A look soon after the first does not list the whole window again.
		if _, err := fresh.Look(t.Context(), &other); err != nil {
			t.Fatal(err)
		}
	}
	first, err1 := time.Parse("2006-01-02T15:04:05", since[0])
	second, err2 := time.Parse("2006-01-02T15:04:05", since[1])
	if err1 != nil || err2 != nil || time.Since(first) < 29*24*time.Hour || time.Since(second) > 25*time.Hour {
		t.Errorf("%v", since)
	}
}

// TestNoDowngrade: a server that is asked by https is not asked by http, whatever it says.
func TestNoDowngrade(t *testing.T) {
	t.Parallel()
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	base, err := url.Parse(strings.Replace(server.URL, "http:", "https:", 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := new(Watcher).get(t.Context(), base, server.URL+"/1/mbox", 100); err == nil || asked {
		t.Errorf("%v, asked: %v", err, asked)
	}
}
