// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/kconfig"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/kbuildfile"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// configure makes the configuration of the build one that compiles what the series changes, where the
// user named none. It returns what it worked out, or nil, and notes of what it could not.
func (r *run) configure(ctx context.Context, opts *kbuild.Options) (*kconfig.Plan, []report.Finding, error) {
	if r.opts.Objects && len(opts.Targets) == 0 {
		opts.Targets = folders(r.before, r.after, r.touched())
	}
	if opts.Fragments != nil || opts.Base != "" {
		return nil, nil, nil
	}
	r.say("build: working out the configuration")
	plan, err := kbuild.Configure(ctx, &kbuild.Request{Before: r.before, After: r.after, Files: r.touched()}, opts)
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
	if c := plan.Configs[0]; len(c.Changed) > 0 {
		opts.Fragments = append(kbuild.DefaultFragments(r.after, false), kbuild.Fragment{Name: "what the series changes", Text: c.Fragment()})
	}
	return plan, nil, nil
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

// cover looks at which changed lines were compiled, where the kernel built.
func (r *run) cover(ctx context.Context, result *kbuild.SeriesResult, plan *kconfig.Plan) ([]report.Finding, error) {
	if !result.Built {
		return nil, nil
	}
	coverage, err := result.Cover(ctx, r.before, r.after, r.touched(), plan)
	if err != nil {
		return nil, err
	}
	result.Coverage = coverage
	return coverage.Findings(), nil
}
