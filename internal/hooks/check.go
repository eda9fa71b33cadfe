// SPDX-License-Identifier: GPL-2.0-only

// Package hooks checks what a series registers as LSM hooks, in C or in Rust, against the hooks
// of the tree that it is going into, and what else an LSM needs in that tree.
//
// For most uses, call [Check]. [Checks] is the table of all checks.
//
// The package reads files of a tree, before and after the series, and changes nothing. What is
// wrong with the series is a finding; an error means that the tree has no hooks to read. The
// truth is always the tree's: signatures, structures, macros and the mapping of C types to Rust
// are read from it.
//
// The rooms below it stand on each other in this order, and none knows one above it: scan, ctype and
// rustsyn read C and Rust; defs reads the hooks of a tree; source reads the files of a series; bindgen
// maps C types to Rust; registered holds what a series registers against the hooks; needs looks for
// what an LSM needs besides; proof asks compilers and a built kernel.
package hooks

import (
	"github.com/lsmpatch/lsmpatch/internal/hooks/bpf"
	"github.com/lsmpatch/lsmpatch/internal/hooks/changed"
	"github.com/lsmpatch/lsmpatch/internal/hooks/needs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Options say how [Check] works. Nil and the zero value are fine.
type Options = registered.Options

// Seen counts what was looked at.
type Seen = registered.Seen

// Check runs all [Checks] on what the series of v registers as LSM hooks, and on what else an LSM needs,
// and counts what it has seen. Where the series does not apply, v.After is nil: the files that it adds
// are checked all the same, and its changes to other files as far as their places are found; of the others
// hooks/unresolved tells. Findings are sorted. An error means that the tree has no hooks that could be read.
func Check(v *check.View, opts *Options) ([]report.Finding, Seen, error) {
	l := lookAt(v, opts)
	if l.err != nil {
		return nil, Seen{}, l.err
	}
	findings, err := check.Run(v, Checks(opts))
	return findings, l.seen, err
}

// A looked is what one look at a series and its tree found.
type looked struct {
	series *registered.Series
	seen   Seen
	err    error
}

// lookKey is the key of the look that all checks of a view share.
type lookKey struct{ opts *Options }

// lookAt reads the series and its tree, and holds them against each other, once for each view.
func lookAt(v *check.View, opts *Options) *looked {
	return check.Memo(v, lookKey{opts}, func() *looked {
		after := v.After
		var guessed map[string]bool
		if after == nil {
			after, guessed = source.Assume(v.Set, v.Before)
		}
		s, err := registered.New(v.Set, v.Before, after, opts)
		if err != nil {
			return &looked{err: err}
		}
		s.Look()
		ofPlaces := len(s.Findings)
		changed.Look(s)
		ofHooks := len(s.Findings)
		programs := bpf.Look(s)
		lsms := needs.Look(s)
		if len(guessed) > 0 {
			withoutGuesses(s, guessed, ofPlaces, ofHooks)
		}
		seen := s.Seen()
		seen.BPF, seen.LSMs = programs, lsms
		return &looked{series: s, seen: seen}
	})
}

// tellOf tells what the look found that is the finding of one check.
func tellOf(v *check.View, opts *Options, id string, tell func(report.Finding)) error {
	if v.Before == nil && v.After == nil {
		return nil
	}
	l := lookAt(v, opts)
	if l.err != nil {
		return l.err
	}
	for _, f := range l.series.Findings {
		if f.Check != id {
			continue
		}
		if f.Patch == 0 {
			f.Patch = l.series.Src.PatchOf[f.File]
		}
		if f.Severity == 0 {
			f.Check = "" // the driver fills in the check with its severity
		}
		tell(f)
	}
	return nil
}
