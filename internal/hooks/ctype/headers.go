// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// maxHeaders bounds how many headers are read in search of one name.
const maxHeaders = limit.HeaderFiles

// Headers looks up names in the headers of a tree. It reads them one by one, in the order of
// their #include lines, and only as far as a name asks for; what was read is kept. A nil
// *Headers knows no names. Headers may be used from several goroutines.
type Headers struct {
	cache *cache
	local *Unit // looked at before all headers; may be nil

	mu     sync.Mutex
	seen   map[*header]bool
	order  []*header // in order of discovery
	roots  []string  // not yet read
	cursor int       // how many of order had their includes followed
	found  map[string]definition
	enums  map[string]string
	decls  map[string]*Decl // those of Decl, nil for none
}

// cache holds the headers of a tree, read and taken apart once.
type cache struct {
	tree fs.FS
	arch string

	facts Facts

	mu    sync.Mutex
	files map[string]*header // nil: there is none
}

type header struct {
	path string
	data []byte

	once sync.Once
	unit *Unit

	follow   sync.Once
	includes []*header // those that there are; see cache.includes
}

// NewHeaders returns a look-up that begins with the roots, in order: paths in tree. Arch names
// the directory under arch/ for <asm/…>. Where a name has several definitions, that of a 64-bit
// kernel counts; see [TargetFacts].
func NewHeaders(tree fs.FS, arch string, roots ...string) *Headers {
	return newHeaders(&cache{tree: tree, arch: arch, facts: TargetFacts(arch), files: map[string]*header{}}, roots)
}

func newHeaders(c *cache, roots []string) *Headers {
	return &Headers{
		cache: c, roots: roots, seen: map[*header]bool{}, found: map[string]definition{}, enums: map[string]string{}, decls: map[string]*Decl{},
	}
}

// From returns a look-up for the file u, which begins with u itself and goes on with roots in the
// same tree. It shares with h what was read.
func (h *Headers) From(u *Unit, roots ...string) *Headers {
	from := newHeaders(h.cache, roots)
	from.local = u
	return from
}

// Resolve follows the typedefs at the top of t; the qualifiers on the way add up. What no
// header defines stays a Typedef.
func (h *Headers) Resolve(t *Type) *Type {
	var in *header
	for range maxDepth {
		if t.Class != Typedef || h == nil {
			break
		}
		to := h.typedef(t.Name, in)
		if to.typ == nil {
			break
		}
		t, in = qualified(to.typ, t.Qual), to.in
	}
	if t.Class == Typedef && t.Name == "bool" { // a keyword since C23
		return &Type{Name: "_Bool", Qual: t.Qual}
	}
	return t
}

// qualified returns t with more qualifiers; those of an array are its members'.
func qualified(t *Type, q Qual) *Type {
	if q == 0 {
		return t
	}
	u := *t
	if t.Class == Array {
		u.Elem = qualified(t.Elem, q)
	} else {
		u.Qual |= q
	}
	return &u
}

// A definition is the type that a typedef stands for, nil for none, and the header that says so, nil for the file itself.
type definition struct {
	typ *Type
	in  *header
}

// typedef looks for a typedef; where another one names it, from is the header of that, which sees it.
func (h *Headers) typedef(name string, from *header) definition {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t, ok := h.found[name]; ok {
		return t
	}
	var t definition
	try := func(u *Unit, in *header) bool {
		for _, d := range u.Find(name) {
			if d.Storage == "typedef" && h.cache.facts.Holds(d.Cond) != False {
				t = definition{d.Type, in}
				return true
			}
		}
		return false
	}
	if !h.near(from, name, try) {
		h.search(name, try)
	}
	h.found[name] = t
	return t
}

// maxNear is how many headers are looked into before all are.
const maxNear = 16

// near calls try for the headers that mention name of those that a header, nil for none, includes, until it returns true. What
// a header names it sees, mostly in the next.
func (h *Headers) near(from *header, name string, try func(*Unit, *header) bool) bool {
	if from == nil {
		return false
	}
	word := []byte(name)
	queue := []*header{from}
	for i := 0; i < len(queue); i++ {
		if bytes.Contains(queue[i].data, word) && try(h.cache.unit(queue[i]), queue[i]) {
			return true
		}
		for _, next := range h.cache.includes(queue[i]) {
			if len(queue) < maxNear && !slices.Contains(queue, next) {
				queue = append(queue, next)
			}
		}
	}
	return false
}

// EnumType returns the integer type that the enumeration tag is compatible with: unsigned int,
// or int where one of its constants is negative; unsigned long or long where one takes more bits. It
// returns "" for one that no header defines.
func (h *Headers) EnumType(tag string) string {
	if h == nil || tag == "" {
		return ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if t, ok := h.enums[tag]; ok {
		return t
	}
	t := ""
	h.search(tag, func(u *Unit, _ *header) bool {
		def := u.Tag(Enum, tag)
		if def != nil {
			t = enumType(def.Body)
		}
		return def != nil
	})
	h.enums[tag] = t
	return t
}

func enumType(body []Token) string {
	name := "unsigned "
	width := "int"
	for i := range body {
		t := &body[i]
		switch {
		case t.Is("-") && i > 0 && (body[i-1].Is("=") || body[i-1].Is("(")):
			name = ""
		case t.Kind == Number && number(t) >= 1<<32, t.Is("<<") && i+1 < len(body) && number(&body[i+1]) >= 32:
			width = "long"
		}
	}
	return name + width
}

// number returns the value of a literal, or 0 for all else.
func number(t *Token) uint64 {
	if t.Kind != Number {
		return 0
	}
	n, _ := strconv.ParseUint(strings.TrimRight(t.Text, "uUlL"), 0, 64) // 0 where it is none
	return n
}

// Decl returns the first declaration of a function or variable, or nil.
func (h *Headers) Decl(name string) (decl *Decl) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d, ok := h.decls[name]; ok {
		return d
	}
	defer func() { h.decls[name] = decl }()
	h.search(name, func(u *Unit, _ *header) bool {
		for _, d := range u.Find(name) {
			if d.Storage != "typedef" {
				decl = d
				return true
			}
		}
		return false
	})
	return decl
}

// HeaderDecl returns the first declaration of a function or variable in a header, or nil.
func (h *Headers) HeaderDecl(name string) (decl *Decl) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.search(name, func(u *Unit, in *header) bool {
		for _, d := range u.Find(name) {
			if in != nil && d.Storage != "typedef" {
				decl = d
				return true
			}
		}
		return false
	})
	return decl
}

// Tag returns the definition of a struct, union or enum in u, or nil.
func (u *Unit) Tag(class Class, name string) *Tag {
	for i := range u.Tags {
		if u.Tags[i].Class == class && u.Tags[i].Name == name {
			return &u.Tags[i]
		}
	}
	return nil
}

// search calls try for the headers that mention name, or that may make it out of a list of X
// macros, until it returns true.
func (h *Headers) search(name string, try func(*Unit, *header) bool) {
	if h.local != nil && try(h.local, nil) {
		return
	}
	word, list := []byte(name), []byte("lsm_hook_defs.h")
	for i := 0; i < maxHeaders; i++ {
		if i == len(h.order) && !h.more() {
			return
		}
		f := h.order[i]
		if (bytes.Contains(f.data, word) || bytes.Contains(f.data, list)) && try(h.cache.unit(f), f) {
			return
		}
	}
}

func (c *cache) unit(f *header) *Unit {
	f.once.Do(func() {
		f.unit = ParseUnit(f.path, f.data, &Options{Include: c.inlined, Inline: isHookDefs})
	})
	return f.unit
}

// inlined gives the one kind of file that declares by being included: a list of X macros.
func (c *cache) inlined(from, name string, quoted bool) (string, []byte) {
	if !isHookDefs(name) {
		return "", nil
	}
	if f := c.open(IncludePaths(from, name, quoted, c.arch)); f != nil {
		return f.path, f.data
	}
	return "", nil
}

// open reads the first of paths that exists, or returns nil.
func (c *cache) open(paths []string) *header {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range paths {
		f, known := c.files[p]
		if !known {
			if data, err := fs.ReadFile(c.tree, p); err == nil {
				f = &header{path: p, data: data}
			}
			c.files[p] = f
		}
		if f != nil {
			return f
		}
	}
	return nil
}

func isHookDefs(name string) bool { return path.Base(name) == "lsm_hook_defs.h" }

// more discovers one more header at least, or returns false.
func (h *Headers) more() bool {
	before := len(h.order)
	for _, root := range h.roots {
		h.discover(h.cache.open([]string{root}))
	}
	h.roots = nil
	for len(h.order) == before {
		if h.cursor == len(h.order) {
			return false
		}
		f := h.order[h.cursor]
		h.cursor++
		for _, next := range h.cache.includes(f) {
			h.discover(next)
		}
	}
	return true
}

// includes returns the headers that f includes, in their order. Each C file has a look-up of its own, and they go through the
// same headers.
func (c *cache) includes(f *header) []*header {
	f.follow.Do(func() {
		eachInclude(f.data, c.facts, func(name string, quoted bool) {
			if next := c.open(IncludePaths(f.path, name, quoted, c.arch)); next != nil {
				f.includes = append(f.includes, next)
			}
		})
	})
	return f.includes
}

// discover adds a header, or none for nil.
func (h *Headers) discover(f *header) {
	if f != nil && !h.seen[f] {
		h.seen[f] = true
		h.order = append(h.order, f)
	}
}

// IncludePaths returns where in a kernel tree the file may be that from includes as name, in the
// order in which the compiler looks. The build makes <asm/…> files that the tree lacks out of
// asm-generic.
func IncludePaths(from, name string, quoted bool, arch string) []string {
	var paths []string
	if quoted {
		// An include directory of the subsystem's own is put into the search path by its Makefile.
		dir := path.Dir(from)
		paths = append(paths, path.Join(dir, name), path.Join(dir, "include", name))
	}
	if rest, ok := strings.CutPrefix(name, "asm/"); ok {
		base := "arch/" + arch + "/include/"
		return append(paths, base+"asm/"+rest, base+"uapi/asm/"+rest,
			"include/asm-generic/"+rest, "include/uapi/asm-generic/"+rest)
	}
	name = path.Clean("/" + name)
	return append(paths, "include"+name, "include/uapi"+name)
}

// eachInclude finds the #include lines of a file without taking it apart, but for those that facts rule out: of a header for
// 32 bits and its twin, that of the other kernel.
func eachInclude(data []byte, facts Facts, visit func(name string, quoted bool)) {
	var around []branch
	eachDirective(data, func(word, rest string) {
		last := len(around) - 1
		isOut := last >= 0 && around[last].isOut
		switch word {
		case "if", "ifdef", "ifndef":
			b := branch{within: isOut}
			b.next(facts.Holds(condition(word, rest)))
			around = append(around, b)
		case "elif", "elifdef", "elifndef":
			if last >= 0 {
				around[last].next(facts.Holds(condition(strings.TrimPrefix(word, "el"), rest)))
			}
		case "else":
			if last >= 0 {
				around[last].next(Unknown)
			}
		case "endif":
			around = around[:max(last, 0)]
		case "include":
			if name, quoted := includeName(rest); name != "" && !isOut {
				visit(name, quoted)
			}
		}
	})
}

// A branch is the one of an #if group that lines stand in. Each is judged once: groups nest, and have branches, as deep and as
// many as whoever wrote the header likes.
type branch struct {
	within bool // the group stands in a branch that is ruled out
	taken  bool // a branch of the group, this one or one before, is the one
	isOut  bool
}

// next goes on to the next branch of the group.
func (b *branch) next(holds Truth) {
	b.isOut = b.within || b.taken || holds == False
	b.taken = b.taken || holds == True
}

// includeName reads what stands behind #include; "" where that is no name of a file.
func includeName(rest string) (name string, quoted bool) {
	if len(rest) < 3 || rest[0] != '<' && rest[0] != '"' {
		return "", false
	}
	end := max(0, strings.IndexAny(rest[1:], `>"`))
	return rest[1 : 1+end], rest[0] == '"'
}

// eachDirective visits the lines of the preprocessor that do not stand in a comment.
func eachDirective(data []byte, visit func(word, rest string)) {
	inComment := false
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		if inComment {
			_, behind, ends := bytes.Cut(line, []byte("*/"))
			if !ends {
				continue
			}
			inComment, line = false, behind
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if line[0] == '#' {
			text := string(line[1:])
			for strings.HasSuffix(text, "\\") {
				line, data, _ = bytes.Cut(data, []byte("\n"))
				text = text[:len(text)-1] + " " + string(bytes.TrimSpace(line))
			}
			visit(cutWord(strings.TrimSpace(text)))
		}
		if at := bytes.LastIndex(line, []byte("/*")); at >= 0 && !bytes.Contains(line[:at], []byte("//")) {
			inComment = !bytes.Contains(line[at+2:], []byte("*/"))
		}
	}
}
