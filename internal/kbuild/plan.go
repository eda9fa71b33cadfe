// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/kconfig"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
)

// planFormat changes where an older program would have worked out other configurations.
const planFormat = "8"

// Request is what [Configure] is asked for.
type Request struct {
	// Before and After are the trees without and with the series, Files what differs.
	Before, After fs.FS
	Files         []string
	// Moves are those of [Moves].
	Moves changed.Moves
	// Arch is make's ARCH; "" for x86_64.
	Arch string
	// Config is the text of a configuration to start from; "" for what [Build] builds by default.
	Config string
	// Cache keeps the answer, where it is not nil, by Key, which names what both trees hold.
	Cache *Cache
	Key   string
}

// Configure works out the configurations that compile what a series changes, without a build. Of opts
// it uses what tells of the toolchain.
func Configure(ctx context.Context, r *Request, opts *Options) (*kconfig.Plan, error) {
	if opts == nil {
		opts = &Options{}
	}
	arch, ok := kconfig.ArchOf(r.Arch)
	if !ok {
		var names []string
		for _, a := range kconfig.Arches {
			names = append(names, a.Name)
		}
		return nil, hint.Wrap(fmt.Errorf("no configurations are worked out for the architecture %q", r.Arch), "it is one of "+strings.Join(names, ", "))
	}
	tc, err := OpenToolchain(ctx, opts.Toolchain, opts.NoSandbox)
	if err != nil {
		return nil, err
	}
	kept := ""
	if r.Cache != nil {
		kept = r.Cache.dir
	}
	survey, err := tc.knownSurvey(ctx, kept, r.After, opts.LLVM, false)
	if err != nil {
		return nil, err
	}
	if err := survey.toolsErr(); err != nil {
		return nil, err
	}
	b := &builder{opts: opts, tc: tc, survey: survey}
	o := &kconfig.Options{Base: r.Config, Moves: r.Moves, Options: symbols.Options{
		Box: tc.box, Arch: arch.Name, SrcArch: arch.SrcArch, LLVM: survey.LLVM, Tools: (&seriesBuild{builder: b}).toolsKey()}}
	if r.Config == "" {
		o.Tiny = true
		o.Base = kconfig.Tiny(r.After, arch.SrcArch) + arch.Base
		for _, f := range DefaultFragments(r.After, r.Files, r.Arch) {
			o.Base += f.Text
		}
	}
	if kept == "" {
		return kconfig.Work(ctx, r.Before, r.After, slices.Clone(r.Files), o)
	}
	file := filepath.Join(kept, "plan-"+keyOf(planFormat, r.Key, o.Tools, o.Arch, o.Base, strings.Join(r.Files, "\n"))+".json")
	if data, err := os.ReadFile(file); err == nil {
		if plan, err := kconfig.Recall(data); err == nil {
			return plan, nil
		}
	}
	plan, err := kconfig.Work(ctx, r.Before, r.After, slices.Clone(r.Files), o)
	if err != nil {
		return plan, err
	}
	if data, err := plan.Keep(); err == nil && os.MkdirAll(kept, 0o755) == nil && os.WriteFile(file+".new", data, 0o644) == nil {
		_ = os.Rename(file+".new", file) // else it is worked out again
	}
	return plan, nil
}
