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
