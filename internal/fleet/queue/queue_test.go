// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// passes is a script that writes a passed report where --report says.
const passes = `for a; do case $a in */report.json) echo '{"steps":[{"name":"apply","status":"passed","findings":[]}]}' >$a;; esac; done`

// testQueue starts an engine in dir, and connects to it.
func testQueue(t *testing.T, dir string) *Queue {
	t.Helper()
	engine, err := Start(&EngineOptions{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	q, err := Connect(t.Context(), &Options{Engine: engine, AckWait: 500 * time.Millisecond, Deliveries: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

// testJobs returns n jobs of one series whose mailbox is "x".
func testJobs(n int, change func(*fleet.Job)) []*fleet.Job {
	sum := sha256.Sum256([]byte("x"))
	hash := hex.EncodeToString(sum[:])
	var jobs []*fleet.Job
	for i := range n {
		j := &fleet.Job{Series: fleet.Series{ID: "a@b", Title: "x", Mails: hash, Text: hash, PatchIDs: []string{}},
			Tree: fleet.Tree{Name: "t", Dir: "/", Branch: "HEAD", Base: fmt.Sprintf("%040d", i)}, Suite: "checks", Tool: "lsmpatch test"}
		if change != nil {
			change(j)
		}
		j.Key = j.ID()
		jobs = append(jobs, j)
	}
	return jobs
}

// testWorker does jobs by a script, which notes that it ran.
func testWorker(t *testing.T, text string) (w *fleet.Worker, runs func() int) {
	t.Helper()
	dir := t.TempDir()
	file, log := filepath.Join(dir, "run"), filepath.Join(dir, "log")
	if err := os.WriteFile(file, []byte("echo x >>"+log+"\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return &fleet.Worker{Command: []string{"/bin/sh", file}, Name: "w.1"}, func() int {
		text, _ := os.ReadFile(log)
		return bytes.Count(text, []byte("x"))
	}
}

func (q *Queue) mustSubmit(t *testing.T, jobs []*fleet.Job) int {
	t.Helper()
	n, err := q.Submit(t.Context(), jobs, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// drain has a worker do all that is queued, and returns how many it reported afresh.
func (q *Queue) drain(t *testing.T, w *fleet.Worker, can *Ability) int {
	t.Helper()
	fresh := 0
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	if err := q.Work(ctx, w, can, 2, true, func(_ *fleet.Result, isFresh bool) {
		if isFresh {
			fresh++
		}
	}); err != nil {
		t.Fatal(err)
	}
	return fresh
}

// TestEachJobOnce: what is submitted twice is done once, and its files are there afterwards; also when the server was
// started anew in between.
func TestEachJobOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	q, jobs := testQueue(t, dir), testJobs(20, nil)
	if a, b := q.mustSubmit(t, jobs), q.mustSubmit(t, jobs); a != 20 || b != 0 {
		t.Errorf("%d and %d are new", a, b)
	}
	w, runs := testWorker(t, passes)
	if fresh := q.drain(t, w, &Ability{}); fresh != 20 || runs() != 20 {
		t.Errorf("%d reported, %d ran", fresh, runs())
	}
	q.mustSubmit(t, jobs)
	if fresh := q.drain(t, w, &Ability{}); fresh != 0 || runs() != 20 {
		t.Errorf("again: %d reported, %d ran", fresh, runs())
	}
	for _, j := range jobs {
		r, err := q.Result(t.Context(), j.Key)
		if err != nil || r.Verdict != report.Passed || r.Worker == "" {
			t.Fatalf("%+v, %v", r, err)
		}
		if text, err := q.File(t.Context(), j.Key, fleet.ReportJSON); err != nil || !bytes.Contains(text, []byte("passed")) {
			t.Fatalf("%s, %v", text, err)
		}
	}
	if _, err := q.File(t.Context(), jobs[0].Key, "../x"); !errors.Is(err, fleet.ErrNone) {
		t.Error(err)
	}
	if _, err := q.Result(t.Context(), strings.Repeat("0", 64)); !errors.Is(err, fleet.ErrNone) {
		t.Error(err)
	}
}

// TestWorkerThatDies: a job that a worker took and never acknowledged comes to another; one that ends each worker is given up.
func TestWorkerThatDies(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _ = q.Undertake(ctx) }()
	jobs := testJobs(2, nil)
	q.mustSubmit(t, jobs)
	dying := &hand{queue: q, can: &Ability{}}
	take := func() {
		t.Helper()
		for range 40 {
			if msg, err := dying.next(t.Context(), false); err == nil && msg != nil {
				return
			}
		}
		t.Fatal("no job comes")
	}
	take()
	take()
	w, _ := testWorker(t, passes)
	deadline := time.Now().Add(10 * time.Second)
	for fresh := 0; fresh < 2; fresh += q.drain(t, w, &Ability{}) {
		if time.Now().After(deadline) {
			t.Fatal("what a dead worker held does not come again")
		}
	}

	poison := testJobs(3, nil)[2:]
	q.mustSubmit(t, poison)
	for range 3 {
		take()
	}
	for deadline = time.Now().Add(10 * time.Second); ; {
		if msg, err := dying.next(t.Context(), false); err == nil && msg != nil { // the server notices when somebody asks
			t.Fatal("it is handed out again")
		}
		if text, err := q.dead.Get(t.Context(), poison[0].Key); err == nil {
			if !bytes.Contains(text.Value(), []byte("handed out")) {
				t.Errorf("%s", text.Value())
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a job that ends its workers is never given up")
		}
	}
	if info, err := q.stream.Info(t.Context()); err != nil || info.State.Msgs != 0 {
		t.Errorf("%+v, %v", info, err)
	}
	// Submitting it again does not wake it, and asking for it does.
	q.mustSubmit(t, poison)
	if fresh := q.drain(t, w, &Ability{}); fresh != 0 {
		t.Error("a job that was given up runs again")
	}
	if err := q.Retry(t.Context(), poison[0].Key); err != nil {
		t.Fatal(err)
	}
	if fresh := q.drain(t, w, &Ability{}); fresh != 1 {
		t.Error("a job that is wanted again does not run")
	}
}

// TestWhatBreaks is tried again after a rest, and then given up.
func TestWhatBreaks(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	w, runs := testWorker(t, "echo no disk >&2; exit 2")
	w.Attempts = 2
	jobs := testJobs(1, nil)
	q.mustSubmit(t, jobs)
	for deadline := time.Now().Add(10 * time.Second); ; {
		q.drain(t, w, &Ability{})
		if text, err := q.dead.Get(t.Context(), jobs[0].Key); err == nil {
			if !bytes.Contains(text.Value(), []byte("no disk")) {
				t.Errorf("%s", text.Value())
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it is never given up")
		}
	}
	if runs() != 2 {
		t.Errorf("ran %d times", runs())
	}
}

// TestAbility: a worker takes what it can do, and leaves the rest to others.
func TestAbility(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	build := func(arch string, memory int, kvm bool) func(*fleet.Job) {
		return func(j *fleet.Job) { j.Build, j.Arch, j.Memory, j.KVM = true, arch, memory, kvm }
	}
	q.mustSubmit(t, testJobs(1, nil))
	q.mustSubmit(t, testJobs(1, build("arm64", 0, false)))
	q.mustSubmit(t, testJobs(1, build("x86_64", 4000, false)))
	q.mustSubmit(t, testJobs(1, build("riscv", 0, true)))
	w, _ := testWorker(t, passes)
	for i, step := range []struct {
		can  Ability
		want int
	}{{Ability{Checks: true}, 1}, {Ability{Arches: []string{"x86_64"}, Memory: 2048}, 0}, {Ability{Arches: []string{"arm64"}}, 1},
		{Ability{Memory: 4096}, 1}, {Ability{KVM: true}, 1}} {
		if fresh := q.drain(t, w, &step.can); fresh != step.want {
			t.Errorf("step %d: %d jobs", i, fresh)
		}
	}
}

// TestSupersede: what nobody works on yet is taken out, and stays out.
func TestSupersede(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	jobs := testJobs(3, nil)
	q.mustSubmit(t, jobs)
	if err := q.Supersede(t.Context(), []string{jobs[0].Key, jobs[1].Key}, "v2@b"); err != nil {
		t.Fatal(err)
	}
	if queued, _, err := q.Recover(t.Context()); err != nil || queued != 1 {
		t.Errorf("%d, %v", queued, err)
	}
	w, _ := testWorker(t, passes)
	if fresh := q.drain(t, w, &Ability{}); fresh != 1 {
		t.Errorf("%d jobs ran", fresh)
	}
}

// TestRecover: a job whose message was never sent is queued by the next start, and none twice.
func TestRecover(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	q, jobs := testQueue(t, dir), testJobs(5, nil)
	q.mustSubmit(t, jobs)
	if err := q.stream.Purge(t.Context()); err != nil { // as if the server had been killed between the two halves
		t.Fatal(err)
	}
	q.mustSubmit(t, testJobs(6, nil)[5:])
	if queued, _, err := q.Recover(t.Context()); err != nil || queued != 6 {
		t.Errorf("%d, %v", queued, err)
	}
	w, runs := testWorker(t, passes)
	if fresh := q.drain(t, w, &Ability{}); fresh != 6 || runs() != 6 {
		t.Errorf("%d reported, %d ran", fresh, runs())
	}
}

// TestTokenIsAskedFor: who has none is not let in.
func TestTokenIsAskedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	engine, err := Start(&EngineOptions{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if _, err := Connect(t.Context(), &Options{URL: engine.URL}); err == nil {
		t.Error("let in without a token")
	}
	q, err := Connect(t.Context(), &Options{URL: engine.URL, TokenFile: engine.TokenFile})
	if err != nil {
		t.Fatal(err)
	}
	q.Close()
	if info, err := os.Stat(engine.TokenFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestLongJob: a job beyond the limit is refused, and nothing of it stays.
func TestLongJob(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	jobs := testJobs(1, func(j *fleet.Job) { j.Policy = strings.Repeat("x", limit.QueueMessage) })
	if _, err := q.Submit(t.Context(), jobs, []byte("x")); err == nil {
		t.Error("a job of more than a MiB is queued")
	}
	if queued, _, err := q.Recover(t.Context()); err != nil || queued != 0 {
		t.Errorf("%d, %v", queued, err)
	}
}

// TestLargeFiles: files of many chunks come back as they were.
func TestLargeFiles(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	for i, j := range testJobs(2, nil) {
		text := make([]byte, 100+i*3*limit.QueueMessage)
		_, _ = rand.Read(text)
		if _, err := q.Keep(t.Context(), &fleet.Outcome{Result: fleet.Result{Job: *j}, Files: map[string][]byte{fleet.LogText: text}}, "w"); err != nil {
			t.Fatal(err)
		}
		if got, err := q.File(t.Context(), j.Key, fleet.LogText); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes of %d, %v", len(got), len(text), err)
		}
	}
}
