// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
)

// maxSymbols bounds the symbols of which all combinations are tried: conditions with more are not held against each other.
const maxSymbols = 6

// visible holds the conditions of the places of a hook against each other, in each configuration that their symbols can make: in
// a kernel without LSMs there has to be a stub, in one with them a wrapper that is declared, and never both.
func (l *looker) visible(h *defs.Hook, fn *ctype.Decl) {
	if !strings.HasPrefix(fn.Name, "security_") || fn.Storage == "static" {
		return
	}
	var declared, stubs []*ctype.Decl
	conds := h.Condition + " " + fn.Cond
	for _, d := range l.header[fn.Name] {
		if conds += " " + d.Cond; d.Defined {
			stubs = append(stubs, d)
		} else {
			declared = append(declared, d)
		}
	}
	if len(declared) == 0 || len(stubs) == 0 {
		return // what is missing is told of already, or stands in another header
	}
	symbols := slices.DeleteFunc(ctype.ConfigsIn(conds), func(s string) bool { return s == "SECURITY" })
	if len(symbols) > maxSymbols {
		return
	}
	for bits := range 1 << len(symbols) {
		if l.inConfig(h, fn, declared, stubs, symbols, bits) {
			return // one configuration says it
		}
	}
}

// inConfig looks at the places in one configuration, with and without LSMs, and reports whether it told of anything.
func (l *looker) inConfig(h *defs.Hook, fn *ctype.Decl, declared, stubs []*ctype.Decl, symbols []string, bits int) bool {
	with, without := ctype.Facts{"CONFIG_SECURITY": "1"}, ctype.Facts{"CONFIG_SECURITY": ""}
	set := "CONFIG_SECURITY"
	for i, s := range symbols {
		with["CONFIG_"+s+"_MODULE"], without["CONFIG_"+s+"_MODULE"] = "", ""
		if with["CONFIG_"+s], without["CONFIG_"+s] = "", ""; bits>>i&1 == 0 {
			continue
		}
		with["CONFIG_"+s] = "1"
		set += " and CONFIG_" + s
		if !strings.HasPrefix(s, "SECURITY_") { // those depend on it
			without["CONFIG_"+s] = "1"
		}
	}
	holds := func(f ctype.Facts, decls ...*ctype.Decl) ctype.Truth {
		best := ctype.False
		for _, d := range decls {
			best = max(best, f.Holds(d.Cond))
		}
		return best
	}
	switch {
	case holds(without, stubs...) == ctype.False && with.Holds(h.Condition) == ctype.True:
		l.Add("hooks/no-stub", stubs[0].Pos, fmt.Sprintf("the stub of %s stands under a condition that a kernel without LSMs does not meet: %s", fn.Name, stubs[0].Cond),
			"put it under #else of CONFIG_SECURITY")
	case holds(with, declared...) == ctype.True && holds(with, stubs...) == ctype.True:
		l.Add("hooks/gate-differs", stubs[0].Pos, fmt.Sprintf("with %s alone %s is declared (line %d) and has a stub as well", set, fn.Name, declared[0].Pos.Line),
			"put one of them under the opposite condition of the other")
	case holds(with, fn) == ctype.True && holds(with, declared...) == ctype.False:
		l.Add("hooks/gate-differs", declared[0].Pos, fmt.Sprintf("with %s alone %s is built (%s), but not declared", set, fn.Name, fn.Pos),
			"put both under one condition")
	case with.Holds(h.Condition) == ctype.True && holds(with, fn) == ctype.False && holds(with, declared...) == ctype.True:
		l.Add("hooks/gate-differs", fn.Pos, fmt.Sprintf("with %s alone there is hook %s (%s:%d), and %s is declared, but not built", set, h.Name, h.File, h.Line, fn.Name),
			"put all of them under one condition")
	case with.Holds(h.Condition) == ctype.False && holds(with, declared...) == ctype.False && holds(with, stubs...) == ctype.False && holds(without, stubs...) == ctype.True:
		l.Add("hooks/no-stub", stubs[0].Pos, fmt.Sprintf("with %s alone there is no hook %s (%s:%d), and %s is neither declared nor has it a stub, as it has in a kernel without LSMs", set, h.Name, h.File, h.Line, fn.Name),
			"put the stub under the opposite condition of the declaration")
	default:
		return false
	}
	return true
}
