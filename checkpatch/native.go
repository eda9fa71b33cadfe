// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/forms"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lists"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/rules"
)

// A Checker checks patches and files with the native engine against one tree, which it reads once. It may be used
// from several goroutines.
type Checker struct {
	opts *Options // with what the tree adds
	set  *engine.Settings
	data *lists.Tree
	// confUnknown are options of the tree's .checkpatch.conf that only its own script knows.
	confUnknown []string
	confNoTree  bool // it says that the tree is none of Linux
}

// NewChecker reads what the rules need of opts.Root or opts.Tree. The native engine needs neither.
func NewChecker(opts *Options) *Checker {
	if opts == nil {
		opts = &Options{}
	}
	opts, named := withConf(opts)
	set := newSettings(opts)
	set.Typedefs = engine.Typedefs(readList(opts.TypedefsFile, named.typedefs))
	tree := lists.Load(opts.tree(), readList(opts.codespellFile(named), named.codespell), opts.cache())
	return &Checker{opts, set, tree, named.unknown, named.noTree}
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
	if len(ch.Met) > 0 {
		r.Add(ch.Met)
	}
	if c.set.Fix {
		r.Fixed = ch.Fixes.Text(fileMode)
	}
	return r
}
