// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/boot"
	"github.com/lsmpatch/lsmpatch/internal/hooks/needs"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// build lays out the patched tree and makes a kernel of it.
func (r *run) build(ctx context.Context) report.Step {
	if r.after == nil {
		return report.Step{Name: "build", Status: report.Skipped, Summary: "the series does not apply"}
	}
	return r.step(ctx, "build", func(ctx context.Context) (outcome, error) {
		work, err := WorkDir(r.opts.Work, r.tree.Dir())
		if err != nil {
			return outcome{}, err
		}
		src := filepath.Join(work, "src")
		if err := layOut(ctx, r.after, src, r.opts.Progress); err != nil {
			return outcome{}, err
		}
		opts := r.opts.Kbuild
		opts.Out = filepath.Join(work, "obj")
		opts.Progress = r.opts.Progress
		result, err := kbuild.Build(ctx, src, &opts)
		if err != nil {
			return outcome{}, err
		}
		return outcome{summary: buildSummary(result), findings: r.blame(result.Findings), result: result}, nil
	})
}

func buildSummary(result *kbuild.Result) string {
	if !result.Built {
		return "the kernel does not build"
	}
	line := report.Plural(result.Commands, "command")
	if !result.Survey.Isolated() {
		line += " (not isolated from this machine: --no-sandbox)"
	}
	if info, err := os.Stat(result.Kernel); err == nil {
		line = fmt.Sprintf("%s of %.2f MB, %s", filepath.Base(result.Kernel), float64(info.Size())/1e6, line)
	}
	return line
}

// blame names in each finding about a file the last patch that touches the file.
func (r *run) blame(findings []report.Finding) []report.Finding {
	last := map[string]int{}
	for _, p := range r.applied.Patches {
		for _, f := range p.Files {
			last[f.Path] = p.Index
		}
	}
	for i := range findings {
		if findings[i].Patch == 0 {
			findings[i].Patch = last[findings[i].File]
		}
	}
	return findings
}

// boot starts the kernel that the step before built.
func (r *run) boot(ctx context.Context, build report.Step) report.Step {
	result, ok := build.Result.(*kbuild.Result)
	if !ok || !result.Built {
		return report.Step{Name: "boot", Status: report.Skipped, Summary: "there is no kernel"}
	}
	return r.step(ctx, "boot", func(ctx context.Context) (outcome, error) {
		opts := r.opts.QEMU
		r.expect(&opts)
		booted, err := boot.Run(ctx, result.Kernel, &opts)
		if err != nil {
			return outcome{}, err
		}
		return outcome{summary: bootSummary(booted), findings: booted.Findings, result: booted}, nil
	})
}

// sample is the LSM whose name and log lines package boot expects by itself.
const sample = "rust_lsm_sample"

// expect makes the LSMs of the series those that must be active, where the caller named none.
func (r *run) expect(opts *boot.Options) {
	if opts.LSM != nil {
		return
	}
	var names []string
	for _, lsm := range needs.LSMs(r.set, r.after) {
		names = append(names, lsm.Name)
	}
	if len(names) > 0 && !slices.Equal(names, []string{sample}) {
		opts.LSM = names
	}
}

func bootSummary(b *boot.Result) string {
	if !b.Booted {
		return "the kernel does not come up"
	}
	how := "under KVM"
	if !b.KVM {
		how = "without KVM"
	}
	return fmt.Sprintf("%s; %s of hooks; %s", strings.Join(b.Active, ","), report.Plural(len(b.HookLines), "log line"), how)
}
