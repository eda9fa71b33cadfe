// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bytes"
	"cmp"
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

// objtoolRE matches the function that objtool speaks of.
var objtoolRE = lazyregexp.New(`^(?:\S+: )?([A-Za-z_][\w.$]*)(?:\+0x[0-9a-f]+:|\(\)) `)

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

// A place is a line of a file of the tree.
type place struct {
	file string
	line int
}

// findFunction returns where the tree defines the function name; nowhere where it does so in none or more than one place.
func findFunction(tree fs.FS, name string) place {
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
	if found := findIn(tree, files, name); len(found) == 1 {
		return found[0]
	}
	return place{}
}

// findIn returns where some files of the tree define a function; where none does, a variable of that name, one with a value first.
func findIn(tree fs.FS, files []string, name string) []place {
	q := regexp.QuoteMeta(name)
	const before = `(?m)^(?:[A-Za-z_][\w \t*()]*[ *])?`
	function := map[string]*regexp.Regexp{
		".rs": regexp.MustCompile(`(?m)^[^/\n]*\bfn ` + q + `\b`),
		".c":  regexp.MustCompile(before + q + `\([^;{]*\)[^;{()]*\n\{`),
	}
	variable := map[string]*regexp.Regexp{
		".rs": regexp.MustCompile(`(?m)^[^/\n]*\bstatic (?:mut )?` + q + `:`),
		".c":  regexp.MustCompile(before + q + `(?:\[[^\]\n]*\])*[^;,(){=\n]*[=;,]`),
	}
	function[".h"], variable[".h"] = function[".c"], variable[".c"]
	var functions, given, others []place
	for _, p := range files {
		if function[path.Ext(p)] == nil {
			continue
		}
		if info, err := fs.Stat(tree, p); err != nil || !info.Mode().IsRegular() || info.Size() > maxSource {
			continue
		}
		text, err := fs.ReadFile(tree, p)
		if err != nil || !bytes.Contains(text, []byte(name)) {
			continue
		}
		at := func(m []int) place { return place{p, lineAt(text, m[0]+bytes.Index(text[m[0]:m[1]], []byte(name)))} }
		for _, m := range function[path.Ext(p)].FindAllIndex(text, 2) {
			functions = append(functions, at(m))
		}
		for _, m := range variable[path.Ext(p)].FindAllIndex(text, 4) {
			switch {
			case bytes.HasPrefix(text[m[0]:m[1]], []byte("extern ")):
			case text[m[1]-1] == '=':
				given = append(given, at(m))
			default:
				others = append(others, at(m))
			}
		}
	}
	for _, places := range [][]place{functions, given} {
		if len(places) > 0 {
			return places
		}
	}
	return others
}

// maxSearches bounds how many functions of one build are looked for.
const maxSearches = 10

// locator returns a function that finds the place of a linker symbol in the source tree: in what the series writes, else in the sources
// of objects that the linker names with it, else where LSMs are. One that is defined twice has the first of its places there.
func (b *builder) locator() func(symbol string, twice bool, objects []string) place {
	searches := 0
	return func(symbol string, twice bool, objects []string) place {
		if searches++; searches > maxSearches {
			return place{}
		}
		parts := strings.Split(demangle(symbol), "::")
		name := parts[len(parts)-1]
		own, sources := b.written(), sourcesOf(b.source, objects)
		for _, files := range [][]string{own, sources} {
			if found := findIn(b.source, files, name); len(found) == 1 || twice && len(found) > 1 {
				return found[0]
			}
		}
		if found := findFunction(b.source, name); found.file != "" {
			return found
		}
		if len(sources) == 0 {
			return place{}
		}
		i := slices.IndexFunc(sources, func(s string) bool { return slices.Contains(own, s) })
		return place{file: sources[max(i, 0)]}
	}
}

// symbolOfRE matches how conf writes a symbol of Kconfig in what it says about several.
var symbolOfRE = lazyregexp.New(`\bsymbol (\w+)|dependencies detected for (\w+)|^ *- (\w+) \[`)

// placeConfig gives a complaint of conf about several symbols the place where the series defines one of them.
func (b *builder) placeConfig(lines []string) place {
	own := kconfigs{}
	for _, file := range b.written() {
		if text, err := readRegular(b.source, file); err == nil && isKconfig(file) {
			own.parse(file, string(text))
		}
	}
	var first place
	for _, line := range lines {
		for _, m := range symbolOfRE.FindAllStringSubmatch(line, -1) {
			for _, d := range own[m[1]+m[2]+m[3]] {
				if first.file == "" || cmp.Or(cmp.Compare(d.file, first.file), cmp.Compare(d.line, first.line)) < 0 {
					first = place{d.file, d.line}
				}
			}
		}
	}
	return first
}

var (
	// unknownRE matches the symbol that a linker looks for, and wrapperRE what the kernel's macros put before the name of a system call.
	unknownRE = lazyregexp.New("undefined (?:(?:hidden |internal |protected )?symbol: |reference to [`'])([\\w.$]+)")
	wrapperRE = lazyregexp.New(`^__(?:x64|ia32|x32|arm64|riscv|s390x)_(?:compat_)?`)
)

// mentioned returns the first line of what the series writes that fits one of the patterns.
func (b *builder) mentioned(patterns ...string) place {
	for _, pattern := range patterns {
		wanted := regexp.MustCompile(pattern)
		for _, file := range b.written() {
			text, err := readRegular(b.source, file)
			if at := wanted.FindIndex(text); err == nil && at != nil {
				return place{file, lineAt(text, at[0])}
			}
		}
	}
	return place{}
}

// word is the pattern of a name that stands by itself.
func word(name string) string { return `\b` + regexp.QuoteMeta(name) + `\b` }

// lineAt returns the number of the line, from 1, in which an offset of text is.
func lineAt(text []byte, at int) int { return 1 + bytes.Count(text[:at], []byte("\n")) }

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
