// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Worker does jobs.
type Worker struct {
	// Command is what runs lsmpatch: its file, and arguments before the verb.
	Command []string
	// Name is told in results.
	Name string
	// Trees says where trees are, by their names, if not where the planner has them.
	Trees map[string]string
	// Attempts is how often a job is tried that broke, 3 where it is 0, and Pause how long it rests after the first
	// time, a second where it is 0; it doubles from time to time.
	Attempts int
	Pause    time.Duration
	// Progress gets what the jobs say while they run; it may be nil.
	Progress io.Writer
}

// Do runs j, whose mails are in box, once, and returns what came of it. The error is that of a context that ended, or
// that this machine cannot even begin, or that box has other mails; what breaks within the job is told by the verdict of the outcome.
func (w *Worker) Do(ctx context.Context, j *Job, box []byte) (*Outcome, error) {
	if err := j.check(); err != nil {
		return nil, err
	}
	if hashOf(box) != j.Series.Mails {
		return nil, fmt.Errorf("the mails %.12s are not what they were", j.Series.Mails)
	}
	dir, remove, err := jobFolder()
	if err != nil {
		return nil, err
	}
	defer remove()
	args, err := w.arguments(j, box, dir)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	var log bytes.Buffer
	tee := io.Writer(&capped{w: &log, left: below.MaxFile / 4})
	if w.Progress != nil {
		tee = io.MultiWriter(tee, w.Progress)
	}
	_, err = run.Output(ctx, run.Cmd{Args: args, Dir: dir, Tee: tee})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	out := &Outcome{Result: Result{Job: *j, Started: started.UTC(), Seconds: time.Since(started).Seconds(), Worker: w.Name, Attempt: 1, Steps: []StepResult{}},
		Files: map[string][]byte{LogText: log.Bytes()}}
	out.collect(dir, err)
	return out, nil
}

// mailsFile is the mailbox of a job, in its folder.
const mailsFile = "series.mbox"

// arguments writes the files of a job into dir and returns the command line.
func (w *Worker) arguments(j *Job, box []byte, dir string) ([]string, error) {
	tree := j.Tree.Dir
	if at, ok := w.Trees[j.Tree.Name]; ok {
		tree = at
	}
	files := map[string]string{mailsFile: string(box)}
	args := append(append([]string{}, w.Command...), "premerge", "--tree", tree, "--base", j.Tree.Base)
	if j.Strict {
		args = append(args, "--strict")
	}
	// A policy of this machine's own would be a part of the verdict that the key knows nothing of.
	files["policy.toml"] = j.Policy
	args = append(args, "--config", filepath.Join(dir, "policy.toml"))
	if j.Build {
		args = append(args, j.buildArguments(dir, files)...)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{ReportJSON, ReportHTML} {
		args = append(args, "--report", filepath.Join(dir, name))
	}
	args = append(args, "--report", "attachments="+filepath.Join(dir, Attachments))
	// By a name that is the same for all jobs: reports say where the mails were.
	return append(args, "--patch-format", "mboxrd", mailsFile), nil
}

func (j *Job) buildArguments(dir string, files map[string]string) []string {
	args := []string{"--build"}
	if j.Boot {
		args = append(args, "--boot")
	}
	if j.Arch != "" {
		args = append(args, "--arch", j.Arch)
	}
	if j.Toolchain != "" {
		args = append(args, "--toolchain", j.Toolchain)
	}
	if j.Config != nil {
		if j.Config.Target != "" {
			args = append(args, "--config-base", j.Config.Target)
		}
		for i, text := range j.Config.Fragments {
			name := fmt.Sprintf("fragment-%d.config", i+1)
			files[name] = text
			args = append(args, "--config-fragment", filepath.Join(dir, name))
		}
	}
	if len(j.Tests) > 0 {
		args = append(args, "--test", strings.Join(j.Tests, ","))
	}
	return args
}

// collect takes the reports that a job left in dir; err is how it ended.
func (o *Outcome) collect(dir string, err error) {
	for _, name := range []string{ReportJSON, ReportHTML} {
		if text, err := below.ReadFile(filepath.Join(dir, name), below.MaxFile); err == nil && len(text) > 0 {
			o.Files[name] = text
		}
	}
	if text, err := below.ReadFile(filepath.Join(dir, Attachments), below.MaxFile); err == nil {
		if list, err := report.ReadAttachments(text); err == nil && len(list) > 0 {
			o.Files[Attachments] = text
			for _, a := range list {
				o.Texts = append(o.Texts, a.Title)
			}
		}
	}
	rep, readErr := report.Read(bytes.NewReader(o.Files[ReportJSON]))
	if readErr != nil {
		o.Verdict = report.Broken
		o.Error = "it left no report"
		var failed *run.Error
		if errors.As(err, &failed) {
			o.Error = failed.Error()
		}
		return
	}
	o.Verdict, o.Lines = rep.Verdict(), linesOf(rep.Marks)
	for _, s := range rep.Steps {
		r := StepResult{Name: s.Name, Status: s.Status, Summary: Brief(s.Summary), Seconds: s.Seconds}
		r.Errors, r.Warnings, _, _ = report.Tally(s.Findings)
		o.Steps = append(o.Steps, r)
		if s.Status == report.Broken && o.Error == "" {
			o.Error = Brief(s.Name + ": " + s.Summary)
		}
	}
}

// capped passes on a number of bytes, and then nothing.
type capped struct {
	w    io.Writer
	left int
}

func (c *capped) Write(b []byte) (int, error) {
	n, err := c.w.Write(b[:min(len(b), c.left)])
	c.left -= n
	if err != nil {
		return n, err
	}
	return len(b), nil
}

// Work does jobs out of store, up to parallel at once, and calls done for each with its result, one call at a time. A job
// that is in the store is not done again. One that breaks is tried again, and buried in the end.
func (w *Worker) Work(ctx context.Context, store *Store, jobs []*Job, parallel int, done func(r *Result, fresh bool) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, parallel))
	turn := make(chan struct{}, 1)
	for _, j := range jobs {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			r, fresh, err := w.once(ctx, store, j)
			if err != nil {
				return err
			}
			turn <- struct{}{}
			defer func() { <-turn }()
			return done(r, fresh)
		})
	}
	return group.Wait()
}

// once returns the result of j: the stored one, or a fresh one, which it stores.
func (w *Worker) once(ctx context.Context, store *Store, j *Job) (r *Result, fresh bool, err error) {
	if err := j.check(); err != nil {
		return nil, false, err
	}
	unlock, err := store.lock(ctx, j.Key)
	if err != nil {
		return nil, false, err
	}
	defer unlock()
	if r, err := store.Result(ctx, j.Key); !errors.Is(err, ErrNone) {
		return r, false, err
	}
	box, err := store.Mails(j.Series.Mails)
	if err != nil {
		return nil, false, err
	}
	pause := cmp.Or(w.Pause, time.Second)
	for attempt := 1; ; attempt++ {
		out, err := w.Do(ctx, j, box)
		if err != nil {
			return nil, false, err
		}
		out.Attempt = attempt
		if out.Verdict != report.Broken {
			_, err := store.Put(out)
			return &out.Result, true, err
		}
		if attempt >= w.Tries() {
			return &out.Result, true, store.Bury(&out.Result)
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, false, err
		}
		pause *= 2
	}
}

// Tries is how often a job is tried that breaks.
func (w *Worker) Tries() int {
	if w.Attempts > 0 {
		return w.Attempts
	}
	return 3
}

// ReadJobs reads jobs, a line each, and returns the first of each key.
func ReadJobs(r io.Reader) ([]*Job, error) {
	var jobs []*Job
	seen := map[string]bool{}
	for dec, n := json.NewDecoder(r), 1; ; n++ {
		var text json.RawMessage
		if err := dec.Decode(&text); errors.Is(err, io.EOF) {
			return jobs, nil
		} else if err != nil {
			return nil, fmt.Errorf("job %d: %w", n, err)
		}
		j, err := ParseJob(text)
		if err != nil {
			return nil, fmt.Errorf("job %d: %w", n, err)
		}
		if !seen[j.Key] {
			seen[j.Key] = true
			jobs = append(jobs, j)
		}
	}
}
