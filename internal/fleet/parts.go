// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Reports is where the outcomes of jobs are: a [Store], or a queue. The errors are or wrap [ErrNone] where there is none.
type Reports interface {
	Result(ctx context.Context, key string) (*Result, error)
	File(ctx context.Context, key, name string) ([]byte, error)
	// GivenUp returns why the job of a key was given up.
	GivenUp(ctx context.Context, key string) (why string, err error)
}

// PartsOptions say what becomes of jobs that are not done.
type PartsOptions struct {
	// Wait is how long they are waited for.
	Wait time.Duration
	// Incomplete has them reported as steps that broke, in place of an error.
	Incomplete bool
}

// Parts returns the reports of jobs for [report.Merge]. The error says which job is not done.
func Parts(ctx context.Context, store Reports, jobs []*Job, opts *PartsOptions) ([]report.Part, error) {
	if opts == nil {
		opts = new(PartsOptions)
	}
	if err := await(ctx, store, jobs, opts.Wait); err != nil {
		return nil, err
	}
	several := false
	for _, j := range jobs {
		several = several || j.Series.ID != jobs[0].Series.ID
	}
	var parts []report.Part
	for _, j := range jobs {
		r, err := readReport(ctx, store, j)
		if errors.Is(err, ErrNone) && opts.Incomplete {
			r, err = undone(ctx, store, j)
		}
		if errors.Is(err, ErrNone) {
			err = hint.Wrap(fmt.Errorf("the job %.12s (%s) is not done", j.Key, j.Label()), "lsmpatch work does it; --incomplete reports without it")
		}
		if err != nil {
			return nil, err
		}
		label := j.Label()
		if several {
			label = j.Series.Title + " · " + label
		}
		parts = append(parts, report.Part{Label: label, Report: r})
	}
	return parts, nil
}

// readReport returns the report of j.
func readReport(ctx context.Context, store Reports, j *Job) (*report.Report, error) {
	text, err := store.File(ctx, j.Key, ReportJSON)
	if err != nil {
		return nil, err
	}
	return report.Read(bytes.NewReader(text))
}

// undone returns a report that says why j has none.
func undone(ctx context.Context, store Reports, j *Job) (*report.Report, error) {
	why, err := store.GivenUp(ctx, j.Key)
	if errors.Is(err, ErrNone) {
		why, err = "it was not done", nil
	}
	return &report.Report{Tool: j.Tool, Series: report.Series{Title: j.Series.Title, Author: j.Series.Author, Version: j.Series.Version, Patches: j.Series.Patches},
		Tree: report.Tree{Path: j.Tree.Dir, Base: j.Tree.Base}, Steps: []report.Step{{Name: "job", Status: report.Broken, Summary: why, Findings: []report.Finding{}}}}, err
}

// awaitPause is how long await rests between two looks.
const awaitPause = time.Second

// await waits until each of jobs is done or given up, at most for a time.
func await(ctx context.Context, store Reports, jobs []*Job, most time.Duration) error {
	for deadline := time.Now().Add(most); ; {
		for len(jobs) > 0 {
			_, err := store.Result(ctx, jobs[0].Key)
			if errors.Is(err, ErrNone) {
				_, err = store.GivenUp(ctx, jobs[0].Key)
			}
			if err != nil && !errors.Is(err, ErrNone) {
				return err
			}
			if err != nil {
				break
			}
			jobs = jobs[1:]
		}
		if len(jobs) == 0 || time.Now().After(deadline) {
			return nil
		}
		if err := sleep(ctx, awaitPause); err != nil {
			return err
		}
	}
}
