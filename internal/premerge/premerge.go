// SPDX-License-Identifier: GPL-2.0-only

// Package premerge holds a series against a tree in every way that lsmpatch knows, and reports.
//
// For most uses, call [Run]. The steps are series, apply, checkpatch, hooks, build, kernel and boot;
// the first four read the series and two snapshots, before and after, and run side by side. The
// tree is only read: what a build needs is laid out in a work folder outside it.
package premerge

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/boot"
	"github.com/lsmpatch/lsmpatch/internal/config"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/kconfig"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

// Options say what to run. The zero value runs all steps but build and boot.
type Options struct {
	// Tool names the program and its version in the report, and Name the series.
	Tool, Name string
	// Base is the revision that the series is for; "" is HEAD, or the plain directory.
	Base string
	// Check is what the series step may compare with. Series, tree and history are filled in.
	Check check.View
	// Apply has the options of placing hunks: ThreeWay means nothing here.
	Apply apply.Options
	// Checkpatch has the engine and its options. The tree is filled in.
	Checkpatch checkpatch.Options
	// Config changes severities and waives findings; it may be nil.
	Config *config.Config
	// Build and Boot ask for these steps; Boot includes Build, and Build the step kernel.
	Build, Boot bool
	// Tests are what a boot runs: folders of kselftests, "kunit", "doctests", "none", and "auto" for what
	// the touched files suggest; nil for auto. The configuration gets what they want of it.
	Tests []string
	// Kbuild and QEMU are their options. Kbuild.Out means nothing here.
	Kbuild kbuild.Options
	QEMU   boot.Options
	// OnlyLast builds the tree after the last patch alone, not after each.
	OnlyLast bool
	// Arches are architectures whose objects are built besides, where the user names any (Kbuild.Arch is the
	// first); else those are that the series has files of.
	Arches []string
	// Objects builds the folders of the files that the series changes, and no kernel.
	Objects bool
	// Work is the folder for sources and builds (see kbuild.Cache); "" is one below the user's cache.
	// CacheLimit is what it may hold in the end, in bytes; 0 for kbuild's default.
	Work       string
	CacheLimit int64
	// Progress may be nil.
	Progress io.Writer
}

// run is one call of Run.
type run struct {
	opts   *Options
	tree   *tree.Tree
	set    *patchset.Set
	before fs.FS
	// history is nil for a plain directory.
	history *History
	// own is set without the prerequisites below it, of which there are below, and stacked the tree with these.
	own     *patchset.Set
	below   int
	stacked fs.FS
	// after is nil where the series does not apply.
	after   fs.FS
	applied *apply.Result
	// built is nil until the series is.
	built *kbuild.SeriesResult
	// moves are the files that the series moves, once it is to be built.
	moves changed.Moves
	// tests are known when the build begins.
	tests *tests
}

// outcome is what a step brings.
type outcome struct {
	summary  string
	findings []report.Finding
	result   any
}

// Run holds set against t. That the series is at fault, or that a step could not be done, is in
// the report; an error means that there is none: no such revision, no Linux tree, or ctx ended.
func Run(ctx context.Context, t *tree.Tree, set *patchset.Set, opts *Options) (*report.Report, error) {
	if opts == nil {
		opts = &Options{}
	}
	started := time.Now()
	before, err := t.Snapshot(opts.Base)
	if err != nil {
		return nil, err
	}
	if err := tree.IsLinux(before); err != nil {
		return nil, err
	}
	if opts.Boot {
		arch, _ := kconfig.ArchOf(opts.Kbuild.Arch) // that there is none is for the build to tell
		if err := boot.Ready(arch.Name, &opts.QEMU); err != nil {
			return nil, err
		}
	}
	r := &run{opts: opts, tree: t, set: set, before: before}
	if err := r.split(); err != nil {
		return nil, err
	}
	defer func() {
		if r.built != nil {
			r.built.Close()
		}
	}()
	rep := &report.Report{
		Tool: opts.Tool, Started: started.UTC().Truncate(time.Second),
		Tree:   report.Tree{Path: t.Dir(), Release: release(before)},
		Series: describe(r.own, opts.Name),
	}
	if t.IsGit() {
		base, err := t.Resolve(opts.Base)
		if err != nil {
			return nil, err
		}
		rep.Tree.Base = string(base)
		r.history = NewHistory(ctx, t, opts.Base)
	}
	rep.Steps, err = r.steps(ctx)
	r.evidence(rep)
	rep.Seconds = time.Since(started).Seconds()
	return rep, err
}

// steps runs all steps and returns them in the order of the report.
func (r *run) steps(ctx context.Context) ([]report.Step, error) {
	view := r.view()
	if why := series.NotSubmission(view); why != "" {
		return r.unjudged(ctx, view, why), context.Cause(ctx)
	}
	steps := make([]report.Step, 4, 7)
	steps[1] = r.step(ctx, "apply", r.apply)
	var group errgroup.Group
	if r.isLarge() {
		group.SetLimit(1)
	}
	group.Go(func() error { steps[0] = r.step(ctx, "series", r.checkSeries(view)); return nil })
	group.Go(func() error { steps[2] = r.step(ctx, "checkpatch", r.checkpatch); return nil })
	group.Go(func() error { steps[3] = r.step(ctx, "hooks", r.hooks); return nil })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if r.opts.Build || r.opts.Boot {
		build := r.build(ctx)
		steps = append(steps, build, r.kernel(ctx, build))
		if r.opts.Boot {
			steps = append(steps, r.boot(ctx, build))
		}
	}
	return steps, context.Cause(ctx)
}

// unjudged returns the steps for what is no submission: series names it, and nothing is made of the rest.
func (r *run) unjudged(ctx context.Context, view *check.View, why string) []report.Step {
	steps := []report.Step{r.step(ctx, "series", r.checkSeries(view))}
	if steps[0].Status == report.Passed {
		steps[0].Status, steps[0].Summary = report.Skipped, "not judged: "+why
	}
	names := []string{"apply", "checkpatch", "hooks"}
	if r.opts.Build || r.opts.Boot {
		names = append(names, "build", "kernel")
	}
	if r.opts.Boot {
		names = append(names, "boot")
	}
	for _, name := range names {
		steps = append(steps, report.Step{Name: name, Status: report.Skipped, Summary: "not judged: " + why, Findings: []report.Finding{}})
	}
	return steps
}

// isLarge reports whether what each check makes of the series is so much that one after the other has to make it.
func (r *run) isLarge() bool {
	size := 0
	for _, p := range r.set.Patches {
		size += len(p.Diff)
	}
	return size > 8<<20
}

// step runs f and turns what it brings into a step of the report.
func (r *run) step(ctx context.Context, name string, f func(context.Context) (outcome, error)) report.Step {
	r.say("%s: checking", name)
	start := time.Now()
	out, err := f(ctx)
	s := report.Step{
		Name: name, Status: report.Passed, Summary: out.summary, Seconds: time.Since(start).Seconds(),
		Findings: r.opts.Config.Apply(r.byOwnNumbers(name, out.findings)), Result: out.result,
	}
	switch {
	case err != nil:
		s.Status, s.Summary, s.Hint = report.Broken, err.Error(), hint.Of(err)
	case report.AnyError(s.Findings):
		s.Status = report.Failed
	}
	return s
}

func (r *run) say(format string, args ...any) {
	if r.opts.Progress != nil {
		fmt.Fprintf(r.opts.Progress, format+"\n", args...)
	}
}

func describe(set *patchset.Set, name string) report.Series {
	s := report.Series{Name: name, Version: set.Version, Patches: len(set.Patches)}
	switch {
	case set.Cover != nil:
		s.Title, s.Author = set.Cover.Subject, person(set.Cover.From.Name, set.Cover.From.Email)
	case len(set.Patches) > 0:
		first := set.Patches[0]
		s.Title, s.Author = first.Subject, person(first.Author.Name, first.Author.Email)
	}
	return s
}

func person(name, email string) string { return fmt.Sprintf("%s <%s>", name, email) }

// WorkDir returns the folder for the patched source and the build of the tree at dir: out, or
// where that is "" one below the user's cache, for each tree its own.
func WorkDir(out, dir string) (string, error) {
	if out != "" {
		return filepath.Abs(out)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", hint.Wrap(err, "name a work folder with --out")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	key := string(odb.BlobHash([]byte(dir)))[:12]
	return filepath.Join(cache, "lsmpatch", "work", filepath.Base(dir)+"-"+key), nil
}
