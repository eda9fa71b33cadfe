// SPDX-License-Identifier: GPL-2.0-only

// Package bpf checks BPF LSM programs, which are registrations of hooks too: of a series, of the
// selftests of a tree, and of other projects.
//
// Call [Programs] for those of a C file, [Objects] for those of an object file, and [Rules.Check] to hold
// them against a tree ([FromTree]) or a kernel ([FromKernel]). No compiler and no linker does that: what
// is wrong is told when the program is loaded, or never.
package bpf

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// A Program is a BPF program for an LSM hook. Its JSON names are a contract.
type Program struct {
	Name string `json:"name"`
	// Section is as in the source, "lsm.s/file_open"; Hook is its last part.
	Section string `json:"section"`
	Hook    string `json:"hook"`
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	// Params are the parameters of BPF_PROG, nil for a program that takes its context as it is.
	Params []ctype.Param `json:"-"`
	Pos    ctype.Pos     `json:"-"`
	// Fails says that a selftest expects the program not to load.
	Fails bool `json:"-"`
	// cond is the condition that the program stands under, in its file.
	cond string
	// Unread says what of the program could not be read, or is "".
	Unread string `json:"-"`
	// static says that the program has no symbol that a loader finds, void that its BPF_PROG returns nothing.
	static, void bool
	license      license
	reads        []contextRead
}

// Sleepable reports whether the program wants to sleep.
func (p *Program) Sleepable() bool {
	return strings.HasPrefix(strings.TrimPrefix(p.Section, "?"), "lsm.s/")
}

// isVersionOf reports whether two programs of a file are one for different kernels: they have a name, and stand under different conditions.
func (p *Program) isVersionOf(q *Program) bool {
	return p.File == q.File && p.Name == q.Name && p.cond != q.cond && p.cond != "" && q.cond != ""
}

// Optional reports whether the program is loaded only where its user asks for it.
func (p *Program) Optional() bool { return strings.HasPrefix(p.Section, "?") }

// hookOf returns the hook of a section name, or "" where it is not one of an LSM program.
func hookOf(section string) string {
	kind, hook, _ := strings.Cut(strings.TrimPrefix(section, "?"), "/")
	switch kind {
	case "lsm", "lsm.s", "lsm_cgroup":
		return hook
	}
	return ""
}

// HasPrograms reports whether the text of a C file may hold a program for an LSM hook.
func HasPrograms(text []byte) bool {
	return (bytes.Contains(text, []byte(`"lsm`)) || bytes.Contains(text, []byte(`"?lsm`))) && (isCalled(text, "SEC") || isCalled(text, "section") || isCalled(text, "section__"))
}

// isCalled reports whether a bracket opens behind a word, or a line ends there: the rest of a macro may follow.
func isCalled(text []byte, word string) bool {
	for {
		_, rest, found := bytes.Cut(text, []byte(word))
		if !found {
			return false
		}
		text = rest
		if next := bytes.TrimLeft(rest, " \t"); len(next) > 0 && (next[0] == '(' || next[0] == '\\' || next[0] == '\n' || next[0] == '/') {
			return true
		}
	}
}

// Programs returns the BPF LSM programs of a C file, in all branches of its conditions.
func Programs(file string, text []byte) []Program {
	found := inFirstBranches(file, text)
	type place struct {
		name string
		line int
	}
	have := map[place]bool{}
	for _, p := range found {
		have[place{p.Name, p.Pos.Line}] = true
	}
	for _, p := range inFirstBranches(file, otherBranches(text)) {
		if !have[place{p.Name, p.Pos.Line}] {
			found = append(found, p)
		}
	}
	return found
}

func inFirstBranches(file string, text []byte) []Program {
	unit := ctype.ParseTokens(file, text, &ctype.Options{Keep: func(name string) bool {
		return name == "SEC" || strings.HasPrefix(name, "BPF_PROG") || strings.HasPrefix(name, "__")
	}})
	var found []Program
	types := typedefs(unit.Tokens)
	calls := ctype.Calls(unit.Tokens, "SEC")
	// What SEC() stands for, written out.
	for _, name := range []string{"section", "__section__", "__section"} {
		calls = append(calls, ctype.Calls(unit.Tokens, name)...)
	}
	slices.SortFunc(calls, func(x, y ctype.Call) int { return x.Index - y.Index })
	for i, call := range calls {
		if len(call.Args) != 1 || len(call.Args[0]) == 0 {
			continue
		}
		end := len(unit.Tokens)
		if i+1 < len(calls) {
			end = calls[i+1].Index
		}
		if p, ok := program(call, unit.Tokens[call.End:end]); ok {
			p.static = p.static || call.Index > 0 && unit.Tokens[call.Index-1].Is("static")
			for n := range p.Params {
				p.Params[n].Type = writtenOut(p.Params[n].Type, types)
			}
			found = append(found, p)
		}
	}
	if len(found) > 0 {
		license := licenseOf(text, unit.Tokens, calls)
		for i := range found {
			found[i].license = license
		}
	}
	return found
}

// typedefs returns the types that a file gives names, without those of structs that it defines on the way.
func typedefs(toks []ctype.Token) map[string]*ctype.Type {
	found := map[string]*ctype.Type{}
	for i := range toks {
		if !toks[i].Is("typedef") {
			continue
		}
		end := slices.IndexFunc(toks[i:], func(t ctype.Token) bool { return t.Is(";") || t.Is("{") })
		if end < 0 {
			break
		}
		if d, err := ctype.ParseDecl(toks[i+1 : i+end]); err == nil && d.Name != "" {
			found[d.Name] = d.Type
		}
	}
	return found
}

// writtenOut replaces a name of types by what it stands for, behind one pointer as well.
func writtenOut(t *ctype.Type, types map[string]*ctype.Type) *ctype.Type {
	for range len(types) {
		to := types[t.Name]
		if t.Class != ctype.Typedef || to == nil {
			break
		}
		t = to
	}
	if t.Class == ctype.Pointer && t.Elem.Class == ctype.Typedef && types[t.Elem.Name] != nil {
		u := *t
		u.Elem = types[t.Elem.Name]
		return &u
	}
	return t
}

// reOddSection finds sections that are meant for LSM programs, and named as no loader names them: "lsm:file_open".
var reOddSection = lazyregexp.New(`^\??lsm(_cgroup)?[^\w/]`)

// program reads the program of a section, whose head and body follow.
func program(sec ctype.Call, rest []ctype.Token) (Program, bool) {
	name := sec.Args[0]
	section, whole := literal(name)
	p := Program{Section: section, Hook: hookOf(section), Pos: sec.Name.Pos(), File: sec.Name.Pos().File, Line: sec.Name.Pos().Line, cond: sec.Name.Cond()}
	if !whole && strings.HasPrefix(strings.TrimPrefix(section, "?"), "lsm") {
		p.Unread = "the section " + ctype.Text(name)
	} else if strings.HasSuffix(section, "/") && strings.HasPrefix(strings.TrimPrefix(section, "?"), "lsm") && p.Hook == "" {
		p.Unread = "the section " + section
	} else if p.Section == "lsm" || p.Section == "lsm.s" || p.Section == "lsm_cgroup" {
		p.Unread = "the hook, which is named when it is loaded,"
	} else if p.Hook == "" && reOddSection.MatchString(section) {
		p.Unread = fmt.Sprintf("the section %q, which libbpf does not know,", section)
	} else if p.Hook == "" || !whole {
		return p, false
	}
	head := rest
	for i := range rest {
		if rest[i].Is("{") || rest[i].Is(";") {
			head = rest[:i]
			break
		}
	}
	for i := range head {
		p.Fails = p.Fails || strings.HasPrefix(head[i].Text, "__failure")
		p.static = p.static || head[i].Is("static")
	}
	body, _ := ctype.Group(rest[len(head):])
	for i := 0; i+1 < len(head); i++ {
		switch t := &head[i]; {
		case strings.HasPrefix(t.Text, "BPF_PROG") && head[i+1].Is("("):
			p.read(head[i+1:])
			p.void = i > 0 && head[i-1].Is("void")
			p.reads = readsOf("ctx", body)
			return p, true
		case t.Kind == ctype.Ident && head[i+1].Is("(") && !strings.HasPrefix(t.Text, "__"):
			p.Name, p.Pos = t.Text, t.Pos()
			p.reads = readsOf(contextName(head[i+1:]), body)
			return p, true
		}
	}
	return p, len(head) > 0
}

// literal returns the text of string literals in a row, which the compiler joins, up to what is none.
func literal(tokens []ctype.Token) (text string, whole bool) {
	for _, t := range tokens {
		if !strings.HasPrefix(t.Text, `"`) {
			return text, false
		}
		text += strings.Trim(t.Text, `"`)
	}
	return text, true
}

// read reads the arguments of BPF_PROG: the name, then the parameters.
func (p *Program) read(args []ctype.Token) {
	inner, _ := ctype.Group(args)
	parts := ctype.Split(inner)
	if len(parts) == 0 || len(parts[0]) == 0 {
		p.Unread = cmp.Or(p.Unread, "its arguments")
		return
	}
	p.Name, p.Pos, p.cond = parts[0][0].Text, parts[0][0].Pos(), parts[0][0].Cond()
	p.Params = []ctype.Param{}
	for _, part := range parts[1:] {
		d, err := ctype.ParseDecl(part)
		if err != nil {
			p.Unread = cmp.Or(p.Unread, "the parameter "+ctype.Text(part))
			p.Params = nil
			return
		}
		p.Params = append(p.Params, ctype.Param{Type: d.Type, Name: d.Name, Pos: part[0].Pos()})
	}
}
