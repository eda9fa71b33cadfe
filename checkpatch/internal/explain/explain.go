// SPDX-License-Identifier: GPL-2.0-only

// Package explain says what each type of finding means: the rule, the document that it comes from, an example.
//
// Call [Explain] for a text, [All] for the table.
package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// An Explanation is what there is to say of a type of finding.
type Explanation struct {
	Why, Document, Example string
	// In is the file that the example could stand in, or one of the places below; "" is a file of C.
	In string
}

// The places of examples that are not lines of a file.
const (
	InMessage = "a commit message"
	InDiff    = "a diff"
	InPatch   = "a patch"
	// InNothing is for types that the script names, but whose check it has switched off.
	InNothing = "nothing"
)

// Place is where the example of e could stand.
func (e *Explanation) Place() string { return cmp.Or(e.In, "lib/example.c") }

// Types returns the names of all types of findings, sorted.
func Types() []string {
	names := make([]string, 0, len(All()))
	for name := range All() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// gone are types that the newest script has no more.
var gone = map[string]Explanation{
	"DEPRECATED_VARIABLE": {"makefiles have another variable for that", "Documentation/kbuild/makefiles.rst",
		"EXTRA_CFLAGS += -O3", "lib/Makefile"},
	"NETWORKING_BLOCK_COMMENT_STYLE": {"the text of a block comment starts in its first line, in the network", "Documentation/process/coding-style.rst",
		"/*\n * text\n */", "net/core/dev.c"},
}

// Gone reports whether only scripts of older kernels have a type.
func Gone(typ string) bool { _, ok := gone[typ]; return ok }

// Why says in a line why findings of a type matter; "" for what is no type.
func Why(typ string) string {
	if e, ok := gone[typ]; ok {
		return e.Why
	}
	return All()[typ].Why
}

// Explain tells what a type of finding means, in some lines: the rule, the kernel's document about it, and an
// example. The name may have the prefix "checkpatch/". The error is for a name that is no type.
func Explain(typ string) (string, error) {
	name := strings.ToUpper(strings.TrimPrefix(typ, "checkpatch/"))
	e, ok := All()[name]
	if !ok {
		e, ok = gone[name]
	}
	if !ok {
		return "", hint.Wrap(fmt.Errorf("checkpatch has no type %q", typ), "`lsmpatch checkpatch --list-types` names them")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s.\n\n", name, e.Why)
	if e.In == InNothing {
		b.WriteString("The script has the type, but not the check at present. It would be found in:\n\n")
	} else {
		fmt.Fprintf(&b, "Found in, for example, %s:\n\n", e.Place())
	}
	for line := range strings.Lines(e.Example + "\n") {
		b.WriteString("    " + line)
	}
	fmt.Fprintf(&b, "\nSee %s of the tree. The name of the type is that of scripts/checkpatch.pl.\n", e.Document)
	return b.String(), nil
}
