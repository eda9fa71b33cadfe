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
var symbolRE = lazyregexp.New(`in reference: ([\w.$]+?)(?:\.\w+)?\+0x|^>>>.*\((?:\.[a-z.]*text\.)?([A-Za-z_]\w+)\)$`)

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
	q := regexp.QuoteMeta(name)
	in := map[string]*regexp.Regexp{
		".rs": regexp.MustCompile(`(?m)^[^/\n]*\bfn ` + q + `\b`),
		".c":  regexp.MustCompile(`(?m)^(?:[A-Za-z_][\w \t*()]*[ *])?` + q + `\([^;{]*\)[^;{()]*\n\{`),
	}
	in[".h"] = in[".c"]
	found := 0
	for _, dir := range searched {
		// A folder that is not there has no function.
		_ = fs.WalkDir(tree, dir, func(p string, d fs.DirEntry, err error) error {
			re := in[path.Ext(p)]
			if err != nil || re == nil || !d.Type().IsRegular() {
				return nil
			}
			if info, err := d.Info(); err != nil || info.Size() > maxSource {
				return nil
			}
			text, err := fs.ReadFile(tree, p)
			if err != nil || !bytes.Contains(text, []byte(name)) {
				return nil
			}
			for _, at := range re.FindAllIndex(text, 2) {
				found++
				begin := at[0] + bytes.Index(text[at[0]:at[1]], []byte(name))
				file, line = p, 1+bytes.Count(text[:begin], []byte("\n"))
			}
			return nil
		})
	}
	if found != 1 {
		return "", 0
	}
	return file, line
}

// maxSearches bounds how many functions of one build are looked for.
const maxSearches = 10

// locator returns a function that finds the place of a linker symbol in the source tree.
func (b *builder) locator() func(symbol string) (file string, line int) {
	searches := 0
	return func(symbol string) (string, int) {
		if searches++; searches > maxSearches {
			return "", 0
		}
		parts := strings.Split(demangle(symbol), "::")
		return findFunction(b.source, parts[len(parts)-1])
	}
}
