// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// Cfg reads a condition of Rust, "cfg(all(CONFIG_A, not(CONFIG_B = \"y\")))" or what stands in its
// parentheses. What is no CONFIG symbol is unknown.
func Cfg(text string) *logic.Cond {
	return cfg(strings.TrimSpace(text), 0)
}

func cfg(text string, depth int) *logic.Cond {
	if depth > maxDepth {
		return logic.Unread("cfg")
	}
	name, args, call := strings.Cut(text, "(")
	if call {
		args = strings.TrimSuffix(strings.TrimSpace(args), ")")
		var conds []*logic.Cond
		for _, a := range arguments(args, 1000) {
			if a = strings.TrimSpace(a); a != "" {
				conds = append(conds, cfg(a, depth+1))
			}
		}
		switch strings.TrimSpace(name) {
		case "all", "cfg":
			return logic.And(conds...)
		case "any":
			return logic.Or(conds...)
		case "not":
			return logic.Not(logic.And(conds...))
		}
		return logic.Unread(text)
	}
	name, value, equal := strings.Cut(text, "=")
	if set, known := builtinCfg(strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"`)); known {
		return set
	}
	symbol, ok := strings.CutPrefix(strings.TrimSpace(name), "CONFIG_")
	if !ok || !isName(symbol) {
		return logic.Unread("cfg(" + text + ")")
	}
	if !equal {
		return logic.Is(symbol, "")
	}
	switch value = strings.TrimSpace(value); value {
	case `"y"`, `"m"`:
		return logic.Is(symbol, value[1:2])
	}
	return logic.Is(symbol, value)
}

// builtinCfg returns the condition of what rustc, and not the configuration, sets. kbuild compiles no tests of
// this machine and no documentation.
func builtinCfg(name, value string) (*logic.Cond, bool) {
	switch name {
	case "test", "testlib", "doctest", "doc", "miri", "loom":
		return logic.Never, true
	case "target_pointer_width":
		if value == "64" {
			return logic.Is("64BIT", "y"), true
		}
		return logic.Not(logic.Is("64BIT", "y")), true
	case "target_arch":
		if symbol := map[string]string{"x86_64": "X86_64", "x86": "X86_32", "aarch64": "ARM64", "arm": "ARM", "riscv64": "RISCV"}[value]; symbol != "" {
			return logic.Is(symbol, "y"), true
		}
	}
	return nil, false
}
