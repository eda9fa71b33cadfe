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
		opts.Targets = folders(r.before, r.after, r.touched(), kbuild.SourceArch(opts.Arch))
	}
	if opts.Fragments != nil || opts.Base != "" {
		return nil, nil, nil
	}
	r.say("build: working out the configuration")
	key, err := s.Key()
	if err != nil {
		return nil, nil, err
	}
	plan, err := kbuild.Configure(ctx, &kbuild.Request{Before: r.before, After: r.after, Files: r.touched(), Moves: s.Moves, Arch: opts.Arch, Cache: s.Cache, Key: key}, opts)
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
	opts.Fragments, opts.Modules = r.fragments(plan, 0, opts.Arch), plan.Modules
	return plan, nil, nil
}

// fragments returns the fragments that make one of the plan's configurations.
func (r *run) fragments(plan *kconfig.Plan, config int, arch string) []kbuild.Fragment {
	fragments := kbuild.DefaultFragments(r.after, r.touched(), arch)
	if c := plan.Configs[config]; len(c.Changed) > 0 {
		fragments = append(fragments, kbuild.Fragment{Name: "what the series changes", Text: c.Fragment()})
	}
	return fragments
}

// folders returns the folders, as targets of make, that hold the objects of changed sources. The base is
// built as well, so a folder that it lacks is built from above. Without any, all is built.
func folders(before, after fs.FS, names []string, srcArch string) []string {
	reader := kbuildfile.NewReader(after, srcArch)
	var out []string
	for _, name := range names {
		w := reader.Of(name)
		if strings.HasPrefix(w.Object, "arch/"+srcArch+"/boot/dts/") {
			out = append(out, "dtbs") // make comes to no folder there by its name
			continue
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
// configuration or architecture alone compiles.
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
	for i := 1; plan != nil && i < len(plan.Configs); i++ {
		v := variant{arch: opts.Arch, plan: plan, config: i, names: plan.Wants(i+1, coverage.Missing())}
		more, err := r.further(ctx, s, result, &v, opts)
		if err != nil {
			return nil, err
		}
		findings = append(findings, more...)
	}
	for _, arch := range r.otherArches(coverage) {
		more, err := r.otherArch(ctx, s, result, arch, opts)
		if err != nil {
			return nil, err
		}
		findings = append(findings, more...)
	}
	return append(findings, coverage.Findings()...), nil
}

// A variant is another build of some files.
type variant struct {
	arch   string
	plan   *kconfig.Plan
	config int      // its index in the plan
	names  []string // the files that it is for
}

// label says in which build something was seen.
func (v *variant) label() string {
	if v.config > 0 {
		return fmt.Sprintf("configuration %d", v.config+1)
	}
	return "ARCH=" + v.arch
}

// otherArches returns the architectures that are built besides the first: those that the user names, else those
// with files in arch/ that no build compiled.
func (r *run) otherArches(coverage *kbuild.Coverage) []string {
	if r.opts.Kbuild.Arch != "" || len(r.opts.Arches) > 0 {
		return r.opts.Arches
	}
	var names []string
	for file := range coverage.Missing() {
		for _, a := range kconfig.Arches {
			if strings.HasPrefix(file, "arch/"+a.SrcArch+"/") && a.SrcArch != kbuild.SourceArch("") {
				names = append(names, a.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// otherArch builds the objects of an architecture that the series changes.
func (r *run) otherArch(ctx context.Context, s *kbuild.Series, first *kbuild.SeriesResult, arch string, opts *kbuild.Options) ([]report.Finding, error) {
	other := *opts
	other.Arch, other.Fragments, other.Targets = arch, nil, nil
	plan, notes, err := r.configure(ctx, s, &other)
	if err == nil && plan == nil && other.Base != "" {
		f := report.Finding{Check: "build/not-configured", Severity: report.Note,
			Message: "ARCH=" + arch + " was not built: where " + other.Base + " is to be built, no configuration is worked out for it"}
		if slices.Contains(r.opts.Arches, arch) {
			f.Severity = report.Warning // the user asked for it
		}
		return []report.Finding{f}, nil
	}
	if err != nil || plan == nil {
		return notes, err
	}
	v := variant{arch: arch, plan: plan}
	for _, f := range plan.Files {
		if f.Config == 1 && f.Object != "" {
			v.names = append(v.names, f.Path)
		}
	}
	return r.further(ctx, s, first, &v, opts)
}

// further builds the folders of the variant's files. It adds what is compiled to the coverage, and returns
// what the compilers say there.
func (r *run) further(ctx context.Context, s *kbuild.Series, first *kbuild.SeriesResult, v *variant, opts *kbuild.Options) ([]report.Finding, error) {
	if len(v.names) == 0 {
		return nil, nil
	}
	r.say("build: %s, for %s", v.label(), strings.Join(v.names, ", "))
	last := *s
	last.States = s.States[len(s.States)-1:]
	other := *opts
	other.Arch, other.Fragments = v.arch, r.fragments(v.plan, v.config, v.arch)
	if other.Targets = folders(r.before, r.after, v.names, kbuild.SourceArch(v.arch)); len(other.Targets) == 0 {
		other.Targets = []string{"init/"} // headers alone, which only need to know how a source is compiled
	}
	result, err := kbuild.BuildSeries(ctx, &last, &other)
	var base *kbuild.BaseError
	switch {
	case errors.As(err, &base):
		return []report.Finding{{Check: "build/not-configured", Severity: report.Note,
			Message: fmt.Sprintf("%s, which compiles further lines, was not tried: %v", v.label(), err), Hint: hint.Of(err)}}, nil
	case err != nil:
		return nil, err
	}
	defer result.Close()
	first.Further = append(first.Further, kbuild.Further{Config: v.config + 1, Arch: v.plan.Arch, Built: result.Built,
		Commands: result.Commands, Seconds: result.Seconds, Changed: v.plan.Configs[v.config].Changed})
	if result.Built {
		covered, err := result.Cover(ctx, r.before, r.after, v.names, nil)
		if err != nil {
			return nil, err
		}
		first.Coverage.Add(covered)
	}
	return unlike(first.Findings, result.Findings, v.label()), nil
}

// unlike returns those of more that known has not, with the build that they are from.
func unlike(known, more []report.Finding, label string) []report.Finding {
	var out []report.Finding
	for _, f := range more {
		same := func(k report.Finding) bool {
			return k.Check == f.Check && k.File == f.File && k.Line == f.Line && k.Message == f.Message
		}
		if !slices.ContainsFunc(known, same) && f.Check != "build/lens" {
			f.Message += " (" + label + ")"
			out = append(out, f)
		}
	}
	return out
}
