// SPDX-License-Identifier: GPL-2.0-only

package apply

import "fmt"

// Modes of tree entries, as git writes them.
const (
	modeType    = 0o170000
	modeRegular = 0o100000
	modeFile    = 0o100644
	modeExec    = 0o100755
	modeLink    = 0o120000
	modeGitlink = 0o160000
	modeDir     = 0o040000
)

// canonMode returns the mode that git stores for mode: permissions are 644 or 755, and what is
// no file, no symlink and no directory is a gitlink.
func canonMode(mode uint32) uint32 {
	switch mode & modeType {
	case modeRegular:
		if mode&0o100 != 0 {
			return modeExec
		}
		return modeFile
	case modeLink:
		return modeLink
	case modeDir:
		return modeDir
	}
	return modeGitlink
}

// A tristate is known or not.
type tristate int

const (
	no tristate = iota
	yes
	maybe
)

// A change is what a diff does to one file, in the terms of git apply.
type change struct {
	// oldName is "" for a creation, newName for a deletion.
	oldName, newName string
	// A diff without git's header may create the file as well as change it: maybe new, it creates
	// it where there is no such file.
	isNew, isDelete  tristate
	isRename, isCopy bool
	// Modes are 0 where the diff names none.
	oldMode, newMode uint32
	// Object names as the index line has them, abbreviated or whole.
	oldOID, newOID string
	hunks          []*hunk
	binary         bool
	// forward and backward are the data of a binary patch, or nil.
	forward, backward *binaryHunk

	// result is what applying left.
	result []byte
}

// name returns the name for messages: the new one, or the old one of a deletion.
func (c *change) name() string {
	if c.newName != "" {
		return c.newName
	}
	return c.oldName
}

// label names c for people, with the file's name in the tree where that is another.
func (c *change) label() string {
	if c.oldName != "" && c.newName != "" && c.oldName != c.newName {
		return fmt.Sprintf("%s (in the tree %s)", c.newName, c.oldName)
	}
	return c.name()
}

// reverse returns c turned round: what takes c out of a tree.
func (c *change) reverse() *change {
	r := *c
	r.oldName, r.newName = c.newName, c.oldName
	r.isNew, r.isDelete = c.isDelete, c.isNew
	if c.newMode != 0 || c.isDelete != no {
		r.oldMode, r.newMode = c.newMode, c.oldMode
	}
	r.oldOID, r.newOID = c.newOID, c.oldOID
	r.forward, r.backward = c.backward, c.forward
	r.hunks = nil
	for _, h := range c.hunks {
		r.hunks = append(r.hunks, h.reverse())
	}
	return &r
}
