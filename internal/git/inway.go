// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// ErrNoRevision is matched by the error of a revision that the repository does not know.
var ErrNoRevision = errors.New("no such revision")

// ErrShallow is matched by the error of a question about history that a shallow repository
// cannot answer.
var ErrShallow = errors.New("the history of this repository is shallow")

// ErrPlain is matched by the error of a question about history put to a plain directory.
var ErrPlain = errors.New("not a git repository")

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
	Want, Got odb.Hash
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
