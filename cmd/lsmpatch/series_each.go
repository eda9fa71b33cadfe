// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

// checkEach checks the newest version of every series that the arguments name, or the version
// of --use-version where there is one. It holds one of them in memory at a time.
func (a *app) checkEach(ctx context.Context, s *source, args []string, t *tree.Tree, view check.View) error {
	if len(args) == 0 {
		args = []string{defaultSeries}
	}
	progress, done := a.progress()
	defer done()
	results := []seriesResult{}
	var all []report.Finding
	family, checked := -1, 0
	for set, err := range series.All(ctx, args, a.readOptions(ctx, s, t, progress)) {
		if err != nil {
			return err
		}
		if set.Family == family || s.version != 0 && set.Version != s.version {
			continue
		}
		family = set.Family
		checked++
		findings, err := a.checkSeries(set, view)
		if err != nil {
			return err
		}
		all = append(all, findings...)
		if a.format == "json" {
			results = append(results, seriesResult{patchset.Summarize(set), findings})
			continue
		}
		err = a.show(func(w io.Writer, opts *report.TextOptions) error {
			writeSeries(w, set)
			err := report.WriteFindings(w, findings, opts)
			fmt.Fprintln(w)
			return err
		})
		if err != nil {
			return err
		}
	}
	done()
	result := struct {
		Series   []seriesResult   `json:"series"`
		Findings []report.Finding `json:"findings"`
	}{results, append([]report.Finding{}, all...)}
	err := a.emit(result, func(w io.Writer, _ *report.TextOptions) error {
		_, err := fmt.Fprintf(w, "%s in %d series\n", report.CountLine(all), checked)
		return err
	})
	if err != nil {
		return err
	}
	return atFault(all)
}

// showEach shows every series that the arguments name, in all versions.
func (a *app) showEach(ctx context.Context, s *source, args []string, t *tree.Tree) error {
	if len(args) == 0 {
		args = []string{defaultSeries}
	}
	progress, done := a.progress()
	defer done()
	results := []seriesResult{}
	for set, err := range series.All(ctx, args, a.readOptions(ctx, s, t, progress)) {
		if err != nil {
			return err
		}
		if s.version != 0 && set.Version != s.version {
			continue
		}
		if a.format != "json" {
			if err := a.show(func(w io.Writer, _ *report.TextOptions) error { writeSeries(w, set); return nil }); err != nil {
				return err
			}
			continue
		}
		findings, err := a.checkSeries(set, check.View{})
		if err != nil {
			return err
		}
		results = append(results, seriesResult{patchset.Summarize(set), findings})
	}
	done()
	return a.emit(map[string]any{"series": results}, func(io.Writer, *report.TextOptions) error { return nil })
}
