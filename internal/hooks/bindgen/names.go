// SPDX-License-Identifier: GPL-2.0-only

package bindgen

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// BindingName returns the name behind bindings:: that r stands for, with the file's imports, or "".
func BindingName(f *rustsyn.File, r *rustsyn.Type) string {
	if r.Class != rustsyn.Path || len(r.Args) > 0 {
		return ""
	}
	segs := FullPath(f, r.Segs)
	name := segs[len(segs)-1]
	isBindings := func(path []string) bool { return len(path) > 0 && path[len(path)-1] == "bindings" }
	// What "use bindings::*" brings is named as in C; generic parameters and the types of Rust are not.
	isGlob := len(segs) == 1 && slices.ContainsFunc(f.Globs, isBindings) && strings.ToLower(name[:1]) == name[:1] && !IsPrimitive(name) && !strings.HasPrefix(name, "c_")
	if isBindings(segs[:len(segs)-1]) || isGlob {
		return inC(name)
	}
	return ""
}

// inC returns the name in C of what bindgen has made one of Rust: names that Rust has itself get a "_" behind.
func inC(name string) string {
	if short, is := strings.CutSuffix(name, "_"); is && IsPrimitive(short) {
		return short
	}
	return name
}

// AliasOf returns what the file defines the name r as, or nil.
func AliasOf(f *rustsyn.File, r *rustsyn.Type) *rustsyn.Type {
	if r.Class != rustsyn.Path || len(r.Args) > 0 {
		return nil
	}
	if segs := hereOf(r.Segs); len(segs) == 1 {
		return f.Aliases[segs[0]]
	}
	return nil
}

// hereOf returns a path without the names that lead to another module of the file.
func hereOf(segs []string) []string {
	for len(segs) > 1 && (segs[0] == "super" || segs[0] == "self") {
		segs = segs[1:]
	}
	return segs
}

// FullPath replaces the first name of a path by what the file imports under it.
func FullPath(f *rustsyn.File, segs []string) []string {
	segs = hereOf(segs)
	if full, ok := f.Uses[segs[0]]; ok && len(full) > 0 {
		return slices.Concat(full, segs[1:])
	}
	return segs
}
