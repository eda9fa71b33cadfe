// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"path"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// A way is when something of a folder happens: to what is built in, or to its modules at least.
type way struct{ builtin, any *logic.Cond }

// under returns when that happens to an object of a list of kind k.
func (w way) under(k kind) *logic.Cond {
	if k == builtin {
		return w.builtin
	}
	return w.any
}

// through adds what comes to the folder by an item of one where it happens by from.
func (w way) through(it item, from way) way {
	switch it.kind {
	case builtin:
		w.builtin = logic.Or(w.builtin, logic.And(it.when, from.builtin))
		w.any = logic.Or(w.any, logic.And(it.when, from.any))
	case module:
		w.any = logic.Or(w.any, logic.And(it.when, from.any))
	}
	return w
}

// A reach is when make comes to a folder and compiles its objects, and when these are linked, into the kernel or a module.
type reach struct{ built, linked way }

var (
	always     = way{logic.Always, logic.Always}
	everywhere = reach{always, always}
)

// reachOf returns when make comes to dir.
func (r *Reader) reachOf(dir string) reach {
	if dir == "." {
		return everywhere
	}
	if got, ok := r.reached[dir]; ok {
		return got
	}
	got := r.reachFromAbove(dir)
	r.reached[dir] = got
	return got
}

func (r *Reader) reachFromAbove(dir string) reach {
	top := r.folder(".")
	if top == nil && path.Dir(dir) == "." {
		return everywhere // a fragment of a tree
	}
	if r.byRule(dir) {
		return everywhere
	}
	never := way{logic.Never, logic.Never}
	got := reach{never, never}
	above := ancestors(path.Dir(dir))
	for _, parent := range above {
		f := r.folder(parent)
		if parent == "." {
			f = r.top()
		}
		if f == nil {
			continue
		}
		for _, it := range f.items[dir+"/"] {
			from := r.reachOf(parent)
			got.built = got.built.through(it, from.built)
			if !isLoose(it.list, parent) {
				got.linked = got.linked.through(it, from.linked)
			}
		}
	}
	return got
}

// byRule reports whether rules of the architecture's own makefile, not lists, lead to dir: the boot
// image, vdsos.
func (r *Reader) byRule(dir string) bool {
	for _, d := range ancestors(dir) {
		if d == path.Join("arch", r.arch, "boot") || path.Dir(path.Dir(d)) == path.Join("arch", r.arch) && path.Base(d) == "rm" {
			return true
		}
	}
	return dir == "scripts" || path.Dir(dir) == "scripts"
}

// top returns the top kbuild file with the lists of the architecture's Makefile, which hold folders by
// their path from the top.
func (r *Reader) top() *folder {
	const key = ":top"
	if f, ok := r.folders[key]; ok {
		return f
	}
	f := r.folder(".")
	r.folders[key] = f
	text := r.read(path.Join("arch", r.arch, "Makefile"))
	if f == nil || text == nil {
		return f
	}
	arch := newFolder(".", f.file, newEvaluator(r.tree, r.read, r.environment(".")), text)
	for name, items := range arch.items {
		for _, it := range items {
			if it.list == "core" || it.list == "libs" || it.list == "drivers" || it.list == "net" {
				f.items[name] = append(f.items[name], it)
			}
		}
	}
	for _, name := range []string{"lib/", "arch/" + r.arch + "/"} { // what the top Makefile adds itself
		f.items[name] = append(f.items[name], item{"libs", builtin, logic.Always})
	}
	return f
}
