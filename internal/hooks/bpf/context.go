// SPDX-License-Identifier: GPL-2.0-only

package bpf

import (
	"fmt"
	"strconv"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A contextRead is a place that takes an argument of the hook out of the context: ctx[index].
type contextRead struct {
	index int
	as    *ctype.Type // what it is cast to, or nil
	pos   ctype.Pos
}

// contextName returns the name of the first parameter of a program where that is an array of numbers of 64 bits, else "".
func contextName(params []ctype.Token) string {
	inner, _ := ctype.Group(params)
	parts := ctype.Split(inner)
	if len(parts) == 0 {
		return ""
	}
	d, err := ctype.ParseDecl(parts[0])
	if err != nil || d.Type.Class != ctype.Pointer && d.Type.Class != ctype.Array {
		return ""
	}
	switch d.Type.Elem.Name {
	case "unsigned long long", "long long", "__u64", "u64", "__s64", "s64", "uint64_t":
		return d.Name
	}
	return ""
}

// readsOf finds the reads of a context by number in the body of a program, none where the body has something else of that name.
func readsOf(name string, body []ctype.Token) []contextRead {
	var found []contextRead
	for i := 1; i+3 < len(body) && name != ""; i++ {
		if !body[i].Is(name) || body[i-1].Is(".") || body[i-1].Is("->") {
			continue
		}
		if body[i-1].Kind == ctype.Ident && !body[i-1].Is("return") || body[i-1].Is("*") && i > 1 && body[i-2].Kind == ctype.Ident && (body[i+1].Is("=") || body[i+1].Is(";")) {
			return nil
		}
		n, err := strconv.Atoi(body[i+2].Text)
		if !body[i+1].Is("[") || !body[i+3].Is("]") || err != nil {
			continue
		}
		read := contextRead{index: n, pos: body[i].Pos()}
		if j := i - 4; j > 0 && body[j-1].Is("(") && body[j].Is("struct") && body[j+2].Is("*") && body[j+3].Is(")") {
			read.as = &ctype.Type{Class: ctype.Pointer, Elem: &ctype.Type{Class: ctype.Struct, Name: body[j+1].Text}}
		}
		found = append(found, read)
	}
	return found
}

// reads holds what a program takes out of its context against the parameters of the hook, behind which stands what the programs before
// returned.
func (r *Rules) reads(h *defs.Hook, p *Program, tell teller) {
	want := h.Type.Params
	n := len(want)
	if h.Return != "void" {
		n++
	}
	for _, read := range p.reads {
		switch {
		case read.index >= n:
			tell("hooks/bpf-param", report.Error, read.pos, fmt.Sprintf("hook %s has %d parameters (%s: %s), and %s reads ctx[%d], which is none of them", h.Name, len(want), placeOf(h), h.Prototype(), p.Name, read.index),
				"the first is ctx[0]")
		case read.as != nil && read.index < len(want) && !r.fits(want[read.index].Type, read.as):
			tell("hooks/bpf-param", report.Error, read.pos, fmt.Sprintf("ctx[%d] of hook %s is `%s` (%s: %s), %s takes it for `%s`", read.index, h.Name, want[read.index].Type.Declare(want[read.index].Name), placeOf(h), h.Prototype(), p.Name, read.as),
				fmt.Sprintf("cast it to `%s`", want[read.index].Type))
		}
	}
}

// size returns how many bytes a number has in a register of a program, 0 for what is none, is not known, or asks only whether it is 0.
func (r *Rules) size(t *ctype.Type) int {
	switch t = r.headers.Resolve(t); {
	case t.Class == ctype.Enum:
		return 4
	case t.Class != ctype.Basic:
		return 0
	}
	switch t.Name {
	case "char", "signed char", "unsigned char":
		return 1
	case "short", "unsigned short":
		return 2
	case "int", "unsigned int":
		return 4
	case "long", "unsigned long", "long long", "unsigned long long":
		return 8
	}
	return 0
}
