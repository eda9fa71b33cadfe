// SPDX-License-Identifier: GPL-2.0-only

// Package dangling finds who still uses what a series takes away: functions and macros of headers, arguments of these, members of
// structs, and exports to modules.
//
// A compiler tells of the users that a configuration builds. Here the text of all files counts, of all architectures. It is held
// against false alarms more than against misses: a name that anything in the tree may still mean is left alone.
//
// Call Uses.
package dangling

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// maxNames bounds how many names of a series are looked for, and maxUses how many of its users a finding lists.
const (
	maxNames = 20_000
	maxUses  = 20
)

// Uses tells of each name that the tree has before the series, and not after it, and that a file of the tree still uses; of each that
// takes another number of arguments after it, and is called with the old one; of members of structs that are set, and are gone or give
// another number of arguments; and of each function that is not exported any more, and that a module calls. modular says which sources
// may be of a module. It reads the whole tree where a series takes a name or an export away, and nothing where none does.
func Uses(ctx context.Context, before fs.FS, after *tree.Overlay, modular func(file string) (bool, error)) ([]report.Finding, error) {
	files, err := changedFiles(before, after)
	if err != nil {
		return nil, err
	}
	hidden, err := unexported(before, after)
	if err != nil {
		return nil, err
	}
	gone := append(takenAway(files), retaken(files)...)
	changed := changedMembers(files)
	if len(gone)+len(hidden)+len(changed) == 0 {
		return nil, nil
	}
	var findings []report.Finding
	if max(len(gone), len(changed)) > maxNames {
		findings = append(findings, report.Finding{Check: "build/still-used", Severity: report.Note,
			Message: fmt.Sprintf("the series takes more than %d names away; who uses them was not looked for the others", maxNames)})
	}
	changed = changed[:min(len(changed), maxNames)]
	members := map[string][]*member{}
	for _, m := range changed {
		members[m.text] = append(members[m.text], m)
	}
	names := map[string]*name{}
	for _, n := range gone[:min(len(gone), maxNames)] {
		names[n.text] = n
	}
	exports := map[string]*name{}
	for _, n := range hidden {
		if names[n.text] == nil { // else it is gone
			exports[n.text] = n
		}
	}
	words := slices.Collect(maps.Keys(exports))
	for w := range names {
		words = append(words, w, rustHelper+w)
	}
	words = slices.AppendSeq(words, maps.Keys(members))
	for hit, err := range tree.Words(ctx, after, words, enter) {
		if err != nil {
			return nil, err
		}
		lookAt(hit, names, exports, members)
	}
	for _, n := range inOrder(names) {
		if !n.helped {
			n.uses = append(n.uses, n.inRust...)
		}
		if !n.defined && len(n.uses) > 0 {
			findings = append(findings, n.finding())
		}
	}
	findings = append(findings, membersTold(changed)...)
	more, err := modulesWithout(exports, modular)
	return append(findings, more...), err
}

// inOrder returns names by their places.
func inOrder(names map[string]*name) []*name {
	return slices.SortedFunc(maps.Values(names), func(a, b *name) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line), cmp.Compare(a.text, b.text))
	})
}

// enter lets in what a kernel is made of: tools and scripts have headers of their own.
func enter(file string, folder bool) bool {
	if folder {
		return file != "Documentation" && file != "tools" && file != "scripts"
	}
	return slices.Contains([]string{".c", ".h", ".rs"}, path.Ext(file))
}

// A name is one that the series takes away.
type name struct {
	text string
	call bool // a function, or a macro with parameters
	file string
	line int

	// was and takes are how many arguments it took, and takes now, where the series leaves it and changes that; both 0 elsewhere.
	was, takes int

	// defined is whether the tree may still give the name a meaning.
	defined bool
	// helped is whether C has a helper for Rust of the name, which the uses in Rust, inRust, mean then.
	helped       bool
	uses, inRust []ctype.Pos
	// homes are the folders with a definition, where an export is missed.
	homes map[string]bool
}

func (n *name) finding() report.Finding {
	shown := n.text
	if n.call {
		shown += "()"
	}
	if n.was != n.takes {
		return tell(n.uses, "build/stale-call", fmt.Sprintf("%s is called here with %s, and takes %d since the series changed %s", shown, report.Plural(n.was, "argument"), n.takes, n.file),
			"let the call go along")
	}
	return tell(n.uses, "build/still-used", fmt.Sprintf("%s is used here, and the series takes it away from %s:%d; nothing else declares it", shown, n.file, n.line),
		"let the use go as well, or use what takes its place")
}

// tell makes a finding of the first use, with the others in its detail.
func tell(uses []ctype.Pos, check, message, hint string) report.Finding {
	f := report.Finding{Check: check, Severity: report.Error, File: uses[0].File, Line: uses[0].Line, Message: message, Hint: hint}
	if others := uses[1:]; len(others) > 0 {
		var b strings.Builder
		b.WriteString("used as well at:\n")
		for _, u := range others[:min(len(others), maxUses)] {
			fmt.Fprintf(&b, "%s:%d\n", u.File, u.Line)
		}
		if more := len(others) - maxUses; more > 0 {
			fmt.Fprintf(&b, "and %s\n", report.Plural(more, "other place"))
		}
		f.Detail = b.String()
	}
	return f
}

// A file is one that the series changes, and what stood and stands in it; nil where it is not there, or is no C.
type file struct {
	tree.Change
	was, is *content
}

// A content is what a C file gives and is given.
type content struct {
	declared  []*name         // of a header
	taken     map[string]int  // of a header: see takenIn
	meanings  map[string]bool // see meaningsIn
	arguments map[string]bool
	shapes    map[string]*shape // of a header
	inMacros  map[string]bool   // the words of a header's macros, which may stand in a struct
}

func contentOf(file string, text []byte) *content {
	u := ctype.ParseUnit(file, text, nil)
	c := &content{meanings: meaningsIn(u), arguments: arguments(u)}
	if path.Ext(file) == ".h" {
		c.declared, c.taken, c.shapes = declared(u), takenIn(u), shapesIn(u)
		c.inMacros = map[string]bool{}
		for _, m := range u.Macros {
			for i := range m.Body {
				c.inMacros[m.Body[i].Text] = true
			}
		}
	}
	return c
}

// changedFiles takes apart what the series changes. Where it changes no header, nothing can be taken away, and none are returned.
func changedFiles(before fs.FS, after *tree.Overlay) ([]*file, error) {
	changes, err := after.Written()
	if err != nil || !slices.ContainsFunc(changes, func(c tree.Change) bool { return path.Ext(c.Path) == ".h" && enters(c.Path) }) {
		return nil, err
	}
	var files []*file
	for _, c := range changes {
		f := &file{Change: c}
		files = append(files, f)
		if ext := path.Ext(c.Path); ext != ".h" && ext != ".c" || !enters(c.Path) {
			continue
		}
		if text, err := tree.ReadShared(before, c.Path); err == nil {
			f.was = contentOf(c.Path, text)
		}
		if !c.Deleted() {
			f.is = contentOf(c.Path, c.Data)
		}
	}
	return files, nil
}

// takenAway returns the names that headers declare before the series and no file that it changes has after it.
func takenAway(files []*file) []*name {
	had := map[string]*name{}
	for _, f := range files {
		if f.was == nil {
			continue
		}
		for _, n := range f.was.declared {
			if had[n.text] == nil {
				had[n.text] = n
			}
		}
	}
	pasted := map[string]bool{} // what macros may newly make names of
	for _, f := range files {
		switch ext := path.Ext(f.Path); {
		case f.Deleted():
		case f.is != nil:
			for word, others := range f.is.meanings {
				if others {
					delete(had, word)
				}
			}
			for arg := range f.is.arguments {
				if f.was == nil || !f.was.arguments[arg] {
					pasted[arg] = true
				}
			}
		case ext != ".rs" && ext != ".rst" && ext != ".txt" && ext != ".yaml": // it may be included, or a header made of it
			for _, word := range bytes.FieldsFunc(f.Data, func(r rune) bool { return r > 0x7f || !tree.IsWordByte(byte(r)) }) {
				delete(had, string(word))
			}
		}
	}
	var gone []*name
	for _, n := range inOrder(had) {
		if len(gone) > maxNames {
			break
		}
		if !pastedFrom(n.text, pasted) {
			gone = append(gone, n)
		}
	}
	return gone
}

// maxName is longer than any name of the kernel.
const maxName = 128

// pastedFrom reports whether any of parts is in a name. A name that is too long to try is.
func pastedFrom(name string, parts map[string]bool) bool {
	if len(name) > maxName {
		return true
	}
	for from := range name {
		for to := from + minPart; to <= len(name); to++ {
			if parts[name[from:to]] {
				return true
			}
		}
	}
	return false
}

// minPart is how long an argument is that counts as part of a name: shorter ones are parts of anything.
const minPart = 3

// arguments returns the identifiers that macros get outside of functions, as in DEFINE_SIMPLE_ATTRIBUTE(name_fops, …). Where such a
// macro pastes names together, they are parts of these.
func arguments(u *ctype.Unit) map[string]bool {
	found := map[string]bool{}
	for _, use := range u.Uses {
		if exports(&use) {
			continue
		}
		for _, arg := range use.Args {
			for i := range arg {
				if arg[i].Kind == ctype.Ident && len(arg[i].Text) >= minPart {
					found[arg[i].Text] = true
				}
			}
		}
	}
	return found
}

// exports reports whether a macro tells of a name that stands elsewhere.
func exports(use *ctype.Use) bool {
	return strings.HasPrefix(use.Name.Text, "EXPORT_") || strings.HasPrefix(use.Name.Text, "MODULE_")
}

// enters reports whether [Uses] would come to a file.
func enters(file string) bool {
	top, _, _ := strings.Cut(file, "/")
	return enter(top, true) && enter(file, false)
}
