// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/kconfig"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/kbuildfile"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// configure makes the configuration of the build one that compiles what the series changes, where the
// user named none. It returns what it worked out, or nil, and notes of what it could not.
func (r *run) configure(ctx context.Context, s *kbuild.Series, opts *kbuild.Options) (*kconfig.Plan, []report.Finding, error) {
	if r.opts.Objects && len(opts.Targets) == 0 {
		opts.Targets = folders(r.before, r.after, r.touched())
	}
	if opts.Fragments != nil || opts.Base != "" {
		return nil, nil, nil
	}
	r.say("build: working out the configuration")
	key, err := s.Key()
	if err != nil {
		return nil, nil, err
	}
	plan, err := kbuild.Configure(ctx, &kbuild.Request{Before: r.before, After: r.after, Files: r.touched(), Cache: s.Cache, Key: key}, opts)
	var broken *symbols.KconfigError
	switch {
	case ctx.Err() != nil:
		return nil, nil, context.Cause(ctx)
	case errors.As(err, &broken):
		return nil, nil, nil // the build tells it
	case err != nil:
		return nil, []report.Finding{{Check: "build/not-configured", Severity: report.Note,
			Message: "no configuration could be worked out for the series, so the usual one is built: " + err.Error()}}, nil
	}
	opts.Fragments = r.fragments(plan, 0)
	return plan, nil, nil
}

// fragments returns the fragments that make one of the plan's configurations.
func (r *run) fragments(plan *kconfig.Plan, config int) []kbuild.Fragment {
	fragments := kbuild.DefaultFragments(r.after, r.touched())
	if c := plan.Configs[config]; len(c.Changed) > 0 {
		fragments = append(fragments, kbuild.Fragment{Name: "what the series changes", Text: c.Fragment()})
	}
	return fragments
}

// folders returns the folders, as targets of make, that hold the objects of changed sources. The base is
// built as well, so a folder that it lacks is built from above. Without any, all is built.
func folders(before, after fs.FS, names []string) []string {
	reader := kbuildfile.NewReader(after, "x86")
	var out []string
	for _, name := range names {
		w := &kbuildfile.Wiring{}
		switch {
		case kbuildfile.IsSource(name):
			w = reader.File(name)
		case path.Ext(name) == ".h":
			w = reader.Header(name)
		}
		dir := path.Dir(w.Object)
		for dir != "." {
			if info, err := fs.Stat(before, dir); err == nil && info.IsDir() {
				break
			}
			dir = path.Dir(dir)
		}
		if dir != "." {
			out = append(out, dir+"/")
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// touched returns the files that the series changes.
func (r *run) touched() []string {
	var names []string
	for _, p := range r.applied.Patches {
		for _, f := range p.Files {
			names = append(names, f.Path)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// cover looks at which changed lines were compiled, where the kernel built, and builds what a further
// configuration alone compiles.
func (r *run) cover(ctx context.Context, s *kbuild.Series, result *kbuild.SeriesResult, plan *kconfig.Plan, opts *kbuild.Options) ([]report.Finding, error) {
	if !result.Built {
		return nil, nil
	}
	coverage, err := result.Cover(ctx, r.before, r.after, r.touched(), plan)
	if err != nil {
		return nil, err
	}
	result.Coverage = coverage
	var findings []report.Finding
	for config := 1; plan != nil && config < len(plan.Configs); config++ {
		more, err := r.further(ctx, s, result, plan, config, opts)
		if err != nil {
			return nil, err
		}
		findings = append(findings, more...)
	}
	return append(findings, coverage.Findings()...), nil
}

// further builds, in another of the plan's configurations, the folders of the files that have lines which
// the builds before did not compile. It adds what is compiled to the coverage, and returns what the
// compilers say there.
func (r *run) further(ctx context.Context, s *kbuild.Series, first *kbuild.SeriesResult, plan *kconfig.Plan, config int, opts *kbuild.Options) ([]report.Finding, error) {
	names := plan.Wants(config+1, first.Coverage.Missing())
	if len(names) == 0 {
		return nil, nil
	}
	r.say("build: configuration %d, for %s", config+1, strings.Join(names, ", "))
	last := *s
	last.States = s.States[len(s.States)-1:]
	other := *opts
	other.Fragments, other.Targets = r.fragments(plan, config), folders(r.before, r.after, names)
	if len(other.Targets) == 0 { // headers alone, which only need to know how a source is compiled
		other.Targets = []string{"init/"}
	}
	result, err := kbuild.BuildSeries(ctx, &last, &other)
	var base *kbuild.BaseError
	switch {
	case errors.As(err, &base):
		return []report.Finding{{Check: "build/not-configured", Severity: report.Note,
			Message: fmt.Sprintf("configuration %d, which compiles further lines, was not tried: %v", config+1, err), Hint: hint.Of(err)}}, nil
	case err != nil:
		return nil, err
	}
	defer result.Close()
	further := kbuild.Further{Config: config + 1, Built: result.Built, Commands: result.Commands, Seconds: result.Seconds, Changed: plan.Configs[config].Changed}
	first.Further = append(first.Further, further)
	if result.Built {
		covered, err := result.Cover(ctx, r.before, r.after, names, nil)
		if err != nil {
			return nil, err
		}
		first.Coverage.Add(covered)
	}
	return unlike(first.Findings, result.Findings, config+1), nil
}

// unlike returns those of more that known has not, with the number of the configuration.
func unlike(known, more []report.Finding, config int) []report.Finding {
	var out []report.Finding
	for _, f := range more {
		same := func(k report.Finding) bool {
			return k.Check == f.Check && k.File == f.File && k.Line == f.Line && k.Message == f.Message
		}
		if !slices.ContainsFunc(known, same) {
			f.Message += fmt.Sprintf(" (in configuration %d)", config)
			out = append(out, f)
		}
	}
	return out
}
