// SPDX-License-Identifier: GPL-2.0-only

package defs

import (
	"fmt"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// BPFPath is where a tree says what BPF programs may do in which hook.
const BPFPath = "kernel/bpf/bpf_lsm.c"

// The sets of hooks in [BPFPath].
const (
	SleepableHooks = "sleepable_lsm_hooks"
	DisabledHooks  = "bpf_lsm_disabled_hooks"
	BoolHooks      = "bool_lsm_hooks"
)

// A SetEntry is one BTF_ID of a set.
type SetEntry struct {
	Hook string
	Pos  ctype.Pos
	// Cond is what the #if lines around it ask for.
	Cond string
}

// SetEntries returns the hooks of a BTF set of [BPFPath], and where the set begins; the place is zero
// where the tree has no such set.
func SetEntries(read func(name string) []byte, set string) (entries []SetEntry, at ctype.Pos) {
	unit := ctype.ParseTokens(BPFPath, read(BPFPath), &ctype.Options{Keep: func(name string) bool {
		return name == "BTF_ID" || name == "BTF_SET_START" || name == "BTF_SET_END"
	}})
	inside := false
	for i := 0; i+2 < len(unit.Tokens); i++ {
		t := &unit.Tokens[i]
		args := unit.Tokens[i+1:]
		switch {
		case t.Is("BTF_SET_START") && args[1].Is(set):
			inside, at = true, t.Pos
		case t.Is("BTF_SET_END"):
			inside = false
		case inside && t.Is("BTF_ID") && len(args) > 3 && args[1].Is("func"):
			const prefix = "bpf_lsm_"
			if name := args[3].Text; len(name) > len(prefix) && name[:len(prefix)] == prefix {
				entries = append(entries, SetEntry{name[len(prefix):], args[3].Pos, args[3].Cond})
			}
		}
	}
	return entries, at
}

// SetOf returns the hooks of a BTF set of [BPFPath] by name, and where it begins, as "file:line"; nil
// where the tree has no such set.
func SetOf(read func(name string) []byte, set string) (hooks map[string]bool, where string) {
	entries, at := SetEntries(read, set)
	if at.Line == 0 {
		return nil, ""
	}
	hooks = map[string]bool{}
	for _, e := range entries {
		hooks[e.Hook] = true
	}
	return hooks, fmt.Sprintf("%s:%d", at.File, at.Line)
}
