// SPDX-License-Identifier: GPL-2.0-only

// Package defs reads the LSM hooks that a tree defines.
//
// For most uses, call [List] for the hooks of a tree, or [Diff] for what changed between two.
// [MayNotSleep] says what the tree says of the context of a hook.
package defs

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

const (
	// DefsPath is where a tree defines its hooks, since Linux 5.7.
	DefsPath = "include/linux/lsm_hook_defs.h"
	// HooksHeader declares what an LSM fills in, SecurityPath calls the hooks.
	HooksHeader  = "include/linux/lsm_hooks.h"
	SecurityPath = "security/security.c"
	// HookUnion is the union that has one member for each hook.
	HookUnion = "security_list_options"
)

// ErrNoHooks says that a tree does not define its hooks in [DefsPath].
var ErrNoHooks = errors.New("no LSM hook definitions")

// A Hook is one LSM_HOOK line. Its JSON names are a contract.
type Hook struct {
	Name string `json:"name"`
	// Return is the return type, Default the value that the hook returns where no LSM answers,
	// both as C: "int", "-EOPNOTSUPP".
	Return  string  `json:"return"`
	Default string  `json:"default"`
	Params  []Param `json:"params"`
	// Condition is what the #if lines around the hook ask for: "defined(CONFIG_SECURITY_PATH)",
	// or "".
	Condition string `json:"condition"`
	File      string `json:"file"`
	Line      int    `json:"line"`
	// Type is the type of the hook's functions.
	Type *ctype.Type `json:"-"`
}

// A Param is one parameter of a hook: its C type and its name.
type Param struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

// Prototype prints h as a C function: "int task_alloc(struct task_struct *task, u64 clone_flags)".
func (h *Hook) Prototype() string { return h.Type.Declare(h.Name) }

// Configs returns the CONFIG symbols in the condition of h, sorted, without "CONFIG_".
func (h *Hook) Configs() []string { return ctype.ConfigsIn(h.Condition) }

// EnabledBy reports whether h exists in a kernel of a configuration, which maps symbols, named without
// "CONFIG_", to "y", "m" or other values; those that are not there are not set. What a condition asks
// for besides is taken as given.
func (h *Hook) EnabledBy(config map[string]string) bool {
	return ctype.ConfigFacts(config, h.Condition).Holds(h.Condition) != ctype.False
}

// List reads the hooks of tree in their order. What the file holds and cannot be read is a
// finding, and the rest is read all the same. A tree without the file is an [ErrNoHooks] with
// a hint.
func List(tree fs.FS) ([]Hook, []report.Finding, error) {
	data, err := fs.ReadFile(tree, DefsPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, noHooks(tree)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading hook definitions: %w", err)
	}
	hooks, findings := parseDefs(DefsPath, data)
	return hooks, findings, nil
}

// Parse reads the hooks of the text of [DefsPath]; none where there is none. What cannot be read is a finding.
func Parse(text []byte) ([]Hook, []report.Finding) { return parseDefs(DefsPath, text) }

func noHooks(tree fs.FS) error {
	err := fmt.Errorf("%s: %w", DefsPath, ErrNoHooks)
	if _, statErr := fs.Stat(tree, "include/linux/lsm_hooks.h"); statErr == nil {
		return hint.Wrap(err, "this tree is older than Linux 5.7, which brought this file; take a newer one")
	}
	if _, statErr := fs.Stat(tree, "include/linux/security.h"); statErr == nil {
		return hint.Wrap(err, "this tree has no LSM framework of today; take a tree of Linux 5.7 or newer")
	}
	return hint.Wrap(err, "is this the top directory of a Linux tree?")
}

func parseDefs(path string, data []byte) ([]Hook, []report.Finding) {
	unit := ctype.ParseTokens(path, data, &ctype.Options{Keep: func(name string) bool { return name == "LSM_HOOK" }})
	d := defsReader{toks: unit.Tokens}
	for _, p := range unit.Problems {
		d.problem(p.Pos, p.Message)
	}
	for i := 0; i < len(d.toks); {
		i = d.entry(i)
	}
	d.duplicates()
	return d.hooks, d.findings
}

type defsReader struct {
	toks     []ctype.Token
	hooks    []Hook
	findings []report.Finding
}

func (d *defsReader) problem(pos ctype.Pos, message string) {
	d.findings = append(d.findings, report.Finding{
		Check: "hooks/bad-definition", Severity: report.Error,
		File: pos.File, Line: pos.Line, Column: pos.Col, Message: message,
		Hint: "the hook is left out; the others are checked",
	})
}

// entry reads the LSM_HOOK at i and returns where the next begins. What is between two of them
// is a problem that is told once.
func (d *defsReader) entry(i int) int {
	if !d.begins(i) {
		if d.toks[i].Is(";") {
			return i + 1 // trees before 6.12 have some
		}
		d.problem(d.toks[i].Pos(), fmt.Sprintf("%q where an LSM_HOOK line should begin", d.toks[i].Text))
		return d.next(i + 1)
	}
	end, depth := i+1, 0
	for ; end < len(d.toks); end++ {
		switch t := &d.toks[end]; {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		}
		if depth == 0 || end > i+1 && d.begins(end) {
			break
		}
	}
	if end == len(d.toks) || depth != 0 {
		d.problem(d.toks[i].Pos(), "the bracket of this LSM_HOOK is not closed")
		return end
	}
	calls := ctype.Calls(d.toks[i:end+1], "LSM_HOOK")
	if len(calls) == 0 {
		d.problem(d.toks[i].Pos(), "the brackets of this LSM_HOOK do not match")
		return end + 1
	}
	if h, err := newHook(calls[0]); err != nil {
		d.problem(d.toks[i].Pos(), err.Error())
	} else {
		d.hooks = append(d.hooks, *h)
	}
	return end + 1
}

func (d *defsReader) begins(i int) bool {
	return d.toks[i].Is("LSM_HOOK") && i+1 < len(d.toks) && d.toks[i+1].Is("(")
}

func (d *defsReader) next(i int) int {
	for i < len(d.toks) && !d.begins(i) {
		i++
	}
	return i
}

// duplicates tells of hooks that are defined twice under conditions that can both hold.
func (d *defsReader) duplicates() {
	first := map[string]*Hook{}
	for i := range d.hooks {
		h := &d.hooks[i]
		if f := first[h.Name]; f == nil {
			first[h.Name] = h
		} else if f.Condition == h.Condition {
			d.problem(ctype.Pos{File: h.File, Line: h.Line}, fmt.Sprintf("hook %s is defined already in line %d", h.Name, f.Line))
		}
	}
}

func newHook(call ctype.Call) (*Hook, error) {
	if len(call.Args) < 4 {
		return nil, fmt.Errorf("LSM_HOOK takes a return type, a default, a name and parameters; here are %d arguments", len(call.Args))
	}
	ret, err := ctype.ParseDecl(call.Args[0])
	if err != nil {
		return nil, fmt.Errorf("return type: %w", err)
	}
	if len(call.Args[2]) != 1 || call.Args[2][0].Kind != ctype.Ident {
		return nil, fmt.Errorf("%q is no name of a hook", ctype.Text(call.Args[2]))
	}
	name := call.Args[2][0]
	f := &ctype.Type{Class: ctype.Func, Elem: ret.Type}
	if params := call.Args[3:]; len(params) > 1 || len(params[0]) > 0 {
		list := slices.Concat(joinArgs(params)...)
		typ, err := ctype.ParseParams(list, 0)
		if err != nil {
			return nil, fmt.Errorf("hook %s: %w", name.Text, err)
		}
		typ.Elem = ret.Type
		f = typ
	} else {
		f.NoProto = true
	}
	h := &Hook{
		Name: name.Text, Return: ret.Type.String(), Default: ctype.Text(call.Args[1]), Params: []Param{},
		Condition: call.Name.Cond(), File: call.Name.Pos().File, Line: call.Name.Pos().Line, Type: f,
	}
	for _, p := range f.Params {
		h.Params = append(h.Params, Param{p.Type.Unnamed().String(), p.Name})
	}
	if f.Variadic {
		h.Params = append(h.Params, Param{Type: "..."})
	}
	return h, nil
}

// joinArgs puts the commas back between the arguments.
func joinArgs(args [][]ctype.Token) [][]ctype.Token {
	var out [][]ctype.Token
	for i, a := range args {
		if i > 0 {
			out = append(out, []ctype.Token{{Kind: ctype.Punct, Text: ","}})
		}
		out = append(out, a)
	}
	return out
}

// ParamPos returns the place of parameter i of the hook, or of the hook.
func (h *Hook) ParamPos(i int) ctype.Pos {
	if i >= 0 && i < len(h.Type.Params) && h.Type.Params[i].Pos.Line > 0 {
		return h.Type.Params[i].Pos
	}
	return ctype.Pos{File: h.File, Line: h.Line}
}

// TypeRoots are the headers in which the types of hooks are looked for: the basic ones first,
// then all that the framework includes.
func TypeRoots() []string { return []string{"include/linux/types.h", "include/linux/lsm_hooks.h"} }
