// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"context"

	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// NewCheck returns checkpatch as a check that any driver can run.
//
// It is one check, of the ID "checkpatch", for some 230 types of findings: they share one reading of the lines, and what one
// rule learns another needs, so that a check for each type would do all of the work each time. Its findings carry the names
// of their types, checkpatch/TYPE, and their own severities; Types and Ignore of opts choose among them.
//
// The tree and its commits are those of the view where opts names none. The engine is the native one, since a check has no
// context that would end a script: what only the tree's own script knows is told in a note. [Check] asks the script.
func NewCheck(opts *Options) *check.Check {
	own := Options{}
	if opts != nil {
		own = *opts
	}
	own.Engine = EngineNative
	return &check.Check{
		ID: "checkpatch", Severity: report.Warning,
		What: "style that scripts/checkpatch.pl of the tree complains of",
		Why:  "reviewers of the kernel read one style, and ask for it before they read on",
		Run: func(v *check.View, tell func(report.Finding)) error {
			opts := own
			if opts.Tree == nil && opts.Root == "" {
				opts.Tree = v.Before
			}
			if opts.Commits == nil && v.Commits != nil {
				opts.Commits = commitsOf(v.Commits)
			}
			findings, err := Check(context.Background(), v.Set, &opts)
			for _, f := range findings {
				tell(f)
			}
			return err
		},
	}
}

// commitsOf looks up commits of a view, whose full names it does not tell: abbreviations stand for them.
func commitsOf(commits check.Commits) func(abbrev string) (name, subject string, known bool) {
	return func(abbrev string) (string, string, bool) {
		subject, _, err := commits.Commit(abbrev)
		return abbrev, subject, err == nil || subject != ""
	}
}
