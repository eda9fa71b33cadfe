// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"path"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// A reach is when make comes to a folder: for what is built in, or for its modules at least; and when these are linked, into the kernel
// and as modules.
type reach struct{ builtin, any, linked, linkedAny *logic.Cond }

// under returns when an object of a list of kind k is built in the folder.
func (r reach) under(k kind) *logic.Cond {
	if k == builtin {
		return r.builtin
	}
	return r.any
}

// links returns when an object of a list of kind k is linked in the folder.
func (r reach) links(k kind) *logic.Cond {
	if k == builtin {
		return r.linked
	}
	return r.linkedAny
}

var everywhere = reach{logic.Always, logic.Always, logic.Always, logic.Always}

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
	got := reach{logic.Never, logic.Never, logic.Never, logic.Never}
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
			loose := isLoose(it.list, parent)
			switch it.kind {
			case builtin:
				got.builtin = logic.Or(got.builtin, logic.And(it.when, from.builtin))
				got.any = logic.Or(got.any, logic.And(it.when, from.any))
				if !loose {
					got.linked = logic.Or(got.linked, logic.And(it.when, from.linked))
				}
			case module:
				got.any = logic.Or(got.any, logic.And(it.when, from.any))
			default:
				continue
			}
			if !loose {
				got.linkedAny = logic.Or(got.linkedAny, logic.And(it.when, from.linkedAny))
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
