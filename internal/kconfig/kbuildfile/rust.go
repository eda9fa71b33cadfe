// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"path"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// A modDecl is one `mod name;` of a Rust file.
type modDecl struct {
	file string // that declares it
	path string // where the module lies, as the declaration stands: the first that exists counts
	when *logic.Cond
}

// viaModule follows a Rust module to the crate that declares it.
func (r *Reader) viaModule(name string, w *Wiring) {
	for _, parent := range r.parents(name) {
		if r.read(parent) == nil {
			continue
		}
		for _, m := range r.modules(parent) {
			if m.path != name {
				continue
			}
			outer := r.File(parent)
			when := logic.And(outer.When, m.when)
			if when.Op == logic.False {
				continue
			}
			w.When = logic.Or(w.When, when)
			w.Object, w.Host, w.Via = outer.Object, outer.Host, parent
			if outer.Via != "" {
				w.Via = outer.Via // the root of the crate
			}
		}
	}
}

// parents returns the files that may declare the module of a file: those of its folder, the file that
// the folder is named for, and the root of the crate above.
func (r *Reader) parents(name string) []string {
	dir := path.Dir(name)
	all := []string{dir + ".rs", path.Join(path.Dir(dir), "lib.rs"), path.Join(path.Dir(dir), "mod.rs")}
	if path.Base(name) == "mod.rs" {
		dir = path.Dir(dir)
	}
	for _, e := range r.entries(dir) {
		if file := path.Join(dir, e.Name()); path.Ext(file) == ".rs" && file != name {
			all = append(all, file)
		}
	}
	return all
}

// modules returns the modules that a Rust file declares.
func (r *Reader) modules(file string) []modDecl {
	if got, ok := r.mods[file]; ok {
		return got
	}
	// The modules of a crate's root lie beside it, those of any other file in the folder of its name.
	base := path.Dir(file)
	if stem := strings.TrimSuffix(path.Base(file), ".rs"); stem != "mod" && stem != "lib" && stem != "main" && !r.direct(file).Built() {
		base = path.Join(base, stem)
	}
	var got []modDecl
	for _, d := range scanMods(string(r.read(file))) {
		target := path.Join(append([]string{base}, d.name...)...)
		switch {
		case d.path != "":
			target = path.Join(path.Dir(file), d.path)
		case r.read(target+".rs") != nil:
			target += ".rs"
		default:
			target += "/mod.rs"
		}
		got = append(got, modDecl{file, target, d.when})
	}
	r.mods[file] = got
	return got
}
