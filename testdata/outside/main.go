// SPDX-License-Identifier: GPL-2.0-only

// Outside is a program of somebody else that uses lsmpatch as a library: it reads a series, applies it in
// memory to a folder with a kernel tree, runs the checks of lsmpatch and one of its own, and prints the
// report. It stands in a module of its own, so it sees what any other module sees.
//
//	outside TREE SERIES...
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

// newFilesOwned asks that somebody be named for each file that a series makes: its path stands in the
// MAINTAINERS of the tree after the series.
var newFilesOwned = &check.Check{
	ID: "outside/unowned-file", Severity: report.Warning,
	What: "a new file that MAINTAINERS of the patched tree does not name",
	Why:  "nobody will get the patches for it",
	Run: func(v *check.View, tell func(report.Finding)) error {
		if v.After == nil {
			return nil
		}
		f, err := v.After.Open("MAINTAINERS")
		if err != nil {
			return err
		}
		defer f.Close()
		text, err := io.ReadAll(f)
		if err != nil {
			return err
		}
		for _, p := range v.Set.Patches {
			for _, f := range p.Files {
				path := patchset.Path(f)
				if f.IsNew && !owned(string(text), path) {
					tell(report.Finding{Patch: p.Index, File: path, Message: "nobody is named for " + path})
				}
			}
		}
		return nil
	},
}

// style is a check made of another's: all of checkpatch.
func style(ctx context.Context) *check.Check {
	return &check.Check{ID: "outside/style", What: "what checkpatch finds", Why: "readers are used to one style",
		Run: func(v *check.View, tell func(report.Finding)) error {
			findings, err := checkpatch.Check(ctx, v.Set, nil)
			for _, f := range findings {
				tell(f)
			}
			return err
		}}
}

// owned reports whether an F: line of MAINTAINERS is path or a folder above it.
func owned(maintainers, path string) bool {
	return slices.ContainsFunc(strings.Split(maintainers, "\n"), func(line string) bool {
		pattern, ok := strings.CutPrefix(line, "F:")
		pattern = strings.TrimSpace(pattern)
		return ok && (path == pattern || strings.HasSuffix(pattern, "/") && strings.HasPrefix(path, pattern))
	})
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: outside TREE SERIES...")
		os.Exit(2)
	}
	r, err := examine(context.Background(), os.Args[1], os.Args[2:])
	if err == nil {
		err = report.WriteText(os.Stdout, r, nil)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "outside:", err)
		os.Exit(2)
	}
	if r.Verdict() != report.Passed {
		os.Exit(1)
	}
}

// examine reads the series that names stand for, and judges it by the tree in dir.
func examine(ctx context.Context, dir string, names []string) (*report.Report, error) {
	sets, err := series.Open(ctx, names, nil)
	if err != nil {
		return nil, err
	}
	view := &check.View{Set: sets[0], Before: os.DirFS(dir)}
	after, applied, err := apply.Overlay(view.Before, view.Set, nil)
	if err != nil {
		return nil, err
	}
	if len(applied.Conflicts) == 0 {
		view.After = after
	}

	r := &report.Report{
		Tool: "outside", Started: time.Now(), Tree: report.Tree{Path: dir},
		Series: report.Series{Name: strings.Join(names, " "), Title: sets[0].Patches[0].Subject,
			Version: sets[0].Version, Patches: len(sets[0].Patches)},
	}
	for _, s := range []struct {
		name   string
		checks []*check.Check
	}{
		{"series", series.Checks()},
		{"style", []*check.Check{style(ctx)}},
		{"ours", []*check.Check{newFilesOwned}},
	} {
		findings, err := check.Run(view, s.checks)
		if err != nil {
			return nil, err
		}
		status := report.Passed
		if report.AnyError(findings) {
			status = report.Failed
		}
		r.Steps = append(r.Steps, report.Step{Name: s.name, Status: status, Summary: report.CountLine(findings), Findings: findings})
	}
	return r, nil
}
