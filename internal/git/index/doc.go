// SPDX-License-Identifier: GPL-2.0-only

// Package index reads and edits git's index file, in versions 2, 3 and 4.
//
// To edit, call [Open], then [File.Edit] and [Edit.Write]. To write a new one, call [NewWriter].
//
// The index of Linux has 10 MB. A new one is made of long stretches of the old one and the few new entries;
// the cached trees in it stay right (file.go, edit.go, cachedtree.go). What remains is to copy and hash it. An
// index that has a form or an extension which could not be kept right is refused: git edits it.
package index
