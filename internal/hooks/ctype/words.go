// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"slices"
	"strings"
)

func isStorage(w string) bool {
	switch w {
	case "typedef", "static", "extern", "inline", "__inline", "__inline__", "register", "auto",
		"_Noreturn", "_Thread_local", "__thread", "constexpr", "__extension__":
		return true
	}
	return false
}

func qualOf(w string) Qual {
	switch w {
	case "const", "__const", "__const__":
		return Const
	case "volatile", "__volatile", "__volatile__":
		return Volatile
	case "restrict", "__restrict", "__restrict__":
		return Restrict
	case "_Atomic":
		return Atomic
	}
	return 0
}

func isBasicWord(w string) bool {
	switch w {
	case "void", "char", "short", "int", "long", "float", "double", "signed", "unsigned",
		"__signed", "__signed__", "_Bool", "_Complex", "__int128", "__int128_t", "__uint128_t":
		return true
	}
	return false
}

// isTypeWord reports whether w begins or continues a type by itself.
func isTypeWord(w string) bool {
	return isBasicWord(w) || qualOf(w) != 0 || isStorage(w) || w == "struct" || w == "union" || w == "enum" ||
		strings.Trim(w, "_") == "typeof"
}

// basicName returns the canonical spelling of a basic type, given its words in any order and
// without underscores around them, or "" where they make no type.
func basicName(words []string) string {
	slices.Sort(words)
	switch strings.Join(words, " ") {
	case "void", "float", "double", "char":
		return words[0]
	case "Bool":
		return "_Bool"
	case "char signed":
		return "signed char"
	case "char unsigned":
		return "unsigned char"
	case "short", "int short", "short signed", "int short signed":
		return "short"
	case "short unsigned", "int short unsigned":
		return "unsigned short"
	case "int", "signed", "int signed":
		return "int"
	case "unsigned", "int unsigned":
		return "unsigned int"
	case "long", "int long", "long signed", "int long signed":
		return "long"
	case "long unsigned", "int long unsigned":
		return "unsigned long"
	case "long long", "int long long", "long long signed", "int long long signed":
		return "long long"
	case "long long unsigned", "int long long unsigned":
		return "unsigned long long"
	case "int128", "int128 signed", "int128_t":
		return "__int128"
	case "int128 unsigned", "uint128_t":
		return "unsigned __int128"
	case "double long":
		return "long double"
	case "Complex double", "Complex float", "Complex double long":
		return "_" + strings.Join(words, " ")
	}
	return ""
}

// isSpace reports whether attr is one of the kernel's address space annotations.
func isSpace(attr string) bool {
	switch attr {
	case "__user", "__iomem", "__percpu", "__rcu", "__kernel", "__bpf_map":
		return true
	}
	return false
}

// isKnownAttr reports whether w is an attribute in any place. Words that are not here are
// told from types and names by what stands around them.
func isKnownAttr(w string) bool {
	switch w {
	case "__attribute__", "__attribute", "__declspec", "asm", "__asm__", "__asm", "_Alignas", "__alignas",
		"noinline", "notrace", "noinstr", "asmlinkage", "noinline_for_stack", "noinline_for_tracing",
		"__init", "__exit", "__ref", "__initdata", "__initconst", "__exitdata", "__refdata", "__head",
		"__ro_after_init", "__read_mostly", "__used", "__unused", "__maybe_unused", "__always_unused",
		"__weak", "__always_inline", "__must_check", "__pure", "__cold", "__hot", "__malloc", "__packed",
		"__aligned", "__section", "__printf", "__scanf", "__noreturn", "__visible", "__latent_entropy",
		"__randomize_layout", "__no_randomize_layout", "__designated_init", "__force", "__nocast",
		"__private", "__safe", "__acquires", "__releases", "__must_hold", "__bpf_kfunc", "__rust_helper",
		"__deprecated", "__counted_by", "__counted_by_le", "__counted_by_be", "__counted_by_ptr", "__nocfi",
		"__noscs", "__flatten", "__signed_wrap", "__sched", "__lockfunc", "__net_init", "__net_exit":
		return true
	}
	return isSpace(w)
}
