// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// symbolRE matches the function that a complaint of modpost or the linker is about.
var symbolRE = lazyregexp.New(`in reference: ([\w.$]+?)(?:\.\w+)?\+0x|^>>>.*\((?:\.[a-z.]*text\.)?([A-Za-z_]\w+)(?:\+0x[0-9a-f]+)?\)(?: in archive \S+)?$`)

// objectRE matches the object that a complaint of the linker is about, without its ".o".
var objectRE = lazyregexp.New(`^>>>\s+(?:referenced by |defined at )?([\w./-]+)\.o:\(`)

// demangle returns the path of a function that Rust's v0 mangling names: "rust_lsm::_::__lsm_init".
// It knows plain paths only, without types and generics; any other symbol comes back as it is.
func demangle(symbol string) string {
	rest, ok := strings.CutPrefix(symbol, "_R")
	if !ok {
		return symbol
	}
	parts, rest, ok := demanglePath(rest, 0)
	if !ok || rest != "" {
		return symbol
	}
	return strings.Join(parts, "::")
}

// demanglePath reads "C identifier", or "N", a letter, a path and an identifier.
func demanglePath(s string, depth int) (parts []string, rest string, ok bool) {
	switch {
	case s == "" || depth > 100:
		return nil, s, false
	case s[0] == 'C':
		rest = s[1:]
	case s[0] == 'N' && len(s) > 2:
		if parts, rest, ok = demanglePath(s[2:], depth+1); !ok {
			return nil, s, false
		}
	default:
		return nil, s, false
	}
	name, rest, ok := demangleIdentifier(rest)
	return append(parts, name), rest, ok
}

// demangleIdentifier reads a length and as many bytes, behind an optional number "s…_". An
// underscore parts the length from a name that begins with a digit or an underscore.
func demangleIdentifier(s string) (name, rest string, ok bool) {
	if strings.HasPrefix(s, "s") {
		if _, s, ok = strings.Cut(s, "_"); !ok {
			return "", s, false
		}
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	n, err := strconv.Atoi(s[:digits])
	s = strings.TrimPrefix(s[digits:], "_")
	if err != nil || n > len(s) {
		return "", s, false
	}
	return s[:n], s[n:], true
}

var noRuleRE = lazyregexp.New(`^(?:\[[^\]]*\] )?No rule to make target ['"]?([^'"]+)['"]`)

// placeRule gives a complaint about an object that no rule makes the line of the kbuild file that asks for it.
func (d *diagnoser) placeRule(f *report.Finding) {
	m := noRuleRE.FindStringSubmatch(f.Message)
	if m == nil || d.lineOf == nil {
		return
	}
	target := strings.TrimPrefix(path.Clean(m[1]), d.source+"/")
	for dir := path.Dir(target); dir != "."; dir = path.Dir(dir) {
		for _, name := range []string{dir + "/Kbuild", dir + "/Makefile"} {
			if n := d.lineOf(name, strings.TrimPrefix(target, dir+"/")); n > 0 {
				f.File, f.Line = name, n
				return
			}
		}
	}
}

// lineOf returns the first line of a file of the tree that has a word, 0 for none.
func (b *builder) lineOf(file, word string) int {
	text, err := b.source.ReadFile(file)
	if err != nil {
		return 0
	}
	for i, line := range strings.Split(string(text), "\n") {
		if slices.Contains(strings.Fields(line), word) {
			return i + 1
		}
	}
	return 0
}

// searched are the folders where a function is looked for; a series about LSMs touches no others
// that the linker would name.
var searched = [...]string{"security", "rust", "samples", "init", "kernel", "include/linux"}

// maxSource bounds one source file of the search.
const maxSource = 2 << 20

// findFunction returns where the tree defines the function name, or "" where it does so nowhere,
// or more than once.
func findFunction(tree fs.FS, name string) (file string, line int) {
	var files []string
	for _, dir := range searched {
		// A folder that is not there has no function.
		_ = fs.WalkDir(tree, dir, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				files = append(files, p)
			}
			return nil
		})
	}
	return findIn(tree, files, name)
}

// findIn looks for a function in some files of the tree.
func findIn(tree fs.FS, files []string, name string) (file string, line int) {
	q := regexp.QuoteMeta(name)
	in := map[string]*regexp.Regexp{
		".rs": regexp.MustCompile(`(?m)^[^/\n]*\bfn ` + q + `\b`),
		".c":  regexp.MustCompile(`(?m)^(?:[A-Za-z_][\w \t*()]*[ *])?` + q + `\([^;{]*\)[^;{()]*\n\{`),
	}
	in[".h"] = in[".c"]
	found := 0
	for _, p := range files {
		re := in[path.Ext(p)]
		if re == nil {
			continue
		}
		if info, err := fs.Stat(tree, p); err != nil || !info.Mode().IsRegular() || info.Size() > maxSource {
			continue
		}
		text, err := fs.ReadFile(tree, p)
		if err != nil || !bytes.Contains(text, []byte(name)) {
			continue
		}
		for _, at := range re.FindAllIndex(text, 2) {
			found++
			begin := at[0] + bytes.Index(text[at[0]:at[1]], []byte(name))
			file, line = p, 1+bytes.Count(text[:begin], []byte("\n"))
		}
	}
	if found != 1 {
		return "", 0
	}
	return file, line
}

// maxSearches bounds how many functions of one build are looked for.
const maxSearches = 10

// locator returns a function that finds the place of a linker symbol in the source tree: in what the series writes, else in the sources
// of objects that the linker names with it, else where LSMs are.
func (b *builder) locator() func(symbol string, objects []string) (file string, line int) {
	searches := 0
	return func(symbol string, objects []string) (string, int) {
		if searches++; searches > maxSearches {
			return "", 0
		}
		parts := strings.Split(demangle(symbol), "::")
		name := parts[len(parts)-1]
		own, sources := b.written(), sourcesOf(b.source, objects)
		for _, files := range [][]string{own, sources} {
			if file, line := findIn(b.source, files, name); file != "" {
				return file, line
			}
		}
		if file, line := findFunction(b.source, name); file != "" {
			return file, line
		}
		if len(sources) == 0 {
			return "", 0
		}
		i := slices.IndexFunc(sources, func(s string) bool { return slices.Contains(own, s) })
		return sources[max(i, 0)], 0
	}
}

// written returns the files that the series writes, as far as this is the build of one.
func (b *builder) written() []string {
	if b.state == nil {
		return nil
	}
	changes, err := b.state.Written()
	if err != nil {
		return nil
	}
	var names []string
	for _, c := range changes {
		if !c.Deleted() {
			names = append(names, c.Path)
		}
	}
	return names
}

// sourcesOf returns the sources of objects, without ".o", that stand beside them.
func sourcesOf(tree fs.FS, objects []string) []string {
	var sources []string
	for _, object := range objects {
		for _, ext := range []string{".c", ".S", ".rs"} {
			if name := path.Clean(object) + ext; fs.ValidPath(name) && !slices.Contains(sources, name) {
				if _, err := fs.Stat(tree, name); err == nil {
					sources = append(sources, name)
				}
			}
		}
	}
	return sources
}
