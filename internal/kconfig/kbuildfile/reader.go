// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// A Reader answers for one tree and one architecture. It keeps what it read; it is not safe for
// concurrent use.
type Reader struct {
	tree    fs.FS
	arch    string // the folder of arch/
	folders map[string]*folder
	reached map[string]reach
	files   map[string][]byte
	wired   map[string]*Wiring
	// included are the C files that the files of a folder include, by their path.
	included map[string]map[string][]string
	mods     map[string][]modDecl
}

// NewReader returns a reader of the kbuild files of tree, for the architecture whose folder of arch/
// is srcArch: "x86", "arm64".
func NewReader(tree fs.FS, srcArch string) *Reader {
	return &Reader{
		tree: tree, arch: srcArch,
		folders: map[string]*folder{}, reached: map[string]reach{}, files: map[string][]byte{},
		wired: map[string]*Wiring{}, included: map[string]map[string][]string{}, mods: map[string][]modDecl{},
	}
}

// Wiring says how a source file gets into the kernel.
type Wiring struct {
	// When is the condition under which the file is compiled: [logic.Never] where no kbuild file
	// leads to it.
	When *logic.Cond
	// Object is the object that it is compiled into, a target of make: "security/yama/yama_lsm.o".
	// For a file that another source includes it is that one's.
	Object string
	// Via is the source that includes the file, or the crate root of a Rust module; "" for a file
	// that is compiled by itself.
	Via string
	// Host is whether only a program of the build itself is made of it.
	Host bool
	// Makefile and Missing say, where no kbuild file leads to the file, which one should name what:
	// "security/foo/Makefile", "foo.o". Both are "" otherwise.
	Makefile, Missing string
	// Aside is whether only lists name it that kbuild does not build by themselves, such as the parts of
	// an object that nothing names: if anything builds it, it is a rule of its own.
	Aside bool
	// Loose is whether it is compiled, and linked into neither the kernel nor a module: by subdir-y, extra-y and the like.
	Loose bool
	// Overrun names a kbuild file that was too much to follow, or is "".
	Overrun string
}

// Built reports whether any configuration compiles the file.
func (w *Wiring) Built() bool { return w.When.Op != logic.False }

// IsSource reports whether name is a file that a kbuild file would name: C, assembly, Rust, or a
// device tree.
func IsSource(name string) bool {
	switch path.Ext(name) {
	case ".c", ".S", ".rs", ".dts", ".dtso":
		return true
	}
	return false
}

// Of returns how a file gets into the kernel, whether it is compiled itself or included by others.
func (r *Reader) Of(name string) *Wiring {
	switch ext := path.Ext(name); {
	case IsSource(name):
		return r.File(name)
	case ext == ".h" || ext == ".dtsi":
		return r.Header(name)
	}
	return &Wiring{When: logic.Never}
}

// File returns how the source file name gets into the kernel. A file of no kernel, as those of tools/,
// is not built.
func (r *Reader) File(name string) *Wiring {
	name = path.Clean(name)
	if w, ok := r.wired[name]; ok {
		return w
	}
	// A file that leads to itself, by #include or mod, leads nowhere.
	r.wired[name] = &Wiring{When: logic.Never}
	w := r.direct(name)
	if !w.Built() && path.Ext(name) == ".rs" {
		r.viaModule(name, w)
	} else if !w.Built() {
		r.viaInclude(name, w)
	}
	if w.Built() {
		w.Makefile, w.Missing = "", ""
	}
	r.wired[name] = w
	return w
}

// objectsOf returns the objects that a source may be compiled into by kbuild's implicit rules.
func objectsOf(name string) []string {
	stem := strings.TrimSuffix(name, path.Ext(name))
	if strings.HasPrefix(path.Ext(name), ".dts") {
		return []string{stem + strings.Replace(path.Ext(name), "dts", "dtb", 1), stem + ".dtb.o"}
	}
	objects := []string{stem + ".o"}
	// Architectures compile some objects twice, or copy them, under further names.
	for _, infix := range []string{".stub", ".pi", ".nvhe", ".init", "-stub"} {
		objects = append(objects, stem+infix+".o")
	}
	return objects
}

// A tally gathers the conditions under which folders build a file.
type tally struct {
	strong, weak, hosted []*logic.Cond
	object, weakObject   string
	linked               bool
}

// direct follows the kbuild files from the folder of a file outwards, and then those of folders beside
// these that name files elsewhere.
func (r *Reader) direct(name string) *Wiring {
	w := &Wiring{When: logic.Never}
	var t tally
	for _, dir := range ancestors(path.Dir(name)) {
		r.count(&t, w, dir, name)
	}
	if len(t.strong) == 0 {
		for _, dir := range r.beside(name) {
			r.count(&t, w, dir, name)
		}
	}
	switch {
	case len(t.strong) > 0:
		w.When, w.Object, w.Loose = logic.Or(t.strong...), t.object, !t.linked
	case len(t.hosted) > 0:
		w.When, w.Host = logic.Or(t.hosted...), true
	case len(t.weak) > 0:
		// Named by a list of another sort: the setup code, vdsos and the like, which rules of
		// their own link.
		w.When, w.Object, w.Aside = logic.Or(t.weak...), t.weakObject, true
	default:
		w.Makefile, w.Missing = r.missing(name)
	}
	return w
}

// count adds what the kbuild file of dir says of a source file.
func (r *Reader) count(t *tally, w *Wiring, dir, name string) {
	f := r.folder(dir)
	if f == nil {
		return
	}
	f.left = maxVisits
	defer func() {
		if f.overrun || f.left <= 0 {
			w.Overrun = f.file
		}
	}()
	reach := r.reachOf(dir)
	for _, object := range append(objectsOf(name), f.objects[name]...) {
		for _, u := range f.uses(object, nil) {
			switch c := logic.And(u.when, reach.built.under(u.kind)); {
			case c.Op == logic.False:
			case u.kind == host:
				t.hosted = append(t.hosted, c)
			case u.kind == aside:
				t.weak, t.weakObject = append(t.weak, c), object
			default:
				t.strong, t.object = append(t.strong, c), object
				t.linked = t.linked || !u.loose && logic.And(u.when, reach.linked.under(u.kind)).Op != logic.False
			}
		}
	}
	for _, u := range f.uses(strings.TrimSuffix(name, path.Ext(name)), nil) {
		if c := logic.And(u.when, reach.built.any); u.kind == host && c.Op != logic.False {
			t.hosted = append(t.hosted, c)
		}
	}
}

// beside returns the folders whose kbuild files name files outside of them, among those that share a
// parent with a folder above the file.
func (r *Reader) beside(name string) []string {
	var dirs []string
	if dir, ok := foreign[path.Dir(name)]; ok {
		dirs = append(dirs, strings.ReplaceAll(dir, "ARCH", r.arch))
	}
	for _, parent := range ancestors(path.Dir(name)) {
		if strings.Count(parent, "/") < 2 {
			break // drivers/ and the like: too many, and none does so
		}
		for _, e := range r.entries(parent) {
			dir := path.Join(parent, e.Name())
			if e.IsDir() && bytes.Contains(r.read(r.kbuildFile(dir)), []byte("..")) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// foreign are folders without a kbuild file whose sources another folder's names. ARCH stands for the
// architecture.
var foreign = map[string]string{"virt/kvm": "arch/ARCH/kvm"}

// ancestors returns dir and the folders above it, the top "." last.
func ancestors(dir string) []string {
	var all []string
	for ; dir != "." && dir != "/"; dir = path.Dir(dir) {
		all = append(all, dir)
	}
	return append(all, ".")
}

// missing returns the kbuild file that should lead to a file, and what it lacks.
func (r *Reader) missing(name string) (makefile, what string) {
	dir := path.Dir(name)
	if f := r.folder(dir); f == nil || !r.mentions(f, name) {
		return r.kbuildFile(dir), path.Base(objectsOf(name)[0])
	}
	for ; dir != "."; dir = path.Dir(dir) {
		parent := path.Dir(dir)
		if f := r.folder(parent); f != nil && len(f.items[dir+"/"]) == 0 && r.reachOf(dir).built.any.Op == logic.False {
			return f.file, path.Base(dir) + "/"
		}
	}
	return r.kbuildFile(path.Dir(name)), path.Base(objectsOf(name)[0])
}

func (r *Reader) mentions(f *folder, name string) bool {
	return slices.ContainsFunc(objectsOf(name), func(o string) bool { return len(f.items[o]) > 0 })
}

// read returns a file of the tree, or nil.
func (r *Reader) read(name string) []byte {
	if data, ok := r.files[name]; ok {
		return data
	}
	data, err := readBounded(r.tree, name)
	if err != nil {
		data = nil
	}
	r.files[name] = data
	return data
}

// maxFile bounds a file that is read whole; the largest kbuild file has 100 kB.
const maxFile = 8 << 20

func readBounded(tree fs.FS, name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, fs.ErrInvalid
	}
	info, err := fs.Stat(tree, name)
	if err != nil || info.Size() > maxFile || !info.Mode().IsRegular() {
		return nil, fs.ErrInvalid
	}
	return fs.ReadFile(tree, name)
}

// kbuildFile returns the name of the kbuild file of dir: Kbuild, where there is one, as for make.
func (r *Reader) kbuildFile(dir string) string {
	if name := path.Join(dir, "Kbuild"); r.read(name) != nil {
		return name
	}
	return path.Join(dir, "Makefile")
}

// folder evaluates the kbuild file of dir; nil where it has none.
func (r *Reader) folder(dir string) *folder {
	if f, ok := r.folders[dir]; ok {
		return f
	}
	name := r.kbuildFile(dir)
	text := r.read(name)
	if dir == "." && path.Base(name) == "Makefile" {
		text = nil // the top Makefile is not a kbuild file
	}
	var f *folder
	if text != nil {
		f = newFolder(dir, name, newEvaluator(r.tree, r.read, r.environment(dir)), text)
	}
	r.folders[dir] = f
	return f
}

// environment returns the variables that kbuild gives to the kbuild file of dir.
func (r *Reader) environment(dir string) map[string]string {
	vars := map[string]string{
		"srctree": ".", "objtree": ".", "srcroot": ".", "src": dir, "obj": dir,
		"SRCARCH": r.arch, "ARCH": r.arch, "SUBARCH": r.arch, "comma": ",", "space": " ",
	}
	if dir == "." {
		vars["ARCH_CORE"], vars["ARCH_LIB"], vars["ARCH_DRIVERS"] = "$(core-y)", "$(libs-y)", "$(drivers-y) $(drivers-m)"
	}
	return vars
}
