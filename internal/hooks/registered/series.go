// SPDX-License-Identifier: GPL-2.0-only

// Package registered finds what a series registers as LSM hooks, in C and in Rust, and holds each
// link of the chain from the hook to the function against the one before.
//
// Call [New], then [Series.Look]; what is wrong is in the findings of the [Series].
package registered

import (
	"fmt"
	"io/fs"
	"iter"

	"github.com/lsmpatch/lsmpatch/internal/hooks/bindgen"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Options say how a series is looked at. Nil and the zero value are fine.
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

// A Series is what a patch set registers, as far as it is read, and what is wrong with it.
type Series struct {
	Src    *source.Source
	opts   *Options
	Hooks  []defs.Hook
	ByName map[string][]*defs.Hook
	// Checked are the registrations of the series by the name of the hook, regs by their file.
	Checked  map[string][]Registration
	Regs     map[string][]Registration
	Links    []Link
	mapper   *bindgen.Mapper
	atomic   map[string]string // for each hook why it may not sleep, or ""
	defined  map[string][]*ctype.Decl
	sets     []defs.SetEntry            // see btfSet; nil before
	others   []string                   // see lsmFiles; nil before
	sleepers map[string]map[string]bool // see sleepersIn
	Findings []report.Finding
	told     map[said]int       // the index of a finding
	lines    map[ctype.Pos]bool // those that have a finding, without a column
	followed int                // see maxMade
	likened  int                // see maxLikened
	// mentioned are the names of one file; see mentions.
	mentioned struct {
		file  string
		names map[string]mention
	}
}

// said is what tells one finding from another.
type said struct {
	pos            ctype.Pos
	check, message string
}

// New reads the hooks of the tree after.
func New(set *patchset.Set, before, after fs.FS, opts *Options) (*Series, error) {
	src := source.New(set, before, after, opts.arch())
	hooks, bad, err := defs.List(after)
	if err != nil {
		return nil, err
	}
	c := &Series{
		Src: src, opts: opts, Hooks: hooks, ByName: map[string][]*defs.Hook{},
		Checked: map[string][]Registration{}, Regs: map[string][]Registration{},
		atomic: map[string]string{}, told: map[said]int{}, lines: map[ctype.Pos]bool{},
	}
	for i := range hooks {
		c.ByName[hooks[i].Name] = append(c.ByName[hooks[i].Name], &hooks[i])
	}
	c.definitions(bad)
	return c, nil
}

// Look reads what the series registers, and checks it.
func (c *Series) Look() {
	for _, name := range c.Src.LSMFiles(".c", ".h") {
		c.CFile(name)
	}
	c.wrappedInC()
	c.otherUsers()
	c.beside()
	c.RustFiles()
	c.crossed()
	c.hookGates()
	c.sleeps()
	c.unsound()
}

// Seen counts what was looked at. Its JSON names are a contract.
type Seen struct {
	// C and Rust are the registrations of hooks in each, LSMs the LSMs that the series adds.
	C    int `json:"c"`
	Rust int `json:"rust"`
	LSMs int `json:"lsms"`
	// BPF are the BPF programs for hooks.
	BPF int `json:"bpf"`
	// NotUnderstood are the places that were found and could not be followed.
	NotUnderstood int `json:"not_understood"`
}

// String prints s as the closing line of a check.
func (s *Seen) String() string {
	lsms := plural(s.LSMs, "LSM")
	if s.BPF > 0 {
		lsms += ", " + plural(s.BPF, "BPF program")
	}
	return fmt.Sprintf("%s in C, %d in Rust, %s; %d not understood", plural(s.C, "registration"), s.Rust, lsms, s.NotUnderstood)
}

// Seen counts the registrations that were looked at, and what of them was not understood.
func (c *Series) Seen() Seen {
	var s Seen
	for _, regs := range c.Regs {
		s.C += len(regs)
	}
	places := map[ctype.Pos]bool{}
	for i := range c.Links {
		places[c.Links[i].pos] = true
	}
	s.Rust = len(places)
	for i := range c.Findings {
		switch c.Findings[i].Check {
		case "hooks/unresolved", "hooks/not-compared", "hooks/bad-rust":
			s.NotUnderstood++
		}
	}
	return s
}

// definitions takes over what List could not read. It is the series' fault where the series
// changes the file.
func (c *Series) definitions(bad []report.Finding) {
	for _, f := range bad {
		if _, touched := c.Src.PatchOf[defs.DefsPath]; !touched {
			f.Severity = report.Warning
		}
		c.Take(f)
	}
}

// Add records a finding at pos; the severity is that of the check where nobody says another. What a
// macro makes in several places is told once.
func (c *Series) Add(check string, pos ctype.Pos, message, hint string) *report.Finding {
	key := said{pos, check, message}
	if i, told := c.told[key]; told {
		return &c.Findings[i]
	}
	c.told[key] = len(c.Findings)
	c.Take(report.Finding{
		Check: check, File: pos.File, Line: pos.Line, Column: pos.Col,
		Message: message, Hint: hint,
	})
	return &c.Findings[len(c.Findings)-1]
}

// Take records findings as they are.
func (c *Series) Take(findings ...report.Finding) {
	for _, f := range findings {
		c.lines[ctype.Pos{File: f.File, Line: f.Line}] = true
	}
	c.Findings = append(c.Findings, findings...)
}
