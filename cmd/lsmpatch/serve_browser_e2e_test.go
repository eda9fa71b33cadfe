// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e/browser"
	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/fleet/queue"
)

// TestE2EPages goes the ways of a maintainer through the pages of a server, in a real Chromium.
func TestE2EPages(t *testing.T) {
	s := newSite(t, 4)
	s.start("server")
	q := s.connect()
	s.format("fix", "kernel/fork.c", func(text string) string {
		return strings.Replace(text, "\n\n", "\n\nint  lsm_extra( void ) ;  \n\n", 1)
	})
	jobs := s.plan("builtin:rust-lsm", "builtin:rust-lsm-v1", filepath.Join(s.dir, "fix"))
	s.start("worker 1")
	s.await(q, jobs, time.Minute, func(int) { time.Sleep(50 * time.Millisecond) })
	fixed := jobs[len(jobs)-1]
	if !strings.HasPrefix(fixed.Series.Title, "kernel: ") {
		t.Fatalf("%+v", fixed)
	}
	tab := browser.Start(t)
	s.lookAtAll(tab, jobs, fixed)
	s.staticPages(tab, fixed)
	t.Run("ways", func(t *testing.T) { s.ways(t, tab, fixed) })
	t.Run("without a script", func(t *testing.T) {
		tab.Look(t, browser.View{Width: 360, Scheme: "light", NoScript: true})
		s.findByKeyboard(t, tab)
	})
	t.Run("live", func(t *testing.T) { s.liveProgress(t, tab, q, fixed) })
}

// lookAtAll holds each page against what every page has to keep, in three widths and both schemes.
func (s *site) lookAtAll(tab *browser.Tab, jobs []*fleet.Job, fixed *fleet.Job) {
	root := "http://" + s.pages + "/"
	job := root + "job/" + fixed.Key + "/"
	for _, page := range []struct{ name, url string }{
		{"series", root}, {"family", root + "series/" + jobs[0].Series.Family + "/"}, {"job", job}, {"report", job + "report.html"},
		{"changes", root + "series/" + jobs[0].Series.Family + "/changes/"}, {"log", job + "read/log/"}, {"queue", root + "queue/"}, {"history", root + "history/"},
	} {
		for _, width := range []int64{360, 768, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				s.t.Run(fmt.Sprintf("%s/%d/%s", page.name, width, scheme), func(t *testing.T) {
					view := browser.View{Width: width, Scheme: scheme, NoScript: page.name == "report"}
					tab.Look(t, view)
					tab.Open(t, page.url)
					tab.Audit(t, view)
				})
			}
		}
	}
}

// staticPages holds pages that were written as files against the same, and follows their links to a report.
func (s *site) staticPages(tab *browser.Tab, fixed *fleet.Job) {
	dir := filepath.Join(s.dir, "static")
	out, err := lsmpatch(s.t, "serve", "--nats", s.url, "--token-file", filepath.Join(s.dir, "serve", "token"), "--static", dir).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
	files := httptest.NewServer(http.FileServer(http.Dir(dir)))
	s.t.Cleanup(files.Close)
	s.t.Run("static/360/dark", func(t *testing.T) {
		view := browser.View{Width: 360, Scheme: "dark"}
		tab.Look(t, view)
		tab.Open(t, files.URL)
		tab.Audit(t, view)
		tab.Click(t, `a[href$="`+fixed.Series.Family+`/"]`)
		tab.Await(t, `location.pathname.startsWith("/series/") && document.querySelector("td.failed a") !== null`)
		tab.Click(t, "td.failed a")
		tab.Await(t, `location.hash === "#step-checkpatch"`)
	})
}

// findByKeyboard searches for the series that failed, and opens it, with keys alone.
func (s *site) findByKeyboard(t *testing.T, tab *browser.Tab) {
	tab.Open(t, "http://"+s.pages+"/")
	for range 20 {
		tab.Key(t, "\t")
		if browser.Ask[string](t, tab, `document.activeElement.name || ""`) == "q" {
			break
		}
	}
	tab.Key(t, "KERNEL: FIX\r")
	tab.Await(t, `location.search.includes("q=KERNEL") && document.querySelectorAll("tbody tr").length === 1`)
	for range 20 {
		tab.Key(t, "\t")
		if browser.Ask[bool](t, tab, `document.activeElement.matches("tbody th a")`) {
			break
		}
	}
	tab.Key(t, "\r")
	tab.Await(t, `location.pathname.startsWith("/series/") && document.querySelector("h1")?.textContent === "kernel: fix what it says"`)
}

// ways are those of a maintainer: what failed, where, and whether it often does.
func (s *site) ways(t *testing.T, tab *browser.Tab, fixed *fleet.Job) {
	tab.Look(t, browser.View{Width: 1280, Scheme: "light"})
	s.findByKeyboard(t, tab)
	tab.Click(t, "td.failed a")
	tab.Await(t, `location.hash === "#step-checkpatch" && document.querySelector("#step-checkpatch") !== null`)
	tab.Await(t, `[...document.querySelectorAll(".diff .at.error")].some(row => row.textContent.includes("white space") && row.previousElementSibling !== null)`)
	tab.Open(t, "http://"+s.pages+"/?state=failed")
	tab.Await(t, `document.querySelectorAll("tbody tr").length === 1`)
	tab.Click(t, `a[href$="history/"]`)
	tab.Await(t, `document.querySelector("#step-checkpatch + p")?.textContent.includes("4 failed")`)
}

// liveProgress shows that pages tell what a worker says, and of what became of jobs, without being asked again.
func (s *site) liveProgress(t *testing.T, tab *browser.Tab, q *queue.Queue, fixed *fleet.Job) {
	_ = s.kill("worker 1", syscall.SIGTERM)
	tab.Look(t, browser.View{Width: 1280, Scheme: "light"})
	tab.Open(t, "http://"+s.pages+"/queue/")
	tab.Await(t, `document.querySelector("[data-live=news]").hidden`)
	s.format("slow", "kernel/fork.c", func(text string) string { return text + "\nvoid lsm_slow(void);\n" })
	jobs := s.plan(filepath.Join(s.dir, "slow"))
	tab.Await(t, `!document.querySelector("[data-live=news]").hidden`)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		slow := &fleet.Worker{Name: "slow", Command: []string{"sh", "-c", "until test -e " + filepath.Join(s.dir, "on") + "; do sleep .1; done; echo 'CC  security/lsm.o' >&2; sleep 60"}}
		_ = q.Work(ctx, slow, &queue.Ability{}, 1, false, func(*fleet.Result, bool) {})
	}()
	defer func() { stop(); <-done }()
	for deadline := time.Now().Add(10 * time.Second); len(s.running(jobs)) == 0 && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	tab.Open(t, "http://"+s.pages+"/queue/")
	tab.Await(t, `document.querySelector("td[data-live=says]")?.textContent === ""`)
	s.write("on", "")
	tab.Await(t, `document.querySelector("td[data-live=says]")?.textContent === "CC  security/lsm.o"`)
	tab.Picture(t)
}

// running returns those of jobs whose page says that somebody is at them.
func (s *site) running(jobs []*fleet.Job) (found []*fleet.Job) {
	for _, j := range jobs {
		if strings.Contains(s.page("/job/"+j.Key+"/"), `class="verdict running"`) {
			found = append(found, j)
		}
	}
	return found
}

// format writes the mails of one commit that changes a file into a folder.
func (s *site) format(dir, file string, change func(text string) string) {
	s.t.Helper()
	name := filepath.Join(s.tree, file)
	text, err := os.ReadFile(name)
	if err != nil {
		s.t.Fatal(err)
	}
	changed := change(string(text))
	if changed == string(text) {
		s.t.Fatalf("%s: no change", file)
	}
	if err := os.WriteFile(name, []byte(changed), 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.git("commit", "-q", "-a", "-s", "-m", "kernel: "+dir+" what it says\n\nIt did not say so before.")
	s.git("format-patch", "-q", "-1", "-o", filepath.Join(s.dir, dir), "--thread", "--add-header=Message-ID: <"+dir+"@example.org>")
	s.git("reset", "-q", "--hard", "HEAD~1")
}
