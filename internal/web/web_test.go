// SPDX-License-Identifier: GPL-2.0-only

package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/fleet/queue"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// hostile is what a subject may say.
const hostile = `<script>alert(1)</script>" onload="x`

// reports has the same files for each job.
type reports struct{}

func (reports) Result(context.Context, string) (*fleet.Result, error) { return nil, fleet.ErrNone }
func (reports) GivenUp(context.Context, string) (string, error)       { return "", fleet.ErrNone }

func (reports) File(_ context.Context, _, name string) ([]byte, error) {
	return []byte("<p>" + name), nil
}

// fill adds n jobs of n/4 series to an index, and returns their keys.
func fill(x *Index, n int) []string {
	var keys []string
	for i := range n {
		j := fleet.Job{Series: fleet.Series{ID: fmt.Sprintf("%d@example.org", i/4), Title: fmt.Sprintf("lsm: change %d %s", i/4, hostile), Author: "A U Thor",
			Version: 1, Patches: 2, List: fmt.Sprintf("list%d", i/4%3), Family: fmt.Sprintf("%016x", i/4), Posted: time.Unix(int64(1_700_000_000+i/4*3600), 0).UTC()},
			Tree: fleet.Tree{Name: "mainline", Branch: fmt.Sprint("b", i%4), Base: strings.Repeat("0", 40)}, Suite: "checks"}
		j.Key = fmt.Sprintf("%064x", i)
		keys = append(keys, j.Key)
		x.Job(&j)
		status := []report.Status{report.Passed, report.Failed, report.Passed, report.Broken}[i%4]
		if i%4 == 2 {
			continue // queued
		}
		x.Result(&fleet.Result{Job: j, Verdict: status, Started: time.Now(), Worker: "w-1", Attempt: 1, Steps: []fleet.StepResult{
			{Name: "series", Status: report.Passed}, {Name: "apply", Status: status, Summary: hostile, Errors: i % 2}}})
	}
	return keys
}

func testServer(t testing.TB, jobs int, change func(*Options)) (http.Handler, []string) {
	t.Helper()
	x := NewIndex()
	keys := fill(x, jobs)
	x.Said(&queue.Said{ID: "3@example.org", Trailers: []string{"Reviewed-by: " + hostile}})
	opts := &Options{Index: x, Reports: reports{}, PerSecond: 1_000_000}
	if change != nil {
		change(opts)
	}
	h, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return h, keys
}

func get(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestPages: each page is there, says what it is for, and nothing of a series is markup in it.
func TestPages(t *testing.T) {
	h, keys := testServer(t, 480, nil)
	for _, tc := range []struct{ target, want string }{
		{"/", "120 series"}, {"/?list=list1", "40 series"}, {"/?state=failed", "120 series"}, {"/?q=CHANGE+77", "1 series"}, {"/?q=nothing", "0 series"},
		{"/?from=100", "lsm: change 19 "}, {"/?from=-5", "Older series"}, {"/?from=999999999999999999999", "120 series"},
		{"/series/0000000000000003/", "1 error"}, {"/series/0000000000000003/", "Reviewed-by: "}, {"/series/0000000000000003/", "mainline b2 · checks"},
		{"/job/" + keys[0] + "/", "report.html"}, {"/job/" + keys[2] + "/", "queued"}, {"/queue/", "Queued: 120"}, {"/history/", `id="step-apply"`}, {"/live.js", "EventSource"},
	} {
		w := get(h, "GET", tc.target)
		body := w.Body.String()
		if w.Code != http.StatusOK || !strings.Contains(body, tc.want) {
			t.Errorf("%s: %d, without %q:\n%.3000s", tc.target, w.Code, tc.want, body)
		}
		if strings.Contains(body, "<script>") || strings.Contains(body, `" onload`) {
			t.Errorf("%s: a subject is markup", tc.target)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", tc.target, policy)
		}
	}
	for _, target := range []string{"/series/x/", "/job/x/", "/job/" + keys[0] + "/x", "/job/" + keys[0] + "/..%2f..%2fetc", "/job/" + strings.Repeat("f", 64) + "/log.txt", "/x"} {
		if w := get(h, "GET", target); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	if w := get(h, "GET", "/?q="+strings.Repeat("x", 2000)); w.Code != http.StatusBadRequest {
		t.Errorf("a long search: %d", w.Code)
	}
}

// TestArtefacts: what a job brought is text or to be kept, and runs nothing.
func TestArtefacts(t *testing.T) {
	h, keys := testServer(t, 4, nil)
	for name, want := range map[string]string{"report.html": "text/html; charset=utf-8", "report.json": "application/json", "log.txt": "text/plain; charset=utf-8"} {
		w := get(h, "GET", "/job/"+keys[0]+"/"+name)
		policy := w.Header().Get("Content-Security-Policy")
		if w.Header().Get("Content-Type") != want || w.Header().Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(policy, "sandbox") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: %v", name, w.Header())
		}
	}
}

// TestRetryTakesTheToken: nobody changes anything without it.
func TestRetryTakesTheToken(t *testing.T) {
	var wanted []string
	retry := func(_ *http.Request, key string) error { wanted = append(wanted, key); return nil }
	h, keys := testServer(t, 4, func(o *Options) { o.Retry, o.Token = retry, "secret" })
	target := "/job/" + keys[3] + "/retry"
	for _, token := range []string{"", "Bearer ", "Bearer secre", "Bearer secrets", "Basic secret"} {
		if w := get(h, "POST", target, "Authorization", token); w.Code != http.StatusUnauthorized {
			t.Errorf("%q: %d", token, w.Code)
		}
	}
	if w := get(h, "POST", target, "Authorization", "bearer secret"); w.Code != http.StatusNoContent {
		t.Errorf("the scheme in small letters: %d", w.Code)
	}
	wanted = nil
	if w := get(h, "GET", target, "Authorization", "Bearer secret"); w.Code != http.StatusNotFound {
		t.Errorf("GET: %d", w.Code)
	}
	if w := get(h, "POST", target, "Authorization", "Bearer secret"); w.Code != http.StatusNoContent || !slices.Equal(wanted, keys[3:]) {
		t.Errorf("%d, %v", w.Code, wanted)
	}
	none, _ := testServer(t, 4, func(o *Options) { o.Retry = retry })
	if w := get(none, "POST", target, "Authorization", "Bearer "); w.Code != http.StatusUnauthorized {
		t.Errorf("without a token of ours: %d", w.Code)
	}
}

// TestRate: a client that asks too often waits, and others do not.
func TestRate(t *testing.T) {
	h, _ := testServer(t, 4, func(o *Options) { o.PerSecond = 1 })
	codes := map[int]int{}
	for range 20 {
		codes[get(h, "GET", "/").Code]++
	}
	if codes[http.StatusOK] < 10 || codes[http.StatusTooManyRequests] < 8 {
		t.Errorf("%v", codes)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "192.0.2.77:1"
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("another client: %d", w.Code)
	}
}

// TestEvents: a listener hears of a change.
func TestEvents(t *testing.T) {
	x := NewIndex()
	keys := fill(x, 4)
	h, err := New(&Options{Index: x, Reports: reports{}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	defer s.Close()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/events", nil)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		switch line := lines.Text(); {
		case strings.Contains(line, `"running":0`):
			x.Runs("w", &queue.Running{Worker: "w", Key: keys[2], Says: "building"})
		case strings.Contains(line, `"running":1`):
			if !strings.Contains(line, "building") {
				t.Error(line)
			}
			return
		}
	}
	t.Error("no change is told")
}

// TestSlowListener: one who reads nothing of what is told loses the place.
func TestSlowListener(t *testing.T) {
	s, err := newServer(&Options{Index: NewIndex(), Reports: reports{}})
	if err != nil {
		t.Fatal(err)
	}
	s.patience = 300 * time.Millisecond
	ends := make(pipes, 1)
	server := http.Server{Handler: s}
	go server.Serve(ends)
	defer server.Close()
	client, served := net.Pipe()
	defer client.Close()
	ends <- served
	if _, err := io.WriteString(client, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		for end := time.Now().Add(10 * time.Second); len(s.listeners) != want; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d listen, want %d", len(s.listeners), want)
			}
		}
	}
}

// pipes are connections to accept.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestListeners: who listens beyond the limit is sent away.
func TestListeners(t *testing.T) {
	s, err := newServer(&Options{Index: NewIndex(), Reports: reports{}})
	if err != nil {
		t.Fatal(err)
	}
	for range limit.WebListeners {
		s.listeners <- struct{}{}
	}
	if w := get(s, "GET", "/events"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d", w.Code)
	}
}

var linkRE = regexp.MustCompile(`(?:href|src)="([^"#]*)"`)

// TestStatic: each link of the static pages leads to one of them.
func TestStatic(t *testing.T) {
	x := NewIndex()
	fill(x, 8)
	dir := t.TempDir()
	n, err := WriteStatic(t.Context(), dir, &Options{Index: x, Reports: reports{}})
	if err != nil || n != 1+2+2+8+6*4 {
		t.Errorf("%d files, %v", n, err)
	}
	linksLead(t, dir)
}

// linksLead fails the test where a link of a page below dir leads nowhere, or a file is not there.
func linksLead(t *testing.T, dir string, files ...string) {
	t.Helper()
	root := os.DirFS(dir)
	for _, name := range files {
		if _, err := fs.Stat(root, name); err != nil {
			t.Error(err)
		}
	}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "index.html" {
			return err
		}
		text, err := fs.ReadFile(root, name)
		for _, m := range linkRE.FindAllStringSubmatch(string(text), -1) {
			target := path.Join(path.Dir(name), m[1])
			if strings.HasSuffix(m[1], "/") {
				target = path.Join(target, "index.html")
			}
			if _, err := fs.Stat(root, target); err != nil {
				t.Errorf("%s: the link %s leads nowhere", name, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoJob: what is in the queue and is no job of a planner's is on no page and in no file. A short key once ended the request
// for a report, and a family with a path in it all of --static.
func TestNoJob(t *testing.T) {
	x := NewIndex()
	for _, j := range []fleet.Job{{Key: "x", Series: fleet.Series{Family: "0123456789abcdef"}}, {Key: strings.Repeat("0", 64), Series: fleet.Series{Family: "../../x"}}} {
		x.Job(&j)
		x.Result(&fleet.Result{Job: j, Verdict: report.Passed})
		x.Gave(j.Key, &queue.Grave{Job: j})
	}
	opts := &Options{Index: x, Reports: reports{}}
	if n, err := WriteStatic(t.Context(), t.TempDir(), opts); err != nil || n != 3 {
		t.Errorf("%d files, %v", n, err)
	}
	h, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	if w := get(h, "GET", "/job/x/report.json"); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}

// targets has one at least of each route, but for the one that listens.
func targets(keys []string) []string {
	return []string{"/", "/?q=a&list=b&state=c&from=4", "/live.js", "/queue/", "/history/", "/integration/", "/integration/branch.json",
		"/series/0000000000000003/", "/series/0123456789abcdef/changes/?old=1&new=2", "/series/0123456789abcdef/conflicts.json",
		"/job/" + keys[0] + "/", "/job/" + keys[0] + "/log.txt", "/job/" + keys[0] + "/read/log/?q=p&from=1", "/job/" + keys[3] + "/retry"}
}

// TestEachRouteIsFuzzed: what takes input is among what the fuzzing of requests begins with, and what changes anything takes POST
// and the token.
func TestEachRouteIsFuzzed(t *testing.T) {
	s, err := newServer(&Options{Index: NewIndex(), Reports: reports{}})
	if err != nil {
		t.Fatal(err)
	}
	begun := map[string]bool{"GET /events": true} // takes nothing, and does not end: TestEvents
	for _, target := range targets([]string{"a", "b", "c", "d"}) {
		for _, method := range []string{"GET", "POST"} {
			_, pattern := s.mux.Handler(httptest.NewRequest(method, target, nil))
			begun[pattern] = true
		}
	}
	for pattern := range s.routes() {
		if !begun[pattern] {
			t.Errorf("%s is not fuzzed", pattern)
		}
		method, rest, _ := strings.Cut(pattern, " ")
		if method == "POST" {
			w := get(s, "POST", strings.ReplaceAll(rest, "{key}", strings.Repeat("0", 64)), "Authorization", "Bearer ")
			if w.Code != http.StatusUnauthorized {
				t.Errorf("%s without the token: %d", pattern, w.Code)
			}
		} else if method != "GET" {
			t.Errorf("%s: what changes anything takes POST", pattern)
		}
	}
}

// FuzzRequest: no request makes the server fail, or brings text of a series to life.
func FuzzRequest(f *testing.F) {
	h, keys := testServer(f, 40, func(o *Options) { o.Token, o.Retry = "secret", func(*http.Request, string) error { return nil } })
	two, x, jobs := versions(f)
	x.Meets(&fleet.Meetings{ID: jobs[1].Series.ID, With: []fleet.Meeting{}})
	x.Integrates(&fleet.Integrated{Branch: "passed"})
	for _, target := range targets(keys) {
		f.Add("GET", target, "")
		f.Add("POST", target, "Bearer x")
	}
	f.Fuzz(func(t *testing.T, method, target, authorization string) {
		u, err := url.Parse(target)
		if err != nil || !strings.HasPrefix(target, "/") || strings.HasPrefix(u.Path, "/events") {
			return
		}
		r := &http.Request{Method: method, URL: u, Header: http.Header{"Authorization": {authorization}}, Body: http.NoBody, RemoteAddr: "192.0.2.1:1"}
		for _, h := range []http.Handler{h, two} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r.WithContext(t.Context()))
			isPage := strings.HasPrefix(w.Header().Get("Content-Type"), "text/html")
			if w.Code >= 500 || isPage && strings.Contains(w.Body.String(), "<script>") {
				t.Errorf("%s %s: %d\n%s", method, target, w.Code, w.Body)
			}
		}
	})
}

// TestPassed: a series passed that did in all of its jobs. One with a job that was superseded, by a version of another title, once was
// among them, and that version did not fit on it.
func TestPassed(t *testing.T) {
	x := NewIndex()
	for i, id := range []string{"whole", "whole", "part", "part"} {
		j := fleet.Job{Key: fmt.Sprintf("%064x", i), Series: fleet.Series{ID: id, Family: fmt.Sprintf("%016x", i/2)}}
		if x.Job(&j); i == 3 {
			x.Gave(j.Key, &queue.Grave{Job: j, Superseded: "newer@example.org"})
		} else {
			x.Result(&fleet.Result{Job: j, Verdict: report.Passed})
		}
	}
	if passed := x.Passed(func(string) bool { return true }); len(passed) != 1 || passed[0].ID != "whole" {
		t.Errorf("%+v", passed)
	}
}
