// SPDX-License-Identifier: GPL-2.0-only

package proof

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/bindgen"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// The files that hold the assertions, and what make builds of them.
const (
	AssertC       = "security/lsmpatch_assert_c.c"
	assertRust    = "security/lsmpatch_assert_rs.rs"
	assertCTarget = "security/lsmpatch_assert_c.o"
	assertRTarget = "security/lsmpatch_assert_rs.o"

	// TypesObject is an object file with the types of the hooks in its DWARF, for [Inspect]: one
	// of the targets of [Assertions], and what [TypesFiles] make. It takes no debug information in
	// the configuration.
	TypesObject = "security/lsmpatch_types.o"
	typesC      = "security/lsmpatch_types.c"

	securityMakefile = "security/Makefile"
	// makefileLines let clang tell all errors, not only twenty (gcc does so by itself), and put
	// the types into one object.
	makefileLines = "\nCFLAGS_lsmpatch_assert_c.o := $(call cc-option,-ferror-limit=0)\nCFLAGS_lsmpatch_types.o := -g\n"
	typesText     = "// SPDX-License-Identifier: GPL-2.0\n#include <linux/lsm_hooks.h>\n" +
		"union security_list_options lsmpatch_union;\nstruct lsm_info lsmpatch_info;\nstruct lsm_id lsmpatch_id;\n"
)

// Assertions are source files that compile exactly as far as our findings are right: each link
// of a series is one line, which the compiler takes or rejects.
type Assertions struct {
	// Files are the sources by their paths in the tree, a changed Makefile among them. Targets are
	// what to ask make for, with -k, so that one file's errors do not hide the other's.
	Files   map[string][]byte
	Targets []string
	Links   []assertion
	// Registrations are the places that give a function to a hook; Configs are the symbols that build them.
	Registrations []Registration
	Configs       []string

	touched map[string]int // the patches that touch a file
}

// An assertion is one line of a generated file.
type assertion struct {
	File  string
	Line  int
	Hook  string
	pos   ctype.Pos // of the link in the series
	Holds bool      // what we say
}

// Assert generates the assertions for the links of set in the tree after, that with the series:
// for each registration in C a shim that registers a function of the same type, for each Rust
// adapter a use of a function of its type in bindgen's union of all hooks. What cannot be written
// outside of its file is left out. The series' own objects, which hold its registrations, are among the
// targets.
func Assert(set *patchset.Set, after fs.FS, opts *registered.Options) (*Assertions, error) {
	c, err := registered.New(set, nil, after, opts)
	if err != nil {
		return nil, err
	}
	for _, name := range c.Src.LSMFiles(".c") {
		c.CFile(name)
	}
	c.RustFiles()
	w := &assertWriter{a: &Assertions{Files: map[string][]byte{}}}
	for _, name := range c.Src.LSMFiles(".c") {
		for i := range c.Regs[name] {
			w.registration(c, &c.Regs[name][i])
		}
	}
	w.finish(AssertC, assertCTarget, cPrelude(c))
	m := bindgen.New(c.Src)
	for i := range c.Links {
		w.link(c, m, &c.Links[i])
	}
	w.finish(assertRust, assertRTarget, rustPrelude)
	maps.Copy(w.a.Files, typesFiles(c.Src.Read(securityMakefile)))
	w.a.Targets = append(w.a.Targets, TypesObject)
	w.objects(c)
	return w.a, nil
}

// TypesFiles returns the sources of [TypesObject] by their paths in the tree, a changed Makefile among
// them.
func TypesFiles(tree fs.FS) (map[string][]byte, error) {
	makefile, err := fs.ReadFile(tree, securityMakefile)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", securityMakefile, err)
	}
	return typesFiles(makefile), nil
}

func typesFiles(makefile []byte) map[string][]byte {
	return map[string][]byte{
		securityMakefile: append(slices.Clone(makefile), makefileLines...),
		typesC:           []byte(typesText),
	}
}

// Judge compares what the compiler said with what we say, and returns where they differ: findings
// about this program, not about the series. The errors are those of the build, of severity
// error, with the files and lines of the assertions. A file of which the build does not speak
// while it failed over another was not compiled, and proves nothing.
func (a *Assertions) Judge(errors []report.Finding) []report.Finding {
	lines := map[string]map[int]bool{} // with errors, by file
	elsewhere := false                 // a file that all need
	for _, f := range errors {
		if f.Severity != report.Error {
			continue
		}
		if lines[f.File] == nil {
			lines[f.File] = map[int]bool{}
		}
		lines[f.File][f.Line] = true
		elsewhere = elsewhere || f.File != AssertC && f.File != assertRust && (a.touched[f.File] == 0 || strings.HasPrefix(f.File, "rust/") || strings.HasPrefix(f.File, "include/"))
	}
	var findings []report.Finding
	for _, as := range a.Links {
		failed := lines[as.File][as.Line]
		if failed != as.Holds || lines[as.File] == nil && elsewhere {
			continue
		}
		verdict := "takes"
		if failed {
			verdict = "rejects"
		}
		findings = append(findings, report.Finding{
			Check: "hooks/compiler-disagrees", Severity: report.Error, File: as.pos.File, Line: as.pos.Line, Column: as.pos.Col,
			Message: fmt.Sprintf("the compiler %s the function for hook %s, against what lsmpatch says", verdict, as.Hook),
			Hint:    fmt.Sprintf("the compiler is right; please report it, with line %d of %s", as.Line, as.File),
		})
	}
	return findings
}

// assertWriter collects the lines of one file after the other.
type assertWriter struct {
	a     *Assertions
	lines []string
	open  []assertion // of the file that is being written
}

func (w *assertWriter) add(hook string, pos ctype.Pos, holds bool, line string) {
	w.lines = append(w.lines, line)
	w.open = append(w.open, assertion{Line: len(w.lines), Hook: hook, pos: pos, Holds: holds})
}

// finish writes the lines behind the prelude.
func (w *assertWriter) finish(file, target, prelude string) {
	if len(w.lines) > 0 {
		before := strings.Count(prelude, "\n")
		for _, as := range w.open {
			as.File, as.Line = file, as.Line+before
			w.a.Links = append(w.a.Links, as)
		}
		w.a.Files[file] = []byte(prelude + strings.Join(w.lines, "\n") + "\n")
		w.a.Targets = append(w.a.Targets, target)
	}
	w.lines, w.open = nil, nil
}

func (w *assertWriter) registration(c *registered.Series, r *registered.Registration) {
	hooks := c.ByName[r.Hook]
	if len(hooks) == 0 || r.Type == nil || r.Cast {
		return
	}
	typ, ok := elsewhere(r.Type, c.Src.Headers, r.Names)
	if !ok {
		return
	}
	holds := slices.ContainsFunc(hooks, func(h *defs.Hook) bool { return len(registered.CompareFuncs(h.Type, r.Type, r.Names)) == 0 })
	w.add(r.Hook, r.Pos, holds, cShim(len(w.lines), r.Hook, typ))
}

// elsewhere returns t as another file can write it, which has the headers h of the framework: typedefs
// that only names knows are resolved. Ok is false for a type without a name.
func elsewhere(t *ctype.Type, h, names *ctype.Headers) (_ *ctype.Type, ok bool) {
	if t.Class == ctype.Typedef && h.Resolve(t).Class == ctype.Typedef {
		t = names.Resolve(t)
	}
	u, ok := *t, t.Name != "" || t.Elem != nil
	if t.Elem != nil {
		u.Elem, ok = elsewhere(t.Elem, h, names)
	}
	u.Params = slices.Clone(t.Params)
	for i, p := range u.Params {
		var fine bool
		u.Params[i].Type, fine = elsewhere(p.Type, h, names)
		ok = ok && fine
	}
	return &u, ok
}

// cShim is a function that registers a function of type t for a hook, on one line.
func cShim(n int, hook string, t *ctype.Type) string {
	fn := (&ctype.Type{Class: ctype.Pointer, Elem: t.Unnamed()}).Declare("hook")
	return fmt.Sprintf("static void __maybe_unused lsmpatch_%d(struct security_hook_list *hl, %s) "+
		"{ *hl = (struct security_hook_list)LSM_HOOK_INIT(%s, hook); }", n, fn, hook)
}

// cPrelude includes what the C files of the series include, the framework first.
func cPrelude(c *registered.Series) string {
	var b strings.Builder
	b.WriteString("// SPDX-License-Identifier: GPL-2.0\n#include <linux/lsm_hooks.h>\n")
	for _, name := range c.Src.LSMFiles(".c") {
		for _, inc := range c.Src.Unit(name).Includes {
			if !inc.Quoted && inc.Cond == "" && inc.Name != "linux/lsm_hook_defs.h" {
				fmt.Fprintf(&b, "#include <%s>\n", inc.Name)
			}
		}
	}
	return b.String()
}

// rustPrelude begins the Rust file; each assertion names all else by its whole path.
const rustPrelude = "// SPDX-License-Identifier: GPL-2.0\n#![allow(dead_code, missing_docs, unused, unreachable_pub, clippy::all)]\n"

func (w *assertWriter) link(c *registered.Series, m *bindgen.Mapper, l *registered.Link) {
	hooks := c.ByName[l.Shim.Hook]
	if len(hooks) == 0 || l.Adapter == nil {
		return
	}
	line, ok := rustUse(m, c.Src.Rust(l.Adapter.Pos.File), l.Shim.Hook, l.Adapter)
	if !ok {
		return
	}
	holds := l.Adapter.ABI == "C" && slices.ContainsFunc(hooks, func(h *defs.Hook) bool {
		return len(registered.CompareAdapter(m, c.Src.Rust(l.Adapter.Pos.File), l.Adapter, h)) == 0
	})
	w.add(l.Shim.Hook, l.Adapter.Pos, holds, line)
}

// rustUse is a use of a function with the signature of fn as the function of a hook, on one line.
// Ok is false where a type cannot be named outside of its file.
func rustUse(m *bindgen.Mapper, f *rustsyn.File, hook string, fn *rustsyn.Fn) (line string, ok bool) {
	params := make([]string, 0, len(fn.Params))
	for i, p := range fn.Params {
		text, ok := portable(m, f, p.Type)
		if !ok {
			return "", false
		}
		params = append(params, fmt.Sprintf("_a%d: %s", i, text))
	}
	head := "fn f(" + strings.Join(params, ", ") + ")"
	if fn.Ret != nil {
		text, ok := portable(m, f, fn.Ret)
		if !ok {
			return "", false
		}
		head += " -> " + text
	}
	if fn.ABI != "" {
		head = fmt.Sprintf("extern %q %s", fn.ABI, head)
	}
	return fmt.Sprintf("const _: fn() = || { unsafe %s { loop {} } let _ = kernel::bindings::security_list_options { %s: Some(f) }; };", head, hook), true
}

// portable prints a Rust type with whole paths.
func portable(m *bindgen.Mapper, f *rustsyn.File, t *rustsyn.Type) (string, bool) {
	switch t.Class {
	case rustsyn.Ptr, rustsyn.Ref:
		elem, ok := portable(m, f, t.Elem)
		prefix := map[rustsyn.Class]string{rustsyn.Ptr: "*const ", rustsyn.Ref: "&"}[t.Class]
		if t.Mut {
			prefix = map[rustsyn.Class]string{rustsyn.Ptr: "*mut ", rustsyn.Ref: "&mut "}[t.Class]
		}
		return prefix + elem, ok
	case rustsyn.Never:
		return "!", true
	case rustsyn.Tuple:
		return "()", len(t.Args) == 0
	case rustsyn.Path:
		return portablePath(m, f, t)
	}
	return "", false
}

func portablePath(m *bindgen.Mapper, f *rustsyn.File, t *rustsyn.Type) (string, bool) {
	if alias := bindgen.AliasOf(f, t); alias != nil {
		return portable(m, f, alias)
	}
	if name := bindgen.BindingName(f, t); bindgen.IsPrimitive(name) {
		return name, true // bindgen's u64_ is u64
	} else if name != "" {
		return "kernel::bindings::" + name, true
	}
	segs := bindgen.FullPath(f, t.Segs)
	switch name := segs[len(segs)-1]; {
	case len(t.Args) > 0:
		return "", false
	case bindgen.IsPrimitive(name):
		return name, true
	case segs[0] == "core" && (m.FFI[name] != "" || name == "c_void"):
		return "core::ffi::" + name, true
	case m.FFI[name] != "" || name == "c_void":
		return "kernel::ffi::" + name, true
	}
	return "", false
}
