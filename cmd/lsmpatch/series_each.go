// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/lsmpatch/lsmpatch/internal/lane"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

// examiners is how many series of a mailbox are examined at once, where no tree has to be asked: what
// answers for a tree is for one at a time.
const examiners = 3

// An examined series is what is left of one for the output: the set for text, an item for JSON.
type examined struct {
	set      *patchset.Set
	item     []byte
	findings []report.Finding
}

// checkEach checks the newest version of every series that the arguments name, or the version
// of --use-version where there is one. It holds some of them in memory at a time.
func (a *app) checkEach(ctx context.Context, s *source, args []string, t *tree.Tree, view check.View) error {
	all := []report.Finding{}
	family, checked := -1, 0
	newest := func(set *patchset.Set) bool {
		if set.Family == family || s.version != 0 && set.Version != s.version {
			return false
		}
		family = set.Family
		return true
	}
	workers := examiners
	if t != nil {
		workers = 1
	}
	list := report.NewJSONList(a.stdout, "series")
	err := a.examine(ctx, s, args, t, newest, workers, func(set *patchset.Set) (examined, error) {
		findings, err := a.checkSeries(set, view)
		if err != nil || a.format != "json" {
			return examined{set: set, findings: findings}, err
		}
		item, err := list.Encode(seriesResult{patchset.Summarize(set), findings})
		return examined{item: item, findings: findings}, err
	}, func(e examined) error {
		checked++
		all = append(all, e.findings...)
		if a.format == "json" {
			return list.Add(e.item)
		}
		return a.show(func(w io.Writer, opts *report.TextOptions) error {
			writeSeries(w, e.set)
			err := report.WriteFindings(w, e.findings, opts)
			fmt.Fprintln(w)
			return err
		})
	})
	if err != nil {
		return err
	}
	if a.format == "json" {
		err = list.Close(struct {
			Findings []report.Finding `json:"findings"`
		}{all})
	} else {
		err = a.show(func(w io.Writer, _ *report.TextOptions) error {
			_, err := fmt.Fprintf(w, "%s in %d series\n", report.CountLine(all), checked)
			return err
		})
	}
	if err != nil {
		return err
	}
	return atFault(all)
}

// showEach shows every series that the arguments name, in all versions.
func (a *app) showEach(ctx context.Context, s *source, args []string, t *tree.Tree) error {
	list := report.NewJSONList(a.stdout, "series")
	wanted := func(set *patchset.Set) bool { return s.version == 0 || set.Version == s.version }
	err := a.examine(ctx, s, args, t, wanted, examiners, func(set *patchset.Set) (examined, error) {
		if a.format != "json" {
			return examined{set: set}, nil
		}
		findings, err := a.checkSeries(set, check.View{})
		if err != nil {
			return examined{}, err
		}
		item, err := list.Encode(seriesResult{patchset.Summarize(set), findings})
		return examined{item: item}, err
	}, func(e examined) error {
		if a.format == "json" {
			return list.Add(e.item)
		}
		return a.show(func(w io.Writer, _ *report.TextOptions) error { writeSeries(w, e.set); return nil })
	})
	if err != nil || a.format != "json" {
		return err
	}
	return list.Close(nil)
}

// examine reads every series that the arguments name and that is wanted, has work look at up to workers of
// them at once, and gives what it makes of each to emit, in order.
func (a *app) examine(ctx context.Context, s *source, args []string, t *tree.Tree, wanted func(*patchset.Set) bool, workers int,
	work func(*patchset.Set) (examined, error), emit func(examined) error) error {
	if len(args) == 0 {
		args = []string{defaultSeries}
	}
	if _, err := a.config(); err != nil { // read once, before several ask for it
		return err
	}
	progress, done := a.progress()
	defer done()
	sets := only(series.All(ctx, args, a.readOptions(ctx, s, t, progress)), wanted)
	for e, err := range lane.Map(sets, workers, work) {
		if err == nil {
			err = emit(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// only yields those of sets that are wanted.
func only(sets iter.Seq2[*patchset.Set, error], wanted func(*patchset.Set) bool) iter.Seq2[*patchset.Set, error] {
	return func(yield func(*patchset.Set, error) bool) {
		for set, err := range sets {
			if (err != nil || wanted(set)) && !yield(set, err) {
				return
			}
		}
	}
}
