// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/bindgen"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// maxFollowed bounds through how many names a value is followed.
const maxFollowed = 16

// maxBefore is how many tokens of a function before a name are looked through for what it is.
const maxBefore = 5000

// A value is what a Rust expression comes to that is given to a hook. Where it has no functions and
// is neither none nor a closure, it was not followed.
type value struct {
	// fns are the functions that it may be: several where each stands under a cfg gate, or where
	// the expression has branches. What is declared as a function pointer is a function without a body.
	fns []*rustsyn.Fn
	// none says that there is no function, closure that there is one that C cannot call, cast that
	// the compiler does not compare the function's type.
	none, closure, cast bool
	// option says that it is an Option of a function, as bindgen has it, and not the function itself.
	option bool
	// through is the function whose parameter of that number is the value, or nil.
	through *rustsyn.Fn
	param   int
}

// merge adds what another branch of the expression comes to.
func (v *value) merge(w value) {
	v.fns = append(v.fns, w.fns...)
	v.none, v.closure, v.cast, v.option = v.none || w.none, v.closure || w.closure, v.cast || w.cast, v.option || w.option
	if v.through == nil {
		v.through, v.param = w.through, w.param
	}
}

// A place is where an expression stands: the token of that index in the file, or the value of a constant of within,
// which may be nil, where the index is that of no token.
type place struct {
	file   *rustsyn.File
	index  int
	within *rustsyn.Owner
}

// at returns the place of the token of an index in f.
func at(f *rustsyn.File, index int) place { return place{file: f, index: index} }

// around returns the innermost function whose body the place is in, or nil.
func (p place) around() *rustsyn.Fn {
	var inner *rustsyn.Fn
	for _, fn := range p.file.Fns {
		if fn.Spans(p.index) && (inner == nil || len(fn.Body) < len(inner.Body)) {
			inner = fn
		}
	}
	return inner
}

// owner returns what the function, or the constant, around the place stands in, or nil.
func (p place) owner() *rustsyn.Owner {
	o := p.within
	for _, fn := range p.file.Fns {
		if fn.Owner != nil && fn.Spans(p.index) {
			o = fn.Owner
		}
	}
	return o
}

// names returns what a path names at the place, and the type or module that it is of: with the imports of the file, and with Self as
// the type that it is there.
func (p place) names(t *rustsyn.Type) (name, owner string) {
	path := t.Segs
	if full := p.file.Uses[path[0]]; len(full) > 0 && len(path) == 1 {
		path = full
	}
	name = path[len(path)-1]
	if len(path) > 1 {
		owner = path[len(path)-2]
	}
	if o := p.owner(); owner == "Self" && o != nil {
		owner = o.SelfType
	}
	return name, owner
}

// value follows an expression that stands at a place.
func (c *Series) value(at place, expr []rustsyn.Token, depth int) value {
	if depth++; depth > maxFollowed {
		return value{}
	}
	expr = bare(expr)
	if len(expr) == 0 {
		return value{}
	}
	if expr[0].Is("|") || expr[0].Is("move") {
		return value{closure: true}
	}
	if i := asAt(expr); i > 0 {
		return c.castValue(at, expr[:i], expr[i+1:], depth)
	}
	if head, args := lastCall(expr); head != nil {
		switch lastIdent(head) {
		case "Some", "then_some":
			v := c.value(at, args, depth)
			v.option = true
			return v
		case "transmute":
			v := c.value(at, args, depth)
			v.cast, v.option = true, true
			return v
		}
		return c.made(at, head, args, depth)
	}
	if n := len(expr) - 1; expr[n].Is("]") {
		return c.element(at, expr, depth)
	}
	if n := len(expr); n > 2 && expr[n-2].Is(".") {
		return c.member(at, expr[:n-2], expr[n-1].Text, depth)
	}
	if t, err := rustsyn.ParsePath(expr); err == nil && len(t.Segs) > 0 {
		return c.named(at, t, depth)
	}
	if tail := tailOf(expr); tail != nil {
		if _, init := lastLet(expr, rustsyn.Text(tail)); init != nil {
			tail = init
		}
		return c.value(at, tail, depth)
	}
	var v value
	for _, inner := range branches(expr) {
		v.merge(c.value(at, inner, depth))
		v.option = true
	}
	return v
}

// castValue follows "expr as type": the function, and what it is cast to.
func (c *Series) castValue(at place, expr, to []rustsyn.Token, depth int) value {
	v := c.value(at, expr, depth)
	v.declared(at.file, rustsyn.Text(expr)+", cast,", typeOf(to))
	return v
}

// named follows a path: a local name, a constant, a function, what an import brings.
func (c *Series) named(at place, t *rustsyn.Type, depth int) value {
	if t.Last() == "None" {
		return value{none: true, option: true}
	}
	if len(t.Segs) == 1 {
		if v, known := c.local(at, t.Last(), depth); known {
			return v
		}
	}
	name, owner := at.names(t)
	var bounds []string
	switch o := at.owner(); {
	case o == nil || len(t.Segs) == 1 || t.Segs[len(t.Segs)-2] != "Self":
		bounds = boundsOf(at, owner)
	case o.IsTrait:
		bounds = []string{o.Trait}
	}
	files := c.filesFrom(at.file, name)
	for _, f := range files {
		if fns := pick(f, name, owner); fns != nil {
			return value{fns: fns}
		}
		if s := pickStatic(f, name, owner); s != nil {
			return c.static(f, s, depth)
		}
	}
	if v := c.traitConst(files, name, bounds, depth); len(v.fns) > 0 {
		return v
	}
	return value{fns: c.declared(files, name, owner, bounds)}
}

// filesFrom returns the Rust files of the series in which a name may be defined, first that one, then those of LSMs, then others that have
// the name: of modules that LSMs use.
func (c *Series) filesFrom(first *rustsyn.File, name string) []*rustsyn.File {
	files := []*rustsyn.File{first}
	of := c.Src.LSMFiles(".rs")
	for _, other := range c.Src.TouchedWith(".rs") {
		if !slices.Contains(of, other) && strings.Contains(c.Src.Text(other), name) {
			of = append(of, other)
		}
	}
	for _, other := range of {
		if f := c.Src.Rust(other); f != first {
			files = append(files, f)
		}
	}
	return files
}

// traitConst follows T::F, a constant of a trait of bounds, to what the trait and those that implement it set it to.
func (c *Series) traitConst(files []*rustsyn.File, name string, bounds []string, depth int) value {
	var v value
	for _, f := range files {
		for _, s := range f.Statics {
			if s.Name == name && s.Owner != nil && slices.Contains(bounds, s.Owner.Trait) {
				w := c.static(f, s, depth)
				if len(v.fns) > 0 { // declared again, as the trait has it
					w.fns = slices.DeleteFunc(w.fns, func(fn *rustsyn.Fn) bool { return !fn.HasBody && fn.Name == name })
				}
				v.merge(w)
			}
		}
	}
	return v
}

// boundsOf returns the traits that a type parameter of the function around, or of its owner, has.
func boundsOf(at place, param string) []string {
	var bounds []string
	if fn := at.around(); fn != nil {
		bounds = fn.Generics[param]
	}
	if o := at.owner(); o != nil {
		bounds = append(slices.Clip(bounds), o.Generics[param]...)
	}
	return bounds
}

// declared returns the methods of that name as the traits of bounds declare them, or the trait that
// owner implements, whose default the method is then.
func (c *Series) declared(files []*rustsyn.File, name, owner string, bounds []string) []*rustsyn.Fn {
	for _, f := range files {
		for _, fn := range f.Fns {
			if fn.Owner != nil && fn.Owner.Trait != "" && fn.Owner.SelfType == owner {
				bounds = append(bounds, fn.Owner.Trait)
			}
		}
	}
	for _, f := range files {
		for _, t := range f.Traits {
			isMeant := slices.Contains(bounds, t.Name) || t.Name == owner
			if fn := methodOf(t, name); fn != nil && (isMeant || fn.ABI == "C" && bounds == nil) {
				return []*rustsyn.Fn{fn}
			}
		}
	}
	return nil
}

// local follows a name that the function around binds: by a let before the place, or as a parameter.
func (c *Series) local(at place, name string, depth int) (value, bool) {
	fn := at.around()
	if fn == nil {
		return value{}, false
	}
	before := fn.Before(at.index)
	before = before[max(0, len(before)-maxBefore):]
	if typ, init := lastLet(before, name); init != nil || typ != nil {
		v := c.value(at, init, depth)
		for _, later := range assignedTo(before, name) {
			v.merge(c.value(at, later, depth))
		}
		v.declared(at.file, name, typeOf(typ))
		return v, true
	}
	for i, p := range fn.Params {
		if p.Name == name {
			v := value{through: fn, param: i}
			v.declared(at.file, name, p.Type)
			return v, true
		}
	}
	return value{}, false
}

// static follows a constant or a static: what it is set to, and what it is declared as.
func (c *Series) static(f *rustsyn.File, s *rustsyn.Static, depth int) value {
	v := c.value(place{f, -1, s.Owner}, s.Init, depth)
	v.declared(f, s.Name, s.Type)
	return v
}

// declared adds what the name of a value is declared as.
func (v *value) declared(f *rustsyn.File, name string, t *rustsyn.Type) {
	fns, option := pointerFns(f, name, t)
	v.fns = append(v.fns, fns...)
	v.option = v.option || option
}

// pickStatic returns the constant or static of that name, that of owner where there is one.
func pickStatic(f *rustsyn.File, name, owner string) *rustsyn.Static {
	var free *rustsyn.Static
	for _, s := range f.Statics {
		switch {
		case s.Name != name:
		case s.Owner == nil:
			free = s
		case s.Owner.SelfType == owner || s.Owner.Trait == owner || owner == "":
			return s
		}
	}
	return free
}

// pointerFns returns what is declared as a function pointer, or an Option of one, as a function; none
// for what is no such type, or leaves a part of it to be inferred.
func pointerFns(f *rustsyn.File, name string, t *rustsyn.Type) (fns []*rustsyn.Fn, option bool) {
	isInferred := func(p rustsyn.Param) bool { return p.Type.Text == "_" }
	for range maxFollowed {
		if t == nil {
			break
		}
		switch alias := bindgen.AliasOf(f, t); {
		case alias != nil:
			t = alias
		case t.Last() == "Option" && len(t.Args) == 1:
			t, option = t.Args[0], true
		case t.Class == rustsyn.Func && !slices.ContainsFunc(t.Params, isInferred) && (t.Ret == nil || t.Ret.Text != "_"):
			return []*rustsyn.Fn{{Name: name, Pos: t.Pos, Params: t.Params, Ret: t.Ret, ABI: t.ABI, Unsafe: t.Unsafe}}, option
		default:
			return nil, option
		}
	}
	return nil, option
}
