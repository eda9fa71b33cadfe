// SPDX-License-Identifier: GPL-2.0-only

// Package ident cleans names and addresses as git does before it writes them into a commit.
//
// Call [Clean] for what a mail says, [Committed] for what goes into an object. They differ in the full stop: git
// 2.48 and later keep that of "A. Person Jr.", as a mail's reader expects it; older ones cut it off, and the objects
// that are written here have the names that those give them, so that they are the same on every machine.
package ident

import "strings"

// crud is what git takes off both ends of a name, besides white space and control characters.
const crud = `,:;<>"\'`

// Clean returns a name or an address without what git since 2.48 strips. It may be in any encoding, and the result
// may be empty.
func Clean(s string) string { return clean(s, crud) }

// Committed is Clean as git before 2.48 has it: full stops at the ends go too.
func Committed(s string) string { return clean(s, "."+crud) }

func clean(s, ends string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' || strings.ContainsRune(ends, r) })
	return breaks.Replace(s)
}

// breaks removes what would end a name or an address in the line of a commit.
var breaks = strings.NewReplacer("\n", "", "<", "", ">", "")
