// SPDX-License-Identifier: GPL-2.0-only

// Package git is a git repository: its configuration, refs and their locks, revisions and history, who
// commits and signs, its hooks, and running git itself.
//
// For most uses, call [Find] or [At], then [Repo.Resolve] and [Repo.ReadCommit]; objects come from
// Repo.Store. A nil [*Repo] is a plain directory: questions about its history give [ErrPlain].
//
// All is done natively where it is sure to give what git would: a ref in a reftable, attributes that convert
// files, and whatever else is out of the ordinary, go through the git binary, which also has the last word on
// what is wrong. [ErrForeign] marks the places.
//
// Lock files of refs are second names of files in the repository's lsmpatch folder, which are locked with
// flock(2) while their process lives; so ours are known from others', and those of the dead from those of the
// living (reflock.go).
package git
