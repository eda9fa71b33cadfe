// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"io/fs"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// importedWithin is how many commits may lie on top of an archive that was imported for it to be found.
const importedWithin = 256

// reOldest is what the Makefile of the first commit of Linux says: all that came before is in none of its histories.
var reOldest = lazyregexp.New(`(?m)^VERSION = [012]$`)

// IsCutOff reports whether the history of rev, a commit of a git repository, ends early: in a shallow repository, and where rev is
// the import of an archive, or stands on one, before which there is nothing. What is not there may then exist all the same.
func (t *Tree) IsCutOff(rev string) bool {
	if t.IsShallow() {
		return true
	}
	at := rev
	for range importedWithin {
		commit, err := t.Commit(at)
		if err != nil {
			return false
		}
		if len(commit.Parents) > 0 {
			at = string(commit.Parents[0])
			continue
		}
		return at == rev || t.isImport(at)
	}
	return false
}

// isImport reports whether root, a commit without parents, has a Linux that is not the first.
func (t *Tree) isImport(root string) bool {
	snapshot, err := t.Snapshot(root)
	if err != nil {
		return false
	}
	makefile, err := fs.ReadFile(snapshot, "Makefile")
	return err == nil && bytes.Contains(makefile, []byte("\nPATCHLEVEL = ")) && !reOldest.Match(makefile)
}
