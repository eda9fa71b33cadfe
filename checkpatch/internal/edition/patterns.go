// SPDX-License-Identifier: GPL-2.0-only

package edition

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// perlMatch is a match in Perl whose pattern stands there in full.
var perlMatch = lazyregexp.New(`[=!]~\s*(?:m?/((?:[^/\\\n]|\\.)+)/|m@((?:[^@\\\n]|\\.)+)@|m?\{((?:[^{}\\\n]|\\.)+)\})`)

// Patterns returns what the pieces of a script that report one of types match lines with, in Perl's own form, by type: what
// an input for these rules looks like.
func Patterns(script []byte, types []string) map[string][]string {
	found := map[string][]string{}
	for _, u := range cut(string(script)).units {
		for _, typ := range u.types {
			if !slices.Contains(types, typ) {
				continue
			}
			for _, m := range perlMatch.FindAllStringSubmatch(u.text, -1) {
				if pattern := strings.Join(m[1:], ""); !slices.Contains(found[typ], pattern) {
					found[typ] = append(found[typ], pattern)
				}
			}
		}
	}
	return found
}
