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

// holders are the endings of files that may hold parts of a source: C, assembly, devicetrees, and headers, which may pass
// one on.
var holders = [...]string{".c", ".h", ".S", ".dts", ".dtsi", ".dtso"}

// quotedIncludes returns which of these a source includes by quotes.
func quotedIncludes(data []byte) []string {
	var out []string
	for {
		i := bytes.Index(data, []byte("include"))
		if i < 0 {
			return out
		}
		before, after := data[:i], data[i+len("include"):]
		data = after
		before = bytes.TrimRight(before, " \t")
		if !bytes.HasSuffix(before, []byte("#")) {
			continue
		}
		name, ok := bytes.CutPrefix(bytes.TrimLeft(after, " \t"), []byte(`"`))
		end := bytes.IndexAny(name, "\"\n")
		if !ok || end < 0 || name[end] != '"' {
			continue
		}
		if name := string(name[:end]); slices.Contains(holders[:], path.Ext(name)) {
			out = append(out, name)
		}
	}
}

// viaInclude looks for a source that includes name, among the files of the folders beside and above.
func (r *Reader) viaInclude(name string, w *Wiring) {
	best := ""
	for _, dir := range nearby(path.Dir(name)) {
		for _, includer := range r.includers(dir)[name] {
			outer := r.viaHeader(includer, 0, map[string]int{})
			if outer == nil || !outer.Built() {
				continue
			}
			w.When = logic.Or(w.When, outer.When)
			if best == "" {
				best = includer
				w.Object, w.Via, w.Host = outer.Object, includer, outer.Host
			}
		}
	}
}

// maxIncluders is how many of the files that include a header are looked at: what all of a driver includes, the first of them compile.
const maxIncluders = 8

// viaHeader returns the wiring of a file that includes another: a source's own, a header's that of the files that include the header,
// beside it or in the folder above these. Each of them compiles it. Its object is that of the includer in the highest folder, a target
// of make that builds the others too. Seen holds the headers that were asked already, and how deep: those that include each other are
// not asked again and again.
func (r *Reader) viaHeader(includer string, depth int, seen map[string]int) *Wiring {
	if IsSource(includer) {
		return r.File(includer)
	}
	if at, ok := seen[includer]; depth > 3 || ok && at <= depth {
		return nil
	}
	seen[includer] = depth
	var all *Wiring
	found, last := 0, false
	for _, dir := range nearby(path.Dir(includer)) {
		for _, next := range r.includers(dir)[includer] {
			w := r.viaHeader(next, depth+1, seen)
			if w == nil || !w.Built() {
				continue
			}
			all = either(all, w)
			if found++; found == maxIncluders {
				return all
			}
		}
		if last {
			break
		}
		last = found > 0
	}
	return all
}

// either returns the wiring of what is compiled with one file or with the other; a is nil for none.
func either(a, b *Wiring) *Wiring {
	if a == nil {
		return b
	}
	w := *a
	if strings.Count(b.Object, "/") < strings.Count(a.Object, "/") {
		w = *b
	}
	w.When = logic.Or(a.When, b.When)
	return &w
}

// nearby are the folders whose sources may include one of dir: itself, its subfolders' parents up to
// two above, and for those that only the decompressors include, the boot code.
func nearby(dir string) []string {
	all := []string{dir}
	for i := 0; i < 3 && dir != "." && path.Dir(dir) != "."; i++ {
		dir = path.Dir(dir)
		all = append(all, dir)
	}
	return all
}

// includers returns which files of dir, and of the folders right below it, include which files.
func (r *Reader) includers(dir string) map[string][]string {
	if got, ok := r.included[dir]; ok {
		return got
	}
	got := map[string][]string{}
	r.included[dir] = got
	for _, e := range r.entries(dir) {
		if e.IsDir() {
			for _, below := range r.entries(path.Join(dir, e.Name())) {
				r.addIncludes(got, path.Join(dir, e.Name(), below.Name()))
			}
			continue
		}
		r.addIncludes(got, path.Join(dir, e.Name()))
	}
	return got
}

func (r *Reader) entries(dir string) []fs.DirEntry {
	entries, _ := fs.ReadDir(r.tree, dir) // a folder that is not there includes nothing
	return entries
}

func (r *Reader) addIncludes(got map[string][]string, name string) {
	if !slices.Contains(holders[:], path.Ext(name)) {
		return
	}
	data, err := readBounded(r.tree, name)
	if err != nil {
		return
	}
	for _, target := range quotedIncludes(data) {
		resolved := path.Join(path.Dir(name), target)
		if slices.Contains(got[resolved], name) {
			continue
		}
		got[resolved] = append(got[resolved], name)
		if strings.HasPrefix(target, "kernel/") || strings.HasPrefix(target, "lib/") {
			got[target] = append(got[target], name) // found by -I of the top
		}
	}
}

// Header returns how a header gets compiled: by the sources of the folders beside and above it
// that include it by quotes. One that only others include, as those of include/, is not built by this
// account.
func (r *Reader) Header(name string) *Wiring {
	if w := r.viaHeader(path.Clean(name), 0, map[string]int{}); w != nil {
		return w
	}
	return &Wiring{When: logic.Never}
}
