// SPDX-License-Identifier: GPL-2.0-only

// Package source is the tree with a series, as the checks of LSM hooks read it: each file is taken
// apart once, C, Rust, Kconfig and makefiles.
//
// Call [New] for a series that applies, with [Assume] before it for one that does not. A [Source] is
// for one goroutine.
package source

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/kbuildfile"
	"github.com/lsmpatch/lsmpatch/internal/share"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// Source is the tree with the series, as the checks read it: files are taken apart once.
type Source struct {
	Tree    fs.FS
	set     *patchset.Set // nil for none
	Before  fs.FS         // the tree before the series; nil where nobody has it
	arch    string
	Touched []string       // paths that the series changes and does not delete, sorted
	PatchOf map[string]int // the last patch that touches a path
	data    map[string][]byte
	before  map[string][]byte // of Before
	// concerned remembers which files have anything to do with LSMs.
	concerned map[string]bool
	units     map[string]*ctype.Unit
	// unitsBefore are those of the tree without the series.
	unitsBefore map[string]*ctype.Unit
	rusts       map[string]*rustsyn.File
	asWritten   map[string]*rustsyn.File
	macros      map[string]*rustsyn.Macro
	wordMacros  []string            // see lsmMacros; nil before
	definers    map[string][]string // see Definers; nil before
	words       *wordSet            // see Mentioning; nil before
	kconfigs    map[string]*kconfig
	kbuild      *kbuildfile.Reader
	Headers     *ctype.Headers
	scopes      map[string]*ctype.Headers // for each C file what it sees
}

// New reads nothing yet: files are read and taken apart when they are asked for, each once. before and after are the tree
// without and with the series.
func New(set *patchset.Set, before, after fs.FS, arch string) *Source {
	s := &Source{
		Tree: after, set: set, Before: before, arch: arch, PatchOf: map[string]int{},
		data: map[string][]byte{}, before: map[string][]byte{}, concerned: map[string]bool{}, units: map[string]*ctype.Unit{}, scopes: map[string]*ctype.Headers{},
		rusts: map[string]*rustsyn.File{}, asWritten: map[string]*rustsyn.File{}, kconfigs: map[string]*kconfig{},
	}
	s.Headers = ctype.NewHeaders(shared{after}, arch, defs.TypeRoots()...)
	if set == nil {
		return s
	}
	for _, p := range set.Patches {
		for _, f := range p.Files {
			name := patchset.Path(f)
			s.PatchOf[name] = p.Index
			s.Touched = append(s.Touched, name)
			if f.IsRename {
				s.PatchOf[f.OldName] = p.Index
			}
		}
	}
	slices.Sort(s.Touched)
	s.Touched = slices.Compact(s.Touched)
	s.Touched = slices.DeleteFunc(s.Touched, func(name string) bool { return !isFile(after, name) })
	return s
}

// shared is a tree whose files are read without a copy of their own: those of headers are not changed.
type shared struct{ fs.FS }

func (s shared) ReadFile(name string) ([]byte, error) { return tree.ReadShared(s.FS, name) }

// AbstractionPath is where a tree has, or may have, its abstraction of LSMs for Rust.
const AbstractionPath = "rust/kernel/lsm.rs"

// Read returns the content of a file, or nil where there is none.
func (s *Source) Read(name string) []byte {
	if data, ok := s.data[name]; ok {
		return data
	}
	var data []byte
	if fs.ValidPath(name) {
		var err error
		if data, err = tree.ReadShared(s.Tree, name); err == nil && data == nil {
			data = []byte{} // an empty file is there
		}
	}
	s.data[name] = data
	return data
}

// Text is what [Source.Read] returns, which nobody changes, as a string.
func (s *Source) Text(name string) string { return share.String(s.Read(name)) }

// ReadBefore reads a file of the tree without the series; nil where there is none.
func (s *Source) ReadBefore(name string) []byte {
	if data, ok := s.before[name]; ok || s.Before == nil || !fs.ValidPath(name) {
		return data
	}
	data, err := tree.ReadShared(s.Before, name)
	if err != nil {
		data = nil
	}
	s.before[name] = data
	return data
}

// Added returns the lines that the patches of the series add to a file, each behind a line end.
func (s *Source) Added(name string) []byte {
	var text []byte
	s.Lines(name, func(_ int, _, line string, op gitdiff.LineOp) {
		if op == gitdiff.OpAdd {
			text = append(append(text, '\n'), strings.TrimSuffix(line, "\n")...)
		}
	})
	return text
}

// Patches returns how many patches the series has.
func (s *Source) Patches() int {
	if s.set == nil {
		return 0
	}
	return len(s.set.Patches)
}

// Lines visits the lines that the patches of the series add to a file and take out of it, those of all files with "", in their order, with the
// number of the patch.
func (s *Source) Lines(of string, visit func(patch int, file, line string, op gitdiff.LineOp)) {
	if s.set == nil {
		return
	}
	for _, p := range s.set.Patches {
		for _, f := range p.Files {
			name := patchset.Path(f)
			if of != "" && name != of {
				continue
			}
			for _, frag := range f.TextFragments {
				for _, l := range frag.Lines {
					if l.Op != gitdiff.OpContext {
						visit(p.Index, name, l.Line, l.Op)
					}
				}
			}
		}
	}
}

// IsNew reports whether the series adds a file.
func (s *Source) IsNew(name string) bool { return s.Before == nil || !isFile(s.Before, name) }

// isFile reports whether a tree has a file, or a link, of that name. It reads folders, and no file.
func isFile(in fs.FS, name string) bool {
	if !fs.ValidPath(name) {
		return false
	}
	mode, err := tree.Mode(in, name)
	return err == nil && mode != filemode.Dir && mode != filemode.Submodule
}

// keptMacros are those whose uses the checks look for.
func keptMacros(name string) bool {
	switch name {
	case "LSM_HOOK_INIT", "DEFINE_LSM", "DEFINE_EARLY_LSM", "security_add_hooks", "ARRAY_SIZE":
		return true
	}
	return false
}

// Unit takes a C file apart, with the macros of the headers beside it and the hooks where it
// includes their list. It is nil for a file that is not there, or cannot be read.
func (s *Source) Unit(name string) *ctype.Unit {
	if u, ok := s.units[name]; ok {
		return u
	}
	var u *ctype.Unit
	if data := s.Read(name); data != nil {
		u = ctype.ParseUnit(name, data, &ctype.Options{
			Keep: keptMacros,
			Include: func(from, inc string, quoted bool) (string, []byte) {
				if path.Ext(inc) == ".c" || !quoted && path.Base(inc) != path.Base(defs.DefsPath) {
					return "", nil
				}
				for _, p := range ctype.IncludePaths(from, inc, quoted, s.arch) {
					if data := s.Read(p); data != nil {
						return p, data
					}
				}
				return "", nil
			},
			Inline: func(p string) bool { return path.Base(p) == path.Base(defs.DefsPath) || path.Ext(p) != ".h" },
		})
		u.Decls = append(u.Decls, u.Inner(isFramework)...)
	}
	s.units[name] = u
	return u
}

// isFramework reports whether the framework keeps structs of a tag, wherever they are defined.
func isFramework(tag string) bool {
	return tag == "security_hook_list" || tag == "lsm_id" || tag == "lsm_blob_sizes"
}

// UnitBefore takes a C file of the tree without the series apart, with nothing of other files.
func (s *Source) UnitBefore(name string) *ctype.Unit {
	u, ok := s.unitsBefore[name]
	if !ok {
		if u = ctype.ParseUnit(name, s.ReadBefore(name), nil); s.unitsBefore == nil {
			s.unitsBefore = map[string]*ctype.Unit{}
		}
		s.unitsBefore[name] = u
	}
	return u
}

// Scope returns what a C file sees: what it declares itself, then the headers that it includes, those
// beside it first, then those of the hooks' own types.
func (s *Source) Scope(u *ctype.Unit) *ctype.Headers {
	h := s.scopes[u.Path]
	if h == nil {
		var near, far []string
		for _, inc := range u.Includes {
			for _, p := range ctype.IncludePaths(u.Path, inc.Name, inc.Quoted, s.arch) {
				if s.Read(p) == nil {
					continue
				}
				if inc.Quoted {
					near = append(near, p)
				} else {
					far = append(far, p)
				}
				break
			}
		}
		h = s.Headers.From(u, slices.Concat(near, far, defs.TypeRoots())...)
		s.scopes[u.Path] = h
	}
	return h
}

// Rust takes a Rust file apart, with the macros replaced that it and the other files of the series
// define. A file that is not there is empty.
func (s *Source) Rust(name string) *rustsyn.File {
	f := s.rusts[name]
	if f == nil {
		written := s.written(name)
		f = written.Expand(func(macro string) *rustsyn.Macro {
			for _, m := range written.Macros {
				if m.Name == macro {
					return m
				}
			}
			return s.macro(macro)
		})
		s.rusts[name] = f
	}
	return f
}

// written takes a Rust file apart as it is written.
func (s *Source) written(name string) *rustsyn.File {
	f := s.asWritten[name]
	if f == nil {
		f = rustsyn.Parse(name, s.Read(name))
		s.asWritten[name] = f
	}
	return f
}

// macro returns the macro of a name in the Rust files that have to do with LSMs, or nil.
func (s *Source) macro(name string) *rustsyn.Macro {
	if s.macros == nil {
		s.macros = map[string]*rustsyn.Macro{}
		for _, file := range append(s.LSMFiles(".rs"), AbstractionPath) {
			for _, m := range s.written(file).Macros {
				s.macros[m.Name] = m
			}
		}
	}
	return s.macros[name]
}

// MakesLSM reports whether a file of Rust has, or is made by macros to have, a word of the framework: it has anything to do with
// LSMs, or uses a macro of a file that has.
func (s *Source) MakesLSM(name string) bool {
	text := s.Text(name)
	if s.concernsLSM(name) {
		return true
	}
	s.macro("") // reads them
	for macro := range s.macros {
		if strings.Contains(text, macro+"!") {
			return true
		}
	}
	return false
}

// LSMFiles returns the touched files that end in one of the suffixes and have anything to do with
// LSMs. Nobody asks what else a series holds, and a large one holds much.
func (s *Source) LSMFiles(suffixes ...string) []string {
	return slices.DeleteFunc(s.TouchedWith(suffixes...), func(name string) bool {
		concerned, known := s.concerned[name]
		if !known {
			concerned = s.concernsLSM(name)
			s.concerned[name] = concerned
		}
		return !concerned
	})
}

// lsmWords are those of which a file of C has one that does anything with the framework, by itself. All of Rust and of C
// that Rust is registered by, and the names of the framework of old trees, are among them.
var lsmWords = [...]string{
	"LSM_HOOK_INIT", "security_hook_list", defs.HookUnion, "security_add_hooks", "static_calls_table", "lsm_static_call",
	"DEFINE_LSM", "DEFINE_EARLY_LSM", "lsm_info", "lsm_id", "LSM_ID_", "lsm_blob_sizes", "lbs_", "LSM_FLAG_", "LSM_ORDER_",
	"MAX_LSM_COUNT", "security_initcall", "register_security", "security_module_enable", "security_delete_hooks", "__lsm_", "lsm_hook",
}

// byLetter has lsmWords by the letter before an underscore that each has.
var byLetter = sync.OnceValue(func() (by [256][]string) {
	for _, word := range lsmWords {
		last := word[underscore(word)-1]
		by[last] = append(by[last], word)
	}
	return by
})

func underscore(word string) int { return 1 + strings.IndexByte(word[1:], '_') }

// hasLSMWord reports whether a text has one of lsmWords: a look at each underscore does what a search for each word would do.
func hasLSMWord(text string) bool {
	words := byLetter()
	for at := 0; ; at++ {
		next := strings.IndexByte(text[at:], '_')
		if next < 0 {
			return false
		}
		if at += next; at == 0 {
			continue
		}
		for _, word := range words[text[at-1]] {
			if start := at - underscore(word); start >= 0 && strings.HasPrefix(text[start:], word) {
				return true
			}
		}
	}
}

// concernsLSM reports whether a file has anything to do with LSMs: a word of the framework, or a macro of a header of the
// series that has one. What else a file of an LSM holds is read once somebody asks for a function of it.
func (s *Source) concernsLSM(name string) bool {
	data := s.Read(name)
	has := func(word string) bool { return bytes.Contains(data, []byte(word)) }
	if path.Ext(name) == ".rs" {
		return slices.ContainsFunc([]string{"lsm", "LSM", "security_hook_list", defs.HookUnion, "security_add_hooks", "lbs_", "no_mangle", "export_name"}, has)
	}
	if hasLSMWord(share.String(data)) {
		return true
	}
	return path.Ext(name) == ".c" && slices.ContainsFunc(s.lsmMacros(), has)
}

// lsmMacros returns the macros of the headers of the series whose text has a word of the framework.
func (s *Source) lsmMacros() []string {
	if s.wordMacros != nil {
		return s.wordMacros
	}
	s.wordMacros = []string{}
	for _, header := range s.TouchedWith(".h") {
		data := s.Read(header)
		if !hasLSMWord(share.String(data)) {
			continue
		}
		for _, m := range ctype.ParseTokens(header, data, nil).Macros {
			if hasLSMWord(ctype.Text(m.Body)) {
				s.wordMacros = append(s.wordMacros, m.Name)
			}
		}
	}
	return s.wordMacros
}

// TouchedWith returns the touched files that end in one of the suffixes.
func (s *Source) TouchedWith(suffixes ...string) []string {
	var names []string
	for _, name := range s.Touched {
		if slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) }) {
			names = append(names, name)
		}
	}
	return names
}
