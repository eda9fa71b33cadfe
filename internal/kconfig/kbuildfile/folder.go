// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// A folder is what the kbuild file of one folder says.
type folder struct {
	dir, file string
	// items are the places where lists name an object, a folder (with its slash) or a program, by
	// its path from the top of the tree.
	items map[string][]item
	// composites are the objects that are linked of parts, with the condition under which they have any: their own source
	// is not compiled then, even where it is there (multi-search of scripts/Makefile.lib).
	composites map[string]*logic.Cond
	// objects are those that explicit rules make of a source.
	objects map[string][]string
	// overrun is whether the file was too much to follow.
	overrun bool
	// left is how many objects may still be looked at for the source that is asked for.
	left int
}

// An item is one mention of an object in a list.
type item struct {
	list string // the variable, or its name before -y, -m, -objs
	kind kind
	when *logic.Cond
}

// isLoose reports whether what a list names in dir is compiled, and linked into nothing. Libraries are linked where a makefile of the
// architecture, or the top one, asks for them.
func isLoose(list, dir string) bool {
	switch list {
	case "extra", "always", "subdir":
		return true
	case "lib":
		return !strings.HasPrefix(dir, "arch/") && !strings.Contains(dir, "lib")
	}
	return false
}

// A kind is what a list is for.
type kind int

const (
	aside     kind = iota // named, but not by a list that kbuild builds
	builtin               // obj-y, lib-y, always-y …
	module                // obj-m
	part_                 // NAME-y, NAME-objs: parts of NAME.o
	partOfMod             // NAME-m: parts of NAME.o where it is a module
	host                  // programs that the build itself runs, and their parts
)

// roots are the lists that kbuild builds by themselves, by their name before the dash.
var roots = map[string]kind{
	"obj": builtin, "lib": builtin, "extra": builtin, "always": builtin, "subdir": builtin, "dtb": builtin, "dtbo": builtin,
	"core": builtin, "libs": builtin, "drivers": builtin, "net": builtin, "head": builtin,
	"hostprogs": host, "userprogs": host, "hostprogs-always": host, "userprogs-always": host,
}

// newFolder evaluates the kbuild file of dir, and indexes its lists.
func newFolder(dir, file string, e *evaluator, text []byte) *folder {
	e.run(string(text))
	f := &folder{dir: dir, file: file, items: map[string][]item{}, objects: map[string][]string{}, composites: map[string]*logic.Cond{}}
	var names []string
	for name := range e.vars {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		list, kind := kindOf(name, dir)
		object, parts := f.made(list)+".o", []*logic.Cond(nil)
		for _, w := range e.variableWords(name) {
			full := f.full(w.text, kind)
			if kind == part_ && full != object {
				parts = append(parts, w.when)
			}
			if full != "" {
				f.items[full] = append(f.items[full], item{list, kind, w.when})
			}
		}
		if len(parts) > 0 {
			f.composites[object] = logic.Or(append(parts, cmp.Or(f.composites[object], logic.Never))...)
		}
	}
	for _, r := range e.rules {
		f.rule(e, r)
	}
	f.overrun = e.tired()
	return f
}

// topLists are roots in the makefiles of the top and of an architecture alone: core-y is the parts of core.o elsewhere.
var topLists = []string{"core", "libs", "drivers", "net", "head"}

// kindOf says what a variable of the kbuild file of dir is for.
func kindOf(name, dir string) (list string, k kind) {
	if k, ok := roots[name]; ok {
		return name, k
	}
	i := strings.LastIndexByte(name, '-')
	if i <= 0 {
		return name, aside
	}
	list = name[:i]
	root, isRoot := roots[list]
	if isRoot && slices.Contains(topLists, list) && dir != "." && path.Dir(dir) != "arch" {
		isRoot = false
	}
	switch suffix := name[i+1:]; {
	case isRoot && root == builtin && suffix == "m":
		return list, module
	case isRoot && (suffix == "y" || suffix == "m"):
		return list, root
	case isRoot:
		return list, aside
	case suffix == "y" || suffix == "objs":
		return list, part_
	case suffix == "m":
		return list, partOfMod
	}
	return name, aside
}

// full returns the path of what a list names; "" for words that name no object, folder or program.
func (f *folder) full(word string, k kind) string {
	isDir := strings.HasSuffix(word, "/")
	switch ext := path.Ext(word); {
	case isDir, ext == ".o", strings.HasPrefix(ext, ".dtb"):
	case k == host && !strings.ContainsAny(word, "$="):
	case k == builtin && (ext == ".rs" || ext == ".bc" || ext == ".rlib"):
	case k == aside || word == "" || strings.HasPrefix(word, "-") || ext != "" || strings.ContainsAny(word, "$=:%"):
		return ""
	default:
		isDir = true // subdir-y names folders without a slash
	}
	name := path.Clean(word)
	if name != f.dir && !strings.HasPrefix(name, f.dir+"/") && !topRelative[f.dir] {
		name = path.Join(f.dir, name)
	}
	if isDir {
		name += "/"
	}
	return name
}

// topRelative are the folders whose words are paths from the top.
var topRelative = map[string]bool{".": true}

// rule remembers which sources an explicit rule makes an object of. What a rule makes of a Rust source
// without an object is a program, or a library, for the build itself.
func (f *folder) rule(e *evaluator, r explicit) {
	if !strings.Contains(r.sources, ".rs") && !strings.Contains(r.sources, ".c") && !strings.Contains(r.sources, ".S") {
		return
	}
	var objects []string
	for _, target := range e.words(r.targets) {
		if path.Ext(target.text) == ".o" && !strings.Contains(target.text, "%") {
			objects = append(objects, f.full(target.text, aside))
		}
	}
	for _, s := range e.words(r.sources) {
		source := path.Clean(s.text)
		switch ext := path.Ext(source); {
		case ext == ".rs" && len(objects) == 0:
			f.items[strings.TrimSuffix(source, ext)] = append(f.items[strings.TrimSuffix(source, ext)], item{"", host, r.when})
		case ext == ".rs" || ext == ".c" || ext == ".S":
			f.objects[source] = append(f.objects[source], objects...)
		}
	}
}

// A use is one way in which an object gets built.
type use struct {
	kind  kind
	when  *logic.Cond
	loose bool // see [isLoose]
}

// uses returns the ways in which the folder's lists build an object, of its own source where seen is empty, composites followed outwards, as far as f.left goes.
func (f *folder) uses(object string, seen []string) []use {
	if slices.Contains(seen, object) || len(seen) > maxNested || f.left <= 0 {
		return nil
	}
	f.left--
	var out []use
	for _, it := range f.items[object] {
		switch it.kind {
		case part_, partOfMod:
			outer := f.outer(it.list, append(seen, object))
			for _, u := range outer {
				if it.kind == partOfMod && u.kind == builtin {
					continue
				}
				if when := logic.And(it.when, u.when); when.Op != logic.False {
					out = append(out, use{u.kind, when, u.loose})
				}
			}
			if len(outer) == 0 {
				out = append(out, use{kind: aside, when: it.when})
			}
		default:
			when := it.when
			root, listed := roots[it.list]
			if parts := f.composites[object]; parts != nil && len(seen) == 0 && listed && root == builtin {
				if when = logic.And(when, logic.Not(parts)); when.Op == logic.False {
					continue
				}
			}
			out = append(out, use{it.kind, when, isLoose(it.list, f.dir)})
		}
	}
	return out
}

const (
	// maxNested bounds how deep composites lie in each other; three is the most in Linux 7.3.
	maxNested = 10
	// maxVisits bounds how many objects of a folder are looked at for one source: each of n composites may be a part of all
	// others, which makes n^maxNested ways.
	maxVisits = 2000
)

// made returns the path of what a list NAME-y makes, without an ending.
func (f *folder) made(list string) string {
	if strings.HasPrefix(list, f.dir+"/") {
		return list
	}
	return path.Join(f.dir, list)
}

// outer returns the uses of what a list NAME-y makes: NAME.o, or the program NAME.
func (f *folder) outer(list string, seen []string) []use {
	name := f.made(list)
	out := f.uses(name+".o", seen)
	for _, u := range f.uses(name, seen) {
		if u.kind == host {
			out = append(out, u)
		}
	}
	return out
}
