// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

import "strings"

// A File is a Rust file, taken apart. The items of inline modules, of blocks in constants and
// of macro bodies are listed with the others.
type File struct {
	Path    string
	Tokens  []Token
	Fns     []*Fn
	Traits  []*Trait
	Statics []*Static
	Macros  []*Macro
	// Calls are the macros used as items.
	Calls []*MacroCall
	Mods  []*Mod
	// Aliases are the "type X = T" items, Uses the imported names with their full paths, Globs the
	// paths that end in "::*".
	Aliases  map[string]*Type
	Uses     map[string][]string
	Globs    [][]string
	Problems []Problem
}

// An Attr is an attribute: Text is what is between the brackets, as in `link_section = ".init.text"`.
type Attr struct {
	Name string
	Text string
	Pos  Pos
}

// An Owner is what a function stands in.
type Owner struct {
	// Trait is the trait that is defined or implemented, SelfType the type of an impl; both are
	// the last name of the path, "" where there is none.
	Trait, SelfType string
	// Generics are the type parameters with their bounds.
	Generics map[string][]string
	// IsTrait says that the owner is the trait itself.
	IsTrait bool
}

// An Fn is a function or a method.
type Fn struct {
	Name     string
	Pos      Pos
	Attrs    []Attr
	Unsafe   bool
	ABI      string // "C"; "" for Rust's own
	HasSelf  bool
	Params   []Param
	Ret      *Type // nil for "()"
	Generics map[string][]string
	// Body are the tokens between the braces; HasBody tells an empty one from none.
	Body    []Token
	HasBody bool
	Owner   *Owner
	// Mod is the name of the inline module that the function stands in, or "".
	Mod string
	// Macro is the macro that defines the function, or nil: the function stands in its definition,
	// or where it is used after [File.Expand].
	Macro *Macro
	start int // of Body among the tokens of the file
}

// Spans reports whether the token of that index in the file stands in the body of f.
func (f *Fn) Spans(index int) bool {
	return f.HasBody && index >= f.start && index < f.start+len(f.Body)
}

// Last returns the index of the last token of the body of f in the file.
func (f *Fn) Last() int { return f.start + len(f.Body) - 1 }

// Before returns the tokens of the body of f that stand before the token of that index in the file.
func (f *Fn) Before(index int) []Token { return f.Body[:min(max(index-f.start, 0), len(f.Body))] }

// A Trait is a trait with its methods.
type Trait struct {
	Name    string
	Pos     Pos
	Attrs   []Attr
	Methods []*Fn
}

// A Static is a static or a constant.
type Static struct {
	Name  string
	Pos   Pos
	Attrs []Attr
	Type  *Type
	Mut   bool
	// Init are the tokens behind "=".
	Init  []Token
	Macro *Macro
	// Owner is the impl or trait of an associated constant, or nil.
	Owner *Owner
}

// A Macro is a macro_rules.
type Macro struct {
	Name string
	Pos  Pos
	Arms []Arm
}

// An Arm is one rule of a macro.
type Arm struct {
	Matcher, Body []Token
	// read holds both sides once they were read, which is when the macro is used.
	read *[2][]node
}

// patterns returns both sides of the rule.
func (a *Arm) patterns() (matcher, body []node) {
	if a.read == nil {
		a.read = &[2][]node{parsePattern(a.Matcher), parsePattern(a.Body)}
	}
	return a.read[0], a.read[1]
}

// A MacroCall is a macro used as an item.
type MacroCall struct {
	Path []string
	Pos  Pos
	Args []Token
	// Attrs are those before the call.
	Attrs []Attr
	// Macro is the macro in whose definition the call stands, or nil.
	Macro *Macro
}

// A Mod is a module.
type Mod struct {
	Name   string
	Pos    Pos
	Attrs  []Attr
	Inline bool
}

// Name returns the last name of the path.
func (m *MacroCall) Name() string { return m.Path[len(m.Path)-1] }

// FindAttr returns the first attribute of that name in attrs, inside unsafe(…) too, or nil.
func FindAttr(attrs []Attr, name string) *Attr {
	for i := range attrs {
		a := &attrs[i]
		if a.Name == name || a.Name == "unsafe" && strings.HasPrefix(a.Text, "unsafe("+name) {
			return a
		}
	}
	return nil
}

// Value returns what stands behind "=" in the attribute, without quotes.
func (a *Attr) Value() string {
	_, v, _ := strings.Cut(a.Text, "=")
	return strings.Trim(strings.TrimSpace(v), `") `)
}

// Type returns f as a function pointer type.
func (f *Fn) Type() *Type {
	return &Type{Class: Func, Params: f.Params, Ret: f.Ret, Unsafe: f.Unsafe, ABI: f.ABI, Pos: f.Pos, Text: f.Signature()}
}

// Signature prints the head of f without its bounds.
func (f *Fn) Signature() string {
	var b strings.Builder
	if f.Unsafe {
		b.WriteString("unsafe ")
	}
	if f.ABI != "" {
		b.WriteString(`extern "` + f.ABI + `" `)
	}
	b.WriteString("fn " + f.Name + "(")
	for i, p := range f.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		if p.Name != "" {
			b.WriteString(p.Name + ": ")
		}
		b.WriteString(p.Type.String())
	}
	b.WriteString(")")
	if f.Ret != nil {
		b.WriteString(" -> " + f.Ret.String())
	}
	return b.String()
}
