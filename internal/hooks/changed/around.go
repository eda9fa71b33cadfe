// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
)

// gate checks that a place of a hook that exists only under a condition is not there without it.
func (l *looker) gate(h *defs.Hook, what, name string, pos ctype.Pos, cond string) {
	if h.Condition == "" || strings.ContainsAny(h.Condition, "|!") {
		return
	}
	for _, symbol := range h.Configs() {
		without := ctype.Facts{"CONFIG_" + symbol: "", "CONFIG_" + symbol + "_MODULE": ""}
		if without.Holds(cond) == ctype.False {
			continue
		}
		if what == "the declaration" || symbol == "SECURITY" && pos.File == defs.SecurityPath {
			continue // it may be wider: nothing calls what is not there; and kbuild asks for the other
		}
		l.Add("hooks/gate-differs", pos, fmt.Sprintf("hook %s exists only with CONFIG_%s (%s:%d), but %s, %s, stands without", h.Name, symbol, h.File, h.Line, what, name),
			fmt.Sprintf("put it between #ifdef CONFIG_%s and #endif", symbol))
	}
}

// caller checks that something calls the wrapper of a new hook, or takes its address: a file of the series, since no other
// knows of it.
func (l *looker) caller(h *defs.Hook, wrapper *ctype.Decl) {
	if names(HeaderPath, l.Src.ReadBefore(HeaderPath), wrapper.Name) {
		return // the wrapper is older than the hook
	}
	for _, file := range l.Src.Touched {
		if file != defs.SecurityPath && file != HeaderPath && !strings.HasPrefix(file, "Documentation/") && names(file, l.Src.Read(file), wrapper.Name) {
			return
		}
	}
	l.Add("hooks/no-caller", wrapper.Pos, fmt.Sprintf("nothing calls %s, so hook %s is never asked", wrapper.Name, h.Name),
		"call it where the kernel does what the hook is to decide, in this series")
}

// names reports whether the text of a file names a function where it is compiled, in a macro as well.
func names(file string, text []byte, name string) bool {
	if !bytes.Contains(text, []byte(name)) {
		return false
	}
	return path.Ext(file) == ".rs" || slices.ContainsFunc(ctype.ParseTokens(file, text, nil).Tokens, func(t ctype.Token) bool {
		isIt := t.Is(name) || t.Kind == ctype.Directive && strings.Contains(t.Text, name)
		return isIt && (ctype.Facts{}).Holds(t.Cond()) != ctype.False
	})
}

// user checks that an LSM of the series implements a new hook: those that the series does not touch do
// not know it.
func (l *looker) user(h *defs.Hook) {
	if len(l.Checked[h.Name]) > 0 {
		return
	}
	for i := range l.Links {
		if l.Links[i].Shim.Hook == h.Name {
			return
		}
	}
	l.Add("hooks/no-user", ctype.Pos{File: h.File, Line: h.Line}, fmt.Sprintf("no LSM of the tree or the series implements hook %s", h.Name),
		"bring an LSM of the tree that uses it in the same series; Documentation/security/lsm-development.rst asks for that")
}

// sets checks the sets of bpf_lsm.c: each of their hooks must exist, wherever the set names it.
func (l *looker) sets() {
	// What the file itself is built with.
	implied := l.Src.Implied("kernel/bpf", []string{"BPF_LSM"})
	for _, e := range defs.AllSetEntries(l.Src.Read) {
		if e.Hook == "" {
			l.Add("hooks/btf-set", e.Pos, fmt.Sprintf("%s names %s, which is the function of no hook", e.Set, e.Name), "write bpf_lsm_"+e.Name+", or remove the line")
			continue
		}
		hooks := l.ByName[e.Hook]
		if len(hooks) == 0 {
			l.Add("hooks/btf-set", e.Pos, fmt.Sprintf("%s names bpf_lsm_%s, but this tree has no hook %s", e.Set, e.Hook, e.Hook),
				"remove the line: the link of vmlinux warns of an unresolved symbol")
			continue
		}
		isGiven := func(symbol string) bool { return slices.Contains(implied, symbol) }
		if len(hooks) == 1 && !slices.ContainsFunc(hooks[0].Configs(), isGiven) {
			l.gate(hooks[0], "its entry in "+e.Set, "bpf_lsm_"+e.Hook, e.Pos, e.Cond)
		}
	}
}
