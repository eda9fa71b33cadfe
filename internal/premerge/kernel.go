// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hooks/needs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/proof"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// kernel asks the kernel that the step before built what hooks and LSMs it has. One without type
// information takes the types from an object file, which its compiler makes with its own flags.
func (r *run) kernel(ctx context.Context, build report.Step) report.Step {
	built, ok := build.Result.(*kbuild.SeriesResult)
	if !ok || !built.Built || built.Vmlinux == "" {
		return report.Step{Name: "kernel", Status: report.Skipped, Summary: "there is no kernel"}
	}
	return r.step(ctx, "kernel", func(ctx context.Context) (outcome, error) {
		lsms, err := r.enabled(built.Config)
		if err != nil {
			return outcome{}, err
		}
		binary, findings, err := InspectKernel(lsms, r.after, built.Vmlinux, "")
		ownTypes := !errors.Is(err, proof.ErrNoTypes)
		if !ownTypes {
			var types string
			if types, err = r.types(ctx); err == nil {
				binary, findings, err = InspectKernel(lsms, r.after, built.Vmlinux, types)
			}
		}
		if err != nil {
			return outcome{}, err
		}
		return outcome{summary: kernelSummary(binary, ownTypes), findings: r.blame(findings), result: binary}, nil
	})
}

// enabled returns the LSMs of the series that a configuration builds in.
func (r *run) enabled(config string) ([]needs.LSM, error) {
	text, err := below.ReadFile(config, below.MaxFile)
	if err != nil {
		return nil, err
	}
	set := symbols.ParseConfig(string(text))
	return slices.DeleteFunc(needs.LSMs(r.set, r.after), func(l needs.LSM) bool {
		return slices.ContainsFunc(l.Configs, func(symbol string) bool { return set[symbol] != "y" })
	}), nil
}

// types makes the object file with the types of the hooks, beside what the series built.
func (r *run) types(ctx context.Context) (string, error) {
	files, err := proof.TypesFiles(r.after)
	if err != nil {
		return "", err
	}
	made, err := r.built.Make(ctx, files, proof.TypesObject)
	if err != nil {
		return "", err
	}
	if !made.Built {
		return "", fmt.Errorf("%s: %s", proof.TypesObject, report.CountLine(made.Findings))
	}
	return made.File(proof.TypesObject), nil
}

func kernelSummary(b *proof.Binary, ownTypes bool) string {
	where := "in its " + strings.ToUpper(b.Source)
	if !ownTypes {
		where = "as its compiler lays them out"
	}
	names := make([]string, 0, len(b.LSMs))
	for _, l := range b.LSMs {
		names = append(names, l.Name)
	}
	return fmt.Sprintf("%s %s; LSMs: %s", report.Plural(len(b.Prototypes), "hook"), where, strings.Join(names, ", "))
}
