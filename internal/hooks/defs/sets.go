// SPDX-License-Identifier: GPL-2.0-only

package defs

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// BPFPath is where a tree says what BPF programs may do in which hook.
const BPFPath = "kernel/bpf/bpf_lsm.c"

// The sets of hooks in [BPFPath].
const (
	SleepableHooks = "sleepable_lsm_hooks"
	DisabledHooks  = "bpf_lsm_disabled_hooks"
	BoolHooks      = "bool_lsm_hooks"
	UntrustedHooks = "untrusted_lsm_hooks"
)

// A SetEntry is one BTF_ID of a set.
type SetEntry struct {
	// Hook is "" where the entry, Name, is not called as the functions of hooks are: bpf_lsm_HOOK.
	Set, Hook, Name string
	// Pos is the place of the hook, At that of the set.
	Pos, At ctype.Pos
	// Cond is what the #if lines around it ask for.
	Cond string
}

// AllSetEntries returns the hooks of all BTF sets of [BPFPath]. An empty set has none.
func AllSetEntries(read func(name string) []byte) []SetEntry {
	unit := ctype.ParseTokens(BPFPath, read(BPFPath), &ctype.Options{Keep: func(name string) bool {
		return name == "BTF_ID" || name == "BTF_SET_START" || name == "BTF_SET_END"
	}})
	const prefix = "bpf_lsm_"
	var entries []SetEntry
	set, at := "", ctype.Pos{}
	for i := 0; i+4 < len(unit.Tokens); i++ {
		t := &unit.Tokens[i]
		switch {
		case t.Is("BTF_SET_START"):
			set, at = unit.Tokens[i+2].Text, t.Pos()
		case t.Is("BTF_SET_END"):
			set = ""
		case set != "" && t.Is("BTF_ID") && unit.Tokens[i+2].Is("func"):
			hook, is := strings.CutPrefix(unit.Tokens[i+4].Text, prefix)
			if !is {
				hook = ""
			}
			entries = append(entries, SetEntry{set, hook, unit.Tokens[i+4].Text, unit.Tokens[i+4].Pos(), at, unit.Tokens[i+4].Cond()})
		}
	}
	return entries
}

// SetOf returns the hooks of a BTF set of [BPFPath] by name, and where it begins, as "file:line"; nil
// where the tree has no such set, or an empty one.
func SetOf(read func(name string) []byte, set string) (hooks map[string]bool, where string) {
	return SetIn(AllSetEntries(read), set)
}

// SetIn is [SetOf] where the entries of all sets are at hand.
func SetIn(entries []SetEntry, set string) (hooks map[string]bool, where string) {
	for _, e := range entries {
		if e.Set != set || e.Hook == "" {
			continue
		}
		if hooks == nil {
			hooks, where = map[string]bool{}, e.At.String()
		}
		hooks[e.Hook] = true
	}
	return hooks, where
}
