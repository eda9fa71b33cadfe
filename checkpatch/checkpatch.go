// SPDX-License-Identifier: GPL-2.0-only

// Package checkpatch judges the style of patches and files as the kernel's scripts/checkpatch.pl
// does.
//
// For most uses, call [Check] with a patch set. Its findings are named checkpatch/TYPE, with the
// script's own names of types. [Inputs] checks patches and whole files as the script would.
//
// There are two engines: the native one, rules in a table over a shared reading of the lines, and
// the script of the tree itself, which is the authority. By default the native one judges what the
// tree's script decides in a way that is known to be the same, and the script the rest: all that a
// newer kernel, or a fork, has changed.
//
// A check reads, and changes nothing: the script runs in a sandbox, and what it leaves behind goes
// into a temporary folder.
package checkpatch

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/script"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// The engines of Options.Engine.
const (
	EngineAuto   = "auto"
	EngineNative = "native"
	EngineTree   = "tree"
)

// Options say how to check. The zero value checks as the script does by default.
type Options struct {
	// Engine is EngineAuto, the default: the native engine where it is known to agree with the tree's script, and the script
	// for the rest. EngineNative and EngineTree are one of them alone.
	Engine string
	// Root is a checked-out kernel tree on disk, or "".
	Root string
	// Tree is a kernel tree to read from where there is no Root. It may be nil for the native
	// engine, which then takes the lists of the newest kernel that it knows.
	Tree fs.FS

	// Strict adds the checks that are a matter of taste (--strict, --subjective).
	Strict bool
	// Types, where it is not empty, names the only types to report; Ignore names types not to.
	Types, Ignore []string
	// NoSignoff leaves the Signed-off-by lines alone, NoFixesTag does not ask for a Fixes: tag.
	NoSignoff, NoFixesTag bool
	// MaxLineLength is in columns, MinConfDescLength in lines, TabSize in columns; 0 stands for
	// the defaults 100, 4 and 8.
	MaxLineLength, MinConfDescLength, TabSize int
	// Codespell adds the dictionary of codespell, CodespellFile or where it is usually
	// installed.
	Codespell     bool
	CodespellFile string
	// TypedefsFile names a file of further types, one a line.
	TypedefsFile string
	// KconfigPrefix is what the names of Kconfig symbols start with, by default CONFIG_.
	KconfigPrefix string
	// SPDXCxxComments lets the licence of headers and assembly stand in a // comment.
	SPDXCxxComments bool
	// TestOnly, where it is not empty, is a text that a finding or its line must contain.
	TestOnly string
	// Corrected makes the native engine report what the script means to where it does something else by mistake;
	// DIFFERENCES.md lists these places.
	Corrected bool
	// Fix makes the native engine collect fixes, see Result.Fixed.
	Fix bool
	// Commits looks up a commit by an abbreviation of its name, for the native engine: its full name and
	// subject. Where it is nil, references to commits are judged by their form alone.
	Commits func(abbrev string) (name, subject string, known bool)
	// HistoryCut says that the tree's history is cut off (a shallow clone, an imported archive): a commit that it lacks may exist
	// all the same, so Check waives what the rules say of it.
	HistoryCut bool
	// GitDir is the repository of the tree, for its script; "" where there is none, or it is that of Root.
	GitDir string
	// CacheDir is a folder in which to keep, from run to run, what takes long to read of the tree, and TreeID returns the object
	// name of a folder of the tree, by which it is kept, or "". Without either nothing is kept.
	CacheDir string
	TreeID   func(dir string) string
	// NoSandbox runs the tree's script with the caller's rights: only where the user has asked for just that.
	NoSandbox bool
}

// Check returns what the engine finds in the patches of set, sorted. A finding that documents of
// the tree contradict, or of which the tree cannot know, is there with its Waived reason. The error tells that the check itself could
// not be done: no script in the tree, no perl.
func Check(ctx context.Context, set *patchset.Set, opts *Options) ([]report.Finding, error) {
	if opts == nil {
		opts = &Options{}
	}
	inputs := make([]Input, len(set.Patches))
	for i, p := range set.Patches {
		inputs[i] = Input{Name: fmt.Sprintf("%04d.patch", p.Index), Data: script.PlainMail(p)}
	}
	results, findings, err := Inputs(ctx, inputs, opts)
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		findings = append(findings, r.Findings(set.Patches[i].Index)...)
	}
	if tree := opts.tree(); tree != nil {
		waiveDocumented(findings, set, tree)
	}
	if opts.HistoryCut {
		waiveUnknown(findings)
	}
	report.Sort(findings)
	return findings, nil
}
