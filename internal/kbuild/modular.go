// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"io/fs"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/kbuildfile"
)

// Modular returns a function that tells whether a C source of tree may become part of a module, of any architecture: a list names it under
// a symbol that Kconfig lets be m. What was not understood may not. The function is not safe for concurrent use.
func Modular(ctx context.Context, tree fs.FS) func(file string) (bool, error) {
	var defined kconfigs
	readers := map[string]*kbuildfile.Reader{}
	return func(file string) (bool, error) {
		arch := "x86"
		if rest, ok := strings.CutPrefix(file, "arch/"); ok {
			arch, _, _ = strings.Cut(rest, "/")
		}
		if readers[arch] == nil {
			readers[arch] = kbuildfile.NewReader(tree, arch)
		}
		w := readers[arch].File(file)
		if !linked(w) {
			return false, nil
		}
		if defined == nil {
			var err error
			if defined, err = readKconfig(ctx, tree, ""); err != nil {
				return false, err
			}
		}
		return slices.ContainsFunc(w.When.Symbols(), func(symbol string) bool {
			return slices.ContainsFunc(defined[symbol], func(d definition) bool { return d.tristate })
		}), nil
	}
}
