// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/forms"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lists"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/rules"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/script"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Checker checks patches and files with the native engine against one tree, which it reads once. It may be used
// from several goroutines.
type Checker struct {
	set  *engine.Settings
	data *lists.Tree
}

// NewChecker reads what the rules need of opts.Root or opts.Tree. The native engine needs neither.
func NewChecker(opts *Options) *Checker {
	if opts == nil {
		opts = &Options{}
	}
	opts, named := withConf(opts)
	set := newSettings(opts)
	set.Typedefs = engine.Typedefs(readList(opts.TypedefsFile, named.typedefs))
	return &Checker{set, lists.Load(opts.tree(), readList(opts.codespellFile(named), named.codespell))}
}

// Patch checks a patch as it stands in a file, a mail with its headers or a bare diff.
func (c *Checker) Patch(name string, data []byte) *Result {
	src := lines.ReadPatch(data, c.set.KeepC99)
	return c.check(src, name, false)
}

// File checks a whole file of the tree, name being its path there.
func (c *Checker) File(name string, data []byte) *Result {
	return c.check(lines.ReadFile(name, data, c.set.KeepC99), name, true)
}

// check checks an input, and fixes it once, as the script does: one fix can make way for another in the next run.
func (c *Checker) check(src *lines.Source, name string, fileMode bool) *Result {
	ch := engine.New(rules.All(), c.set, c.data, src)
	ch.Name, ch.FileMode = name, fileMode
	if fileMode {
		ch.Log.Header = false
	}
	if c.set.Fix {
		ch.Fixes.Start(src.Raw)
	}
	ch.Run()
	r := forms.NewResult(ch)
	if c.set.Fix {
		r.Fixed = ch.Fixes.Text(fileMode)
	}
	return r
}

// checkNatively runs the native engine over each patch of set.
func checkNatively(ctx context.Context, set *patchset.Set, opts *Options) ([]report.Finding, error) {
	c := NewChecker(opts)
	results := make([][]report.Finding, len(set.Patches))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range set.Patches {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			results[i] = c.Patch(fmt.Sprintf("%04d.patch", p.Index), script.PlainMail(p)).Findings(p.Index)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	findings := slices.Concat(results...)
	if !c.data.Real {
		findings = append(findings, report.Finding{
			Check: "checkpatch/no-tree", Severity: report.Note,
			Message: "there is no tree to read: the lists of tags, words and structures are those of Linux 7.3"})
	}
	return findings, nil
}
