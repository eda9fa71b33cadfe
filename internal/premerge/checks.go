// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/hooks"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

// view returns what the step series looks at.
func (r *run) view() *check.View {
	view := r.opts.Check
	view.Set, view.Before = r.own, r.stacked
	if r.history != nil {
		view.Commits, view.Bases = r.history, r.history
	}
	return &view
}

func (r *run) checkSeries(view *check.View) func(context.Context) (outcome, error) {
	return func(context.Context) (outcome, error) {
		findings, err := series.Check(view)
		if err != nil {
			return outcome{}, err
		}
		return outcome{
			summary:  fmt.Sprintf("%s, %s", report.Plural(len(r.own.Patches), "patch"), report.CountLine(findings)),
			findings: findings,
			result:   patchset.Summarize(r.set),
		}, nil
	}
}

func (r *run) apply(context.Context) (outcome, error) {
	after, result, err := apply.Overlay(r.before, r.set, &r.opts.Apply)
	if err != nil {
		return outcome{}, err
	}
	r.applied = result
	if len(result.Conflicts) > 0 {
		return outcome{
			summary:  fmt.Sprintf("patch %d of %d does not apply", result.Conflicts[0].Patch, len(r.set.Patches)),
			findings: ConflictFindings(result.Conflicts, (*apply.Conflict).WholeExcerpt),
			result:   result,
		}, nil
	}
	r.after = after
	return outcome{summary: Placement(result), result: result}, nil
}

// Placement says in one line where the hunks of a series went in.
func Placement(result *apply.Result) string {
	var hunks, moved, fuzzed int
	for _, p := range result.Patches {
		for _, f := range p.Files {
			for _, h := range f.Hunks {
				hunks++
				if h.Offset != 0 {
					moved++
				}
				if h.Fuzz != 0 {
					fuzzed++
				}
			}
		}
	}
	line := fmt.Sprintf("%s, %s", report.Plural(len(result.Patches), "patch"), report.Plural(hunks, "hunk"))
	switch {
	case moved == 0 && fuzzed == 0:
		return line + ", all where they say"
	case fuzzed == 0:
		return fmt.Sprintf("%s, %d with an offset", line, moved)
	}
	return fmt.Sprintf("%s, %d with an offset, %d with fuzz", line, moved, fuzzed)
}

// ConflictFindings returns conflicts as findings, with the lines that differ as excerpt shows them: one of the methods
// of [apply.Conflict].
func ConflictFindings(conflicts []apply.Conflict, excerpt func(*apply.Conflict) string) []report.Finding {
	var findings []report.Finding
	for _, c := range conflicts {
		if len(c.Needs) > 0 {
			c.Hint = joined(c.Hint, "it may need patch "+numbers(c.Needs)+", which does not fit either")
		}
		f := report.Finding{
			Check: "apply/" + c.Kind, Severity: report.Error, Patch: c.Patch, File: c.File, Line: c.Line,
			Message: c.Message, Detail: excerpt(&c), Hint: c.Hint,
		}
		if f.Detail != "" && c.Merged == "" && c.Expected != "" {
			f.Sides = &report.Sides{Expected: c.Expected, ExpectedLine: c.ExpectedLine, Found: c.Found, FoundLine: c.FoundLine}
		}
		findings = append(findings, f)
	}
	return findings
}

func joined(hint, more string) string {
	if hint == "" {
		return more
	}
	return hint + "; " + more
}

// numbers prints patch numbers: "3, 7".
func numbers(list []int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}

func (r *run) checkpatch(ctx context.Context) (outcome, error) {
	opts := r.opts.Checkpatch
	opts.Tree, opts.NoSandbox = r.stacked, r.opts.Kbuild.NoSandbox
	if r.history != nil {
		opts.GitDir, opts.HistoryCut = r.tree.Repo.GitDir, r.history.cut()
	}
	findings, err := checkpatch.Check(ctx, r.own, &opts)
	return outcome{summary: report.CountLine(findings), findings: findings}, err
}

func (r *run) hooks(context.Context) (outcome, error) {
	opts := &hooks.Options{}
	if r.history != nil {
		opts.History = r.history.HookStates()
	}
	findings, _, err := hooks.Check(&check.View{Set: r.set, Before: r.before, After: r.after}, opts)
	if err != nil {
		return outcome{}, err
	}
	return outcome{summary: report.CountLine(findings), findings: findings}, nil
}
