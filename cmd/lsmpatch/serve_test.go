// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/fleet/queue"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A site is a queue for tests, of processes of its own.
type site struct {
	t         *testing.T
	dir, url  string
	pages     string
	more      []string // arguments of the server
	secure    []string // arguments of all who talk to it
	options   queue.Options
	within    map[string][]string // the command that runs a process
	tree      string
	commits   int
	mu        sync.Mutex
	processes map[string]*exec.Cmd
	logs      map[string]*bytes.Buffer
}

// newSite makes a tree with a number of commits, each of which is a base. Nothing runs yet.
func newSite(t *testing.T, commits int) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), commits: commits, processes: map[string]*exec.Cmd{}, logs: map[string]*bytes.Buffer{}}
	s.tree = filepath.Join(s.dir, "linux")
	if err := os.CopyFS(s.tree, os.DirFS("../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	s.git("init", "-q")
	s.git("add", "-A", "-f")
	for i := range commits {
		s.git("commit", "-q", "--allow-empty", "-m", fmt.Sprint(i))
	}
	var branches strings.Builder
	for i := range commits {
		fmt.Fprintf(&branches, "%q, ", fmt.Sprintf("HEAD~%d", i))
	}
	s.write("site.toml", "[[tree]]\nname = \"mini\"\ndir = \"linux\"\nbranches = ["+branches.String()+"]\n")
	s.url, s.pages = "nats://"+freeAddress(t), freeAddress(t)
	t.Cleanup(func() {
		for name := range s.processes {
			s.kill(name, syscall.SIGKILL)
		}
	})
	return s
}

// freeAddress returns an address of the loopback that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (s *site) git(args ...string) {
	s.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", s.tree, "-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
}

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// start starts a server, or a worker, by its name.
func (s *site) start(name string) {
	s.t.Helper()
	args := []string{"work", "--nats", s.url, "--token-file", filepath.Join(s.dir, "serve", "token")}
	if name == "server" {
		args = []string{"serve", "--dir", filepath.Join(s.dir, "serve"), "--queue-listen", strings.TrimPrefix(s.url, "nats://"), "--silence", "2s", "--workers", "0", "--listen", s.pages}
		args = append(args, s.more...)
	}
	cmd := lsmpatch(s.t, append(args, s.secure...)...)
	if within := s.within[name]; within != nil {
		cmd.Args = append(append([]string{}, within...), append([]string{cmd.Path}, cmd.Args[1:]...)...)
		var err error
		if cmd.Path, err = exec.LookPath(within[0]); err != nil {
			s.t.Fatal(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.logs[name] == nil {
		s.logs[name] = new(bytes.Buffer)
	}
	cmd.Stderr = s.logs[name]
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.processes[name] = cmd
}

// kill ends a process by a signal and returns how it ended.
func (s *site) kill(name string, signal syscall.Signal) error {
	cmd := s.processes[name]
	if cmd == nil {
		return nil
	}
	_ = cmd.Process.Signal(signal)
	err := cmd.Wait()
	delete(s.processes, name)
	return err
}

// connect waits for the server and connects to it.
func (s *site) connect() *queue.Queue {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		opts := s.options
		opts.URL, opts.TokenFile, opts.AckWait = s.url, filepath.Join(s.dir, "serve", "token"), 2*time.Second
		q, err := queue.Connect(s.t.Context(), &opts)
		if err == nil {
			s.t.Cleanup(q.Close)
			return q
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%v\n%s", err, s.logs["server"])
		}
	}
}

// plan queues a job for each commit and series, and returns the jobs.
func (s *site) plan(series ...string) []*fleet.Job {
	s.t.Helper()
	args := append([]string{"plan", "--matrix", filepath.Join(s.dir, "site.toml"), "--nats", s.url, "--token-file", filepath.Join(s.dir, "serve", "token"), "--silence", "2s"}, series...)
	cmd := lsmpatch(s.t, append(args, s.secure...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%v\n%s", err, stderr.String())
	}
	jobs, err := fleet.ReadJobs(bytes.NewReader(out))
	if err != nil {
		s.t.Fatal(err)
	}
	return jobs
}

// await waits until all jobs have a result, calling each between two looks.
func (s *site) await(q *queue.Queue, jobs []*fleet.Job, limit time.Duration, each func(done int)) {
	s.t.Helper()
	left := jobs
	for deadline := time.Now().Add(limit); len(left) > 0; {
		var still []*fleet.Job
		for _, j := range left {
			if _, err := q.Result(s.t.Context(), j.Key); err != nil {
				still = append(still, j)
			}
		}
		left = still
		if len(left) > 0 && time.Now().After(deadline) {
			s.t.Fatalf("%d of %d jobs are not done\n%s\n%s", len(left), len(jobs), s.logs["server"], s.logs["worker 1"])
		}
		each(len(jobs) - len(left))
	}
}

var toldRE = regexp.MustCompile(`lsmpatch: (?:passed|failed) ([0-9a-f]{12}) `)

// check holds the store against the jobs: each has one result with its files, and no worker reported a key that another had.
func (s *site) check(q *queue.Queue, jobs []*fleet.Job) {
	s.t.Helper()
	for _, j := range jobs {
		r, err := q.Result(s.t.Context(), j.Key)
		if err != nil || r.Job.Key != j.Key || len(r.Steps) != 4 {
			s.t.Fatalf("%+v, %v", r, err)
		}
	}
	if parts, err := fleet.Parts(s.t.Context(), q, jobs, nil); err != nil || len(parts) != len(jobs) {
		s.t.Fatalf("%d reports of %d: %v", len(parts), len(jobs), err)
	}
	told := map[string]int{}
	for _, log := range s.logs {
		for _, m := range toldRE.FindAllStringSubmatch(log.String(), -1) {
			told[m[1]]++
		}
	}
	for key, n := range told {
		if n > 1 {
			s.t.Errorf("%s was reported %d times", key, n)
		}
	}
	s.t.Logf("%d jobs, %d reports told by workers that lived to do so", len(jobs), len(told))
}

// TestServe: jobs go from a planner by a server to a worker, and all of them end in order when they are told to.
func TestServe(t *testing.T) {
	s := newSite(t, 3)
	s.start("server")
	q := s.connect()
	jobs := s.plan("builtin:rust-lsm")
	s.start("worker 1")
	s.await(q, jobs, 30*time.Second, func(int) { time.Sleep(50 * time.Millisecond) })
	s.check(q, jobs)
	for target, want := range map[string]string{"/": "rust: lsm: write", "/job/" + jobs[0].Key + "/": "report.html", "/job/" + jobs[0].Key + "/report.html": "</html>"} {
		if body := s.page(target); !strings.Contains(body, want) {
			t.Errorf("%s: %.500s", target, body)
		}
	}
	for _, name := range []string{"worker 1", "server"} {
		start := time.Now()
		if err := s.kill(name, syscall.SIGTERM); err != nil || time.Since(start) > 5*time.Second {
			t.Errorf("%s: %v after %v\n%s", name, err, time.Since(start), s.logs[name])
		}
	}
}

// page gets a page once the server knows that all is done.
func (s *site) page(target string) string {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		answer, err := http.Get("http://" + s.pages + target)
		if err == nil {
			body, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK || time.Now().After(deadline) {
				return string(body)
			}
		} else if time.Now().After(deadline) {
			s.t.Fatal(err)
		}
	}
}

// TestServeStatic: the pages of what was done are written as files.
func TestServeStatic(t *testing.T) {
	s := newSite(t, 1)
	s.start("server")
	q := s.connect()
	jobs := s.plan("builtin:rust-lsm")
	s.start("worker 1")
	s.await(q, jobs, 30*time.Second, func(int) { time.Sleep(50 * time.Millisecond) })
	static := filepath.Join(s.dir, "static")
	out, err := lsmpatch(t, "serve", "--nats", s.url, "--token-file", filepath.Join(s.dir, "serve", "token"), "--static", static).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "files in ") {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(static, "job", jobs[0].Key, "report.html")); err != nil {
		t.Error(err)
	}
}

// list makes list, a maildir, with the mails of the carried series.
func (s *site) list() {
	s.t.Helper()
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(s.dir, "list", sub), 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
	set, _ := patchset.Builtin("rust-lsm")
	for i, m := range set.Mails {
		_, raw, _ := strings.Cut(string(m.Raw), "\n")
		s.write(fmt.Sprintf("list/new/%d.x", i), raw)
	}
}

// TestServeWatches: what lies in a maildir becomes jobs, which the server does itself.
func TestServeWatches(t *testing.T) {
	s := newSite(t, 1)
	s.list()
	s.write("watch.toml", "[[list]]\nname = \"lsm\"\nfrom = \"list\"\n[[tree]]\nname = \"mini\"\ndir = \"linux\"\n")
	s.more = []string{"--config", filepath.Join(s.dir, "watch.toml"), "--workers", "1"}
	s.start("server")
	q := s.connect()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		jobs, err := q.Known(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(jobs) == 1 && jobs[0].Series.List == "lsm" {
			if r, err := q.Result(t.Context(), jobs[0].Key); err == nil && r.Verdict == report.Passed {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d jobs, none done\n%s", len(jobs), s.logs["server"])
		}
	}
}
