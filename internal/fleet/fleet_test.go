// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// testJob returns a job whose mails are box.
func testJob(t *testing.T, box string) *Job {
	t.Helper()
	j := &Job{Series: Series{ID: "a@b", Title: box, Mails: hashOf([]byte(box)), Text: hashOf([]byte(box)), PatchIDs: []string{}},
		Tree: Tree{Name: "t", Dir: t.TempDir(), Branch: "HEAD", Base: strings.Repeat("0", 40)}, Suite: "checks", Tool: "lsmpatch test"}
	j.Key = j.ID()
	return j
}

// TestKey: all that goes into a verdict changes the key, and names for people do not.
func TestKey(t *testing.T) {
	key := func(change func(*Job)) string {
		j := testJob(t, "x")
		j.Config = &Config{Name: "c", Target: "defconfig", Fragments: []string{"A=y"}}
		change(j)
		return j.ID()
	}
	base := key(func(*Job) {})
	for i, change := range []func(*Job){
		func(j *Job) { j.Tree.Base = strings.Repeat("1", 40) }, func(j *Job) { j.Series.Text = "y" }, func(j *Job) { j.Series.PatchIDs = []string{"y"} },
		func(j *Job) { j.Build = true }, func(j *Job) { j.Boot = true }, func(j *Job) { j.Arch = "arm64" }, func(j *Job) { j.Toolchain = "y" },
		func(j *Job) { j.Config.Target = "y" }, func(j *Job) { j.Config.Fragments = []string{"A=n"} }, func(j *Job) { j.Tests = []string{"y"} },
		func(j *Job) { j.Strict = true }, func(j *Job) { j.Policy = "y" }, func(j *Job) { j.Tool = "y" },
	} {
		if key(change) == base {
			t.Errorf("change %d makes the same key", i)
		}
	}
	same := func(j *Job) {
		j.Tree.Name, j.Tree.Dir, j.Tree.Branch, j.Suite, j.Config.Name, j.Series.Title, j.Memory, j.KVM = "y", "y", "y", "y", "y", "y", 1, true
	}
	if key(same) != base {
		t.Error("a name makes another key")
	}
}

// TestParseJob: a job from outside cannot name a path, a flag or a key that is not its own.
func TestParseJob(t *testing.T) {
	for name, change := range map[string]func(*Job){
		"key": func(j *Job) { j.Key = strings.Repeat("0", 64) }, "mails": func(j *Job) { j.Series.Mails = "../../etc/passwd" },
		"base": func(j *Job) { j.Tree.Base = "--exec=x" }, "arch": func(j *Job) { j.Arch = "-x" }, "toolchain": func(j *Job) { j.Toolchain = "../x" },
		"test": func(j *Job) { j.Tests = []string{"a,--x"} }, "target": func(j *Job) { j.Config = &Config{Target: "x;y"} },
	} {
		j := testJob(t, "x")
		change(j)
		if name != "key" {
			j.Key = j.ID()
		}
		text, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseJob(text); !errors.Is(err, errJob) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseJob(f *testing.F) {
	f.Add(`{"key":"","series":{"mails":""},"tree":{"base":""}}`)
	f.Fuzz(func(t *testing.T, text string) {
		j, err := ParseJob([]byte(text))
		if err != nil {
			return
		}
		again, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		if k, err := ParseJob(again); err != nil || k.Key != j.Key {
			t.Errorf("%s: %v", again, err)
		}
	})
}

// testStore has the mails of the jobs "x".
func testStore(t *testing.T) *Store {
	t.Helper()
	store, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutMails([]byte("x")); err != nil {
		t.Fatal(err)
	}
	return store
}

// TestFirstOutcomeStays: of many that bring an outcome of one key at once, one is kept, whole.
func TestFirstOutcomeStays(t *testing.T) {
	store, j := testStore(t), testJob(t, "x")
	var wait sync.WaitGroup
	kept := make(chan string, 20)
	for i := range 20 {
		wait.Go(func() {
			name := fmt.Sprint(i)
			ok, err := store.Put(&Outcome{Result: Result{Job: *j, Verdict: report.Passed, Worker: name},
				Files: map[string][]byte{ReportJSON: []byte(name), "../escape": []byte("x")}})
			if err != nil {
				t.Error(err)
			}
			if ok {
				kept <- name
			}
		})
	}
	wait.Wait()
	close(kept)
	first := <-kept
	r, err := store.Result(t.Context(), j.Key)
	text, fileErr := store.File(t.Context(), j.Key, ReportJSON)
	if err != nil || fileErr != nil || len(kept) > 0 || r.Worker != first || string(text) != first {
		t.Errorf("%v, %v: %d more kept; %+v and %s, not of %s", err, fileErr, len(kept), r, text, first)
	}
	if left, _ := os.ReadDir(filepath.Join(store.dir, "work")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestMailsAreHeldAgainstTheirHash: a mailbox that is not what it was is not worked on.
func TestMailsAreHeldAgainstTheirHash(t *testing.T) {
	store := testStore(t)
	if err := os.WriteFile(store.mails(hashOf([]byte("x"))), []byte("y"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Mails(hashOf([]byte("x"))); err == nil {
		t.Error("mails that were changed are taken")
	}
	// A queue keeps them as well, and once did not look.
	if _, err := (&Worker{Command: []string{"true"}}).Do(t.Context(), testJob(t, "x"), []byte("y")); err == nil {
		t.Error("a worker takes mails that are not those of its job")
	}
}

// script returns a command that notes in a file that it was run, and then does what text says.
func script(t *testing.T, text string) (command []string, runs func() int) {
	t.Helper()
	dir := t.TempDir()
	file, log := filepath.Join(dir, "run"), filepath.Join(dir, "log")
	if err := os.WriteFile(file, []byte("echo x >>"+log+"\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return []string{"/bin/sh", file}, func() int {
		text, _ := os.ReadFile(log)
		return bytes.Count(text, []byte("x"))
	}
}

// writeReport is a script that writes a passed report where --report says.
const writeReport = `for a; do case $a in */report.json) echo '{"steps":[{"name":"apply","status":"passed","findings":[]}]}' >$a;; esac; done`

// TestWorkOnce: a job is done once, however many want it.
func TestWorkOnce(t *testing.T) {
	store, j := testStore(t), testJob(t, "x")
	command, runs := script(t, "sleep 0.1\n"+writeReport)
	w := &Worker{Command: command}
	fresh := 0
	err := w.Work(t.Context(), store, []*Job{j, j, j, j}, 4, func(r *Result, isFresh bool) error {
		if isFresh {
			fresh++
		}
		if r.Verdict != report.Passed {
			t.Errorf("%+v", r)
		}
		return nil
	})
	if err != nil || runs() != 1 || fresh != 1 {
		t.Errorf("%v: ran %d times, %d fresh", err, runs(), fresh)
	}
	if left, _ := os.ReadDir(filepath.Join(store.dir, "work")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestWaitingEnds: who waits for a job that another one is at can be told to end. It once waited on whatever happened.
func TestWaitingEnds(t *testing.T) {
	store, j := testStore(t), testJob(t, "x")
	unlock, err := store.lock(t.Context(), j.Key)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- new(Worker).Work(ctx, store, []*Job{j}, 1, nil) }()
	select {
	case err := <-ended:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it waits on")
	}
	unlock()
}

// TestFoldersOfTheDead: what a worker left that was killed is removed by the next job, and what one has that lives is not.
func TestFoldersOfTheDead(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	living, remove, err := jobFolder()
	if err != nil {
		t.Fatal(err)
	}
	dead, pipe := filepath.Join(temp, jobPrefix+"1"), filepath.Join(temp, jobPrefix+"2")
	if err := errors.Join(os.MkdirAll(filepath.Join(dead, "x"), 0o700), unix.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	command, _ := script(t, writeReport)
	if _, err := (&Worker{Command: command}).Do(t.Context(), testJob(t, "x"), []byte("x")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{living, pipe} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
	remove()
	if left, _ := os.ReadDir(temp); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// TestStoreTidies: what processes left that were killed goes when a store is opened a day later, and locks that nobody holds at once.
func TestStoreTidies(t *testing.T) {
	store := testStore(t)
	work := filepath.Join(store.dir, "work")
	old := time.Now().Add(-48 * time.Hour)
	for _, name := range []string{"file-old", "file-new", "report-old/result.json", "report-new/result.json", "dead.lock"} {
		file := filepath.Join(work, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Chtimes(filepath.Join(work, "file-old"), old, old), os.Chtimes(filepath.Join(work, "report-old"), old, old)); err != nil {
		t.Fatal(err)
	}
	end, err := store.lock(t.Context(), "held")
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	if _, err := OpenStore(store.dir); err != nil {
		t.Fatal(err)
	}
	var names []string
	left, _ := os.ReadDir(work)
	for _, e := range left {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "file-new held.lock report-new" {
		t.Errorf("left: %s", got)
	}
}

// TestWorkRetries: what breaks is tried again, and buried in the end, not stored.
func TestWorkRetries(t *testing.T) {
	store, j := testStore(t), testJob(t, "x")
	command, runs := script(t, "echo no disk >&2; exit 2")
	w := &Worker{Command: command, Pause: time.Millisecond}
	err := w.Work(t.Context(), store, []*Job{j}, 1, func(r *Result, _ bool) error {
		if r.Verdict != report.Broken || r.Attempt != 3 || !strings.HasSuffix(r.Error, "no disk") {
			t.Errorf("%+v", r)
		}
		return nil
	})
	if err != nil || runs() != 3 {
		t.Errorf("%v, ran %d times", err, runs())
	}
	if _, err := store.Result(t.Context(), j.Key); !errors.Is(err, ErrNone) {
		t.Errorf("it counts as done: %v", err)
	}
	if _, err := os.Stat(filepath.Join(store.dir, "dead", j.Key+".json")); err != nil {
		t.Error(err)
	}
}
