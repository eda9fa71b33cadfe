// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"io/fs"
	"iter"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Options say how [Check] works. Nil and the zero value are fine.
type Options struct {
	// Arch is the directory under arch/ whose headers define <asm/…>; "" is x86.
	Arch string
	// History gives other states of the tree, with a name for each, newest first. A hook that
	// the tree does not have is looked for there.
	History iter.Seq2[string, fs.FS]
}

func (o *Options) arch() string {
	if o == nil || o.Arch == "" {
		return "x86"
	}
	return o.Arch
}

// A series is what a patch set registers, as far as it is read, and what is wrong with it.
type series struct {
	src    *source
	opts   *Options
	hooks  []Hook
	byName map[string][]*Hook
	// checked are the registrations of the series by the name of the hook, regs by their file.
	checked  map[string][]registration
	regs     map[string][]registration
	links    []link
	mapper   *mapper
	findings []report.Finding
}

// newSeries reads the hooks of the tree after.
func newSeries(set *patchset.Set, before, after fs.FS, opts *Options) (*series, error) {
	src := newSource(set, before, after, opts.arch())
	hooks, bad, err := List(after)
	if err != nil {
		return nil, err
	}
	c := &series{
		src: src, opts: opts, hooks: hooks, byName: map[string][]*Hook{},
		checked: map[string][]registration{}, regs: map[string][]registration{},
	}
	for i := range hooks {
		c.byName[hooks[i].Name] = append(c.byName[hooks[i].Name], &hooks[i])
	}
	c.definitions(bad)
	return c, nil
}

// look reads what the series registers, and checks it.
func (c *series) look() {
	for _, name := range c.src.lsmFiles(".c", ".h") {
		c.cFile(name)
	}
	c.otherUsers()
	c.rustFiles()
	c.crossed()
	c.hookGates()
	c.sleeps()
}

// definitions takes over what List could not read. It is the series' fault where the series
// changes the file.
func (c *series) definitions(bad []report.Finding) {
	for _, f := range bad {
		if _, touched := c.src.patchOf[DefsPath]; !touched {
			f.Severity = report.Warning
		}
		c.findings = append(c.findings, f)
	}
}

// add records a finding at pos; the severity is that of the check where nobody says another. What a macro makes in several places is told once.
func (c *series) add(check string, pos ctype.Pos, message, hint string) *report.Finding {
	for i := range c.findings {
		if f := &c.findings[i]; f.Check == check && f.File == pos.File && f.Line == pos.Line && f.Column == pos.Col && f.Message == message {
			return f
		}
	}
	c.findings = append(c.findings, report.Finding{
		Check: check, File: pos.File, Line: pos.Line, Column: pos.Col,
		Message: message, Hint: hint,
	})
	return &c.findings[len(c.findings)-1]
}
