// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Parts returns the reports of jobs for [report.Merge]. The error says which job is not done.
func Parts(store *Store, jobs []*Job) ([]report.Part, error) {
	several := false
	for _, j := range jobs {
		several = several || j.Series.ID != jobs[0].Series.ID
	}
	var parts []report.Part
	for _, j := range jobs {
		text, err := store.File(j.Key, ReportJSON)
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
