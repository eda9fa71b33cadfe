// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/object"
)

// A Step is one commit of a series that lands, or, in a plain directory, one set of changes.
type Step struct {
	// Author and Committer are written as git writes them: names and addresses lose surrounding
	// blanks and punctuation, and '<', '>' and line ends within; the time has seconds and the
	// offset of its location.
	Author, Committer object.Signature
	// Message is the commit message, with its final newline. Without Encoding, bytes that are not UTF-8 are
	// taken for Latin-1, in names as well; else all is written byte for byte.
	Message string
	// Encoding is the value of the commit's encoding header; "" writes none (UTF-8).
	Encoding string
	// Changes are against the step before; see [Overlay.Changes]. Order does not matter.
	Changes []Change
	// Sign returns the signature of a commit without one; nil leaves it so.
	Sign func(commit []byte) ([]byte, error) `json:"-"`
}

// LandOptions direct [Chain.Land]. The zero value lands on HEAD, in index and worktree.
type LandOptions struct {
	// Branch is a local branch ("topic" or "refs/heads/topic") that gets the commits in place of
	// HEAD, without a look at index and worktree. It is made where it does not exist. Where it does,
	// it must point at the base, or Force be set, and no worktree may have it checked out.
	Branch string
	Force  bool
	// Reflog is what the reflog says of the ref update; "" takes "lsmpatch: " and the last subject.
	Reflog string
	// DryRun checks all that could be in the way and writes nothing but objects that nobody
	// refers to. In a plain directory nothing is written at all.
	DryRun bool
}

// Landed is what [Chain.Land] did.
type Landed struct {
	Base Hash
	Head Hash
	// Ref is the full name of the ref that was moved: the branch, or "HEAD" where it is detached.
	Ref string
	// Commits are the new commits, one for each step; nil in a plain directory.
	Commits []Hash
}

// A DirtyError says which local changes are in the way of landing: changes staged in the index
// (Index), or touched paths that differ from the index or are untracked.
type DirtyError struct {
	Paths []string
	Index bool
}

// Error lists up to five of the paths.
func (e *DirtyError) Error() string {
	what := "local changes would be overwritten"
	if e.Index {
		what = "the index has staged changes"
	}
	list := e.Paths[:min(len(e.Paths), 5)]
	msg := what + ": " + strings.Join(list, ", ")
	if more := len(e.Paths) - len(list); more > 0 {
		msg += fmt.Sprintf(" and %d more", more)
	}
	return msg
}

// A LockedError says that another process is writing: File is its lock file.
type LockedError struct{ File string }

// Error names the lock file.
func (e *LockedError) Error() string {
	return "another process is writing to this repository: " + e.File + " exists"
}

// A MovedError says that a ref, or the plain directory, is no longer what the series was made for.
type MovedError struct {
	Ref       string
	Want, Got Hash
}

// Error names the ref and both values.
func (e *MovedError) Error() string {
	if e.Got.IsZero() {
		return fmt.Sprintf("%s does not exist any more", e.Ref)
	}
	if e.Want.IsZero() {
		return fmt.Sprintf("%s exists already, at %s", e.Ref, e.Got.Short())
	}
	return fmt.Sprintf("%s is at %s, not at %s", e.Ref, e.Got.Short(), e.Want.Short())
}
