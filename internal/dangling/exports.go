// SPDX-License-Identifier: GPL-2.0-only

package dangling

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// exportRE is an export of a function or variable to modules, of any kind.
var exportRE = lazyregexp.New(`\bEXPORT_[A-Z_]+\(\s*(\w+)`)

// exportsIn returns the lines of the exports of a text, by what they export.
func exportsIn(text []byte) map[string]int {
	found := map[string]int{}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if !bytes.Contains(line, []byte("EXPORT_")) {
			continue
		}
		if m := exportRE.FindStringSubmatch(string(line)); m != nil {
			found[m[1]] = n
		}
	}
	return found
}

// unexported returns what .c files export before the series and no file that it changes does after it.
func unexported(before fs.FS, after *tree.Overlay) ([]*name, error) {
	changes, err := after.Written()
	if err != nil {
		return nil, err
	}
	had := map[string]*name{}
	for _, c := range changes {
		if path.Ext(c.Path) != ".c" || !enters(c.Path) {
			continue
		}
		text, err := tree.ReadShared(before, c.Path)
		if err != nil {
			continue // it is new
		}
		for word, line := range exportsIn(text) {
			had[word] = &name{text: word, call: true, file: c.Path, line: line}
		}
	}
	for _, c := range changes {
		if len(had) > 0 && !c.Deleted() {
			for word := range exportsIn(c.Data) {
				delete(had, word)
			}
		}
	}
	return inOrder(had), nil
}

// neededIn reports whether u may call what is exported no more, and notes whether a header gives it to modules, and what folder defines it.
// Sources of that folder, and of the one that exported it, may be of the same module.
func (n *name) neededIn(u *ctype.Unit) bool {
	own := u.Macros[n.text] != nil
	for _, d := range u.Find(n.text) {
		own = own || d.Defined
		if d.Defined && d.Storage != "static" {
			if n.homes == nil {
				n.homes = map[string]bool{}
			}
			n.homes[path.Dir(u.Path)] = true
		}
	}
	header := path.Ext(u.Path) == ".h"
	n.defined = n.defined || own && header
	return !own && !header && path.Dir(u.Path) != path.Dir(n.file)
}

// modulesWithout tells of the names of exports that sources of modules use.
func modulesWithout(exports map[string]*name, modular func(file string) (bool, error)) ([]report.Finding, error) {
	var findings []report.Finding
	for _, n := range inOrder(exports) {
		if n.defined {
			continue
		}
		var uses []ctype.Pos
		of := map[string]bool{}
		for _, use := range n.uses {
			may, known := of[use.File]
			if !known && !n.homes[path.Dir(use.File)] {
				var err error
				if may, err = modular(use.File); err != nil {
					return nil, err
				}
				of[use.File] = may
			}
			if may {
				uses = append(uses, use)
			}
		}
		if n.uses = uses; len(uses) > 0 {
			findings = append(findings, tell(uses, "build/still-used", fmt.Sprintf("%s is used here, which may be built as a module, and the series takes its export away from %s:%d", n.text, n.file, n.line),
				"export it still, or let the module do without it"))
		}
	}
	return findings, nil
}
