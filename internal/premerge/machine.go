// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/boot"
	"github.com/lsmpatch/lsmpatch/internal/dangling"
	"github.com/lsmpatch/lsmpatch/internal/hooks/needs"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// build makes a kernel of the tree after each patch, and of the base, unless the cache has these.
func (r *run) build(ctx context.Context) report.Step {
	if r.after == nil {
		return report.Step{Name: "build", Status: report.Skipped, Summary: "the series does not apply"}
	}
	if len(r.applied.Patches) == 0 {
		return report.Step{Name: "build", Status: report.Skipped, Summary: "the series has no patch"}
	}
	return r.step(ctx, "build", r.compile)
}

// compile does the work of the step build.
func (r *run) compile(ctx context.Context) (outcome, error) {
	s, err := r.states()
	if err != nil {
		return outcome{}, err
	}
	opts := r.opts.Kbuild
	opts.Progress = r.opts.Progress
	if r.tests, err = r.planTests(); err != nil {
		return outcome{}, err
	}
	plan, notes, err := r.configure(ctx, s, &opts)
	if err != nil {
		return outcome{}, err
	}
	tested := opts
	tested.Extra = slices.Concat(opts.Extra, r.tests.fragments(r.after))
	result, err := kbuild.BuildSeries(ctx, s, &tested)
	if err != nil {
		return outcome{}, err
	}
	r.built = result
	read, err := beyondBuilds(ctx, r.before, s.States[len(s.States)-1].Tree, opts.Arch)
	if err != nil {
		return outcome{}, err
	}
	covered, err := r.cover(ctx, s, result, plan, &opts)
	if err != nil {
		return outcome{}, err
	}
	read = slices.DeleteFunc(read, func(f report.Finding) bool { // make or a compiler said so
		return slices.ContainsFunc(result.Findings, func(k report.Finding) bool { return k.File == f.File && k.Line == f.Line && f.Line > 0 })
	})
	findings := slices.Concat(notes, read, result.Findings, covered)
	return outcome{summary: buildSummary(result), findings: r.blame(findings), result: result}, nil
}

// beyondBuilds tells of what no build of one configuration shows, and the text of the tree does.
func beyondBuilds(ctx context.Context, before fs.FS, after *tree.Overlay, arch string) ([]report.Finding, error) {
	undefined, err := kbuild.UndefinedSymbols(ctx, before, after)
	if err != nil {
		return nil, err
	}
	missing, err := kbuild.MissingSources(ctx, before, after, arch)
	if err != nil {
		return nil, err
	}
	unread, err := kbuild.UnreadKconfigs(ctx, before, after)
	if err != nil {
		return nil, err
	}
	used, err := dangling.Uses(ctx, before, after, kbuild.Modular(ctx, after))
	return slices.Concat(undefined, missing, unread, used), err
}

// states describes the series for the build: the base, and the tree after each patch.
func (r *run) states() (*kbuild.Series, error) {
	key, err := r.baseKey()
	if err != nil {
		return nil, err
	}
	cache, err := kbuild.OpenCache(r.opts.Work)
	if err != nil {
		return nil, err
	}
	s := &kbuild.Series{Base: r.before, BaseKey: key, Title: "Linux " + release(r.before), Cache: cache, CacheLimit: r.opts.CacheLimit}
	snapshots, err := r.applied.Snapshots()
	if err != nil {
		return nil, err
	}
	for i, snapshot := range snapshots {
		if r.opts.OnlyLast && i+1 < len(snapshots) {
			continue
		}
		after, ok := snapshot.(*tree.Overlay)
		if !ok {
			return nil, fmt.Errorf("the tree after patch %d is a %T", r.applied.Patches[i].Index, snapshot)
		}
		s.States = append(s.States, kbuild.State{Patch: r.applied.Patches[i].Index, Tree: after})
	}
	r.moves, err = kbuild.Moves(r.before, s.States[len(s.States)-1].Tree)
	s.Moves = r.moves
	return s, err
}

// baseKey names what the base tree holds: by the hash of a git tree, else by how each file looks.
func (r *run) baseKey() (string, error) {
	if r.tree.IsGit() {
		id, err := r.tree.Repo.Peel(r.opts.Base, "tree")
		return fmt.Sprintf("git %x", id), err
	}
	h := sha256.New()
	err := fs.WalkDir(r.before, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintf(h, "%q %o %d %d\n", name, info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	return fmt.Sprintf("folder %x", h.Sum(nil)), err
}

func buildSummary(result *kbuild.SeriesResult) string {
	if !result.Built {
		return "the kernel does not build; log " + result.Log
	}
	line := report.Plural(result.Commands, "command")
	if info, err := os.Stat(result.Kernel); err == nil {
		line = fmt.Sprintf("%s of %.2f MB, %s", filepath.Base(result.Kernel), float64(info.Size())/1e6, line)
	}
	if len(result.Patches) > 1 {
		line += ", each patch built"
	}
	if grown, of := result.Growth(); of != "" {
		line += fmt.Sprintf(", %s %+d bytes", of, grown)
	}
	if result.Coverage != nil {
		line += "; " + result.Coverage.Summary()
	}
	if result.Cached {
		line += ", built before"
	}
	if !result.Survey.Isolated() {
		line += " (not isolated from this machine: --no-sandbox)"
	}
	return line
}

// blame names in each finding about a file the patch that wrote the line, else the last one that touches the file.
func (r *run) blame(findings []report.Finding) []report.Finding {
	last := map[string]int{}
	for _, p := range r.applied.Patches {
		for _, f := range p.Files {
			last[f.Path] = p.Index
		}
	}
	files := map[string]*written{}
	for i := range findings {
		f := &findings[i]
		if f.Patch != 0 || f.File == "" {
			continue
		}
		if files[f.File] == nil {
			files[f.File] = r.written(f.File)
		}
		f.Patch = cmp.Or(files[f.File].writer(f.Line), last[f.File])
	}
	return findings
}

// boot starts the kernel that the step before built.
func (r *run) boot(ctx context.Context, build report.Step) report.Step {
	result, ok := build.Result.(*kbuild.SeriesResult)
	if !ok || !result.Built {
		return report.Step{Name: "boot", Status: report.Skipped, Summary: "there is no kernel"}
	}
	return r.step(ctx, "boot", func(ctx context.Context) (outcome, error) {
		opts := r.opts.QEMU
		r.expect(&opts)
		opts.Vmlinux, opts.BaseVmlinux = result.Vmlinux, result.BaseVmlinux()
		opts.Root = r.opts.Kbuild.Toolchain
		if err := r.hooked(result.Config, &opts); err != nil {
			return outcome{}, err
		}
		names, findings := r.buildable(r.tests.selftests)
		selftests, more, err := result.Selftests(ctx, names)
		if err != nil {
			return outcome{}, err
		}
		findings = append(findings, more...)
		for i := range findings {
			if findings[i].Severity == report.Warning && !r.tests.named {
				findings[i].Severity = report.Note // nobody asked for them
			}
		}
		findings = append(findings, r.addTests(r.tests, selftests, &opts)...)
		boots := func() (*boot.Result, error) { return boot.Run(ctx, result.Kernel, &opts) }
		if base := result.BaseKernel(); base != "" {
			boots = func() (*boot.Result, error) { return boot.RunAgainst(ctx, result.Kernel, base, &opts) }
		}
		booted, err := boots()
		if err != nil {
			return outcome{}, err
		}
		booted.Findings = append(findings, booted.Findings...)
		return outcome{summary: bootSummary(booted), findings: r.blame(r.locate(booted.Findings)), result: booted}, nil
	})
}

// sample is the LSM whose name and log lines package boot expects by itself.
const sample = "rust_lsm_sample"

// expect makes the LSMs of the series those that must be active, where the caller named none. A
// series that brings none must boot, and leave the list as the base has it.
func (r *run) expect(opts *boot.Options) {
	if opts.LSM != nil {
		return
	}
	var names []string
	for _, lsm := range needs.LSMs(r.set, r.after) {
		names = append(names, lsm.Name)
	}
	if !slices.Equal(names, []string{sample}) {
		opts.LSM = append([]string{}, names...)
	}
}

func bootSummary(b *boot.Result) string {
	if !b.Booted {
		return "the kernel does not come up"
	}
	words := []string{strings.Join(b.Active, ","), report.Plural(len(b.HookLines), "log line") + " of hooks"}
	if len(b.Tests) > 0 {
		words = append(words, b.Tally())
	}
	switch {
	case b.Arch == "um":
		words = append(words, "User Mode Linux")
	case b.KVM:
		words = append(words, "under KVM")
	default:
		words = append(words, "without KVM")
	}
	if b.Unboxed != "" {
		words = append(words, "not in a sandbox: "+b.Unboxed)
	}
	return strings.Join(words, "; ")
}
