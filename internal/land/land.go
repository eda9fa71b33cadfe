// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// A Step is one commit of a series that lands, or, in a plain directory, one set of changes.
type Step struct {
	git.Draft
	// Changes are against the step before; see [tree.Overlay.Changes]. Order does not matter.
	Changes []tree.Change
	// Logged is when the reflog says that it landed; zero for the committer's time.
	Logged time.Time
	// Sign returns the signature of a commit without one; nil leaves it so.
	Sign func(commit []byte) ([]byte, error) `json:"-"`
}

// Options direct [Chain.Land]. The zero value lands on HEAD, in index and worktree.
type Options struct {
	// Branch is a local branch ("topic" or "refs/heads/topic") that gets the commits in place of
	// HEAD, without a look at index and worktree. It is made where it does not exist. Where it does,
	// it must point at the base or at From, or Force be set, and no worktree may have it checked out.
	Branch string
	From   odb.Hash
	Force  bool
	// DryRun checks all that could be in the way and writes nothing but objects that nobody
	// refers to. In a plain directory nothing is written at all.
	DryRun bool
}

// Landed is what [Chain.Land] did.
type Landed struct {
	Base odb.Hash
	Head odb.Hash
	// Ref is the full name of the ref that was moved: the branch, or "HEAD" where it is detached.
	Ref string
	// Commits are the new commits, one for each step; nil in a plain directory.
	Commits []odb.Hash
}
