// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"slices"
	"strings"
)

// An explanation is what there is to say of a type of finding.
type explanation struct {
	why, document, example string
}

// Types returns the names of all types of findings, sorted.
func Types() []string {
	names := make([]string, 0, len(explanations))
	for name := range explanations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Explain tells what a type of finding means, in some lines: the rule, the kernel's document about it, and an
// example. The name may have the prefix "checkpatch/". The error is for a name that is no type.
func Explain(typ string) (string, error) {
	name := strings.ToUpper(strings.TrimPrefix(typ, "checkpatch/"))
	e, ok := explanations[name]
	if !ok {
		return "", fmt.Errorf("checkpatch has no type %q", typ)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s.\n", name, e.why)
	if e.example != "" {
		fmt.Fprintf(&b, "\nFound in, for example:\n\n")
		for line := range strings.Lines(e.example + "\n") {
			b.WriteString("    " + line)
		}
	}
	if e.document != "" {
		fmt.Fprintf(&b, "\nSee %s of the tree. The name of the type is that of scripts/checkpatch.pl.\n", e.document)
	}
	return b.String(), nil
}
