// SPDX-License-Identifier: GPL-2.0-only

// Package land makes a series of changes the commits of a branch, with index and worktree, or the files of a
// plain directory: all or nothing.
//
// Call [Open], then [NewChain], [Chain.Add] and [Chain.Land]. [Recover] ends what a killed process left.
// [Merge] and [ApplyWithGit] have git try a patch in a repository of its own.
//
// # Speed
//
// Folders that a series touches are made in memory from step to step (edittree.go). While a patch is
// worked out, the commit of the one before is made, and its objects are compressed (chain.go). The disk is
// waited for side by side, not in turn, and git is not started at all (native.go), unless something is out of
// the ordinary: a split or sparse index, an untracked cache, attributes that convert files, a file that looks
// changed (landing.go).
//
// # Safety
//
// A landing first writes what nobody sees: objects, staged files, lock files of git's own kind with
// their content. Then files are renamed to their places, then the index, and the ref last: it is
// the point at which the series has landed. A note in the repository's lsmpatch folder tells what
// was going on. It is locked with flock(2) while its process lives, so the next [Open] sees whether
// somebody was killed, and brings index and worktree to where the ref is (landing.go, recover.go).
// The command has a watcher do so at once (cmd/lsmpatch/guard.go), so that git is not kept out by the
// index.lock of the dead. Git processes that a landing starts inherit the lock on the note: nobody brings
// anything back while they are at work. In a plain directory, which has no ref, the old files are kept until
// the note is removed, and come back if it never was (plain.go).
package land
