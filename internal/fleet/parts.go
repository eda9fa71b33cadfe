// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Reports is where the outcomes of jobs are: a [Store], or a queue. The errors are or wrap [ErrNone] where there is none.
type Reports interface {
	Result(ctx context.Context, key string) (*Result, error)
	File(ctx context.Context, key, name string) ([]byte, error)
}

// Parts returns the reports of jobs for [report.Merge]. The error says which job is not done.
func Parts(ctx context.Context, store Reports, jobs []*Job) ([]report.Part, error) {
	several := false
	for _, j := range jobs {
		several = several || j.Series.ID != jobs[0].Series.ID
	}
	var parts []report.Part
	for _, j := range jobs {
		text, err := store.File(ctx, j.Key, ReportJSON)
		if errors.Is(err, ErrNone) {
			err = hint.Wrap(fmt.Errorf("the job %.12s (%s) is not done", j.Key, j.Label()), "lsmpatch work does it")
		}
		if err != nil {
			return nil, err
		}
		r, err := report.Read(bytes.NewReader(text))
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
