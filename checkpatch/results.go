// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"io"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/explain"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/forms"
)

// A Result is what was found in one patch or file. Its Findings are what a report takes, [Render] writes it as the
// script does.
type Result = forms.Result

// Style says how [Render] writes, in the terms of the script's options.
type Style = forms.Style

// Render writes the results of one run as scripts/checkpatch.pl does, with our messages. It reports whether all that
// was written of is clean.
func Render(w io.Writer, results []*Result, s Style) (clean bool, err error) {
	return forms.Render(w, results, s)
}

// Types returns the types of findings, sorted.
func Types() []string { return explain.Types() }

// Explain tells what a type of finding means, in some lines: the rule, the kernel's document about it, and an
// example. The name may have the prefix "checkpatch/". The error is for a name that is no type.
func Explain(typ string) (string, error) { return explain.Explain(typ) }
