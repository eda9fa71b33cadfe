// SPDX-License-Identifier: GPL-2.0-only

// Package stack keeps a stack of series on a kernel tree: which ones, at which version, in which order, and what
// became of each patch from one base to the next.
//
// For most uses, call [Open] with the stack's folder, then [Stack.Apply], [Stack.Status] or [Stack.Rebase]; [Init]
// makes a new one.
//
// A stack is a folder of text files that people review, as they review code:
//
//	stack.toml     the manifest: the tree, and the entries in their order. People write it, the verbs edit it
//	stack.lock     what the manifest came to: base commit, version of each entry, its patches and commits
//	mails/         each entry's patches as a mailbox that git am takes, named by its hash
//	resolved/      patches that were adapted to a newer tree, named by the patch ID of what they stand for
//
// # What always holds
//
// The lock is written last, in one rename: what it does not name counts for nothing. A run that is killed leaves
// the stack as it was, or files that the next run takes away. A stack that cannot be completed changes nothing.
//
// The commits are a function of the two files: committer and dates are the lock's and the patches', so every machine makes
// the same ones, bit for bit, and what was resolved is applied as it was resolved. They are those of git am with
// --committer-date-is-author-date, entry by entry.
package stack
