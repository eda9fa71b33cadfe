// SPDX-License-Identifier: GPL-2.0-only

package apply

// Kinds of conflict. The attacks are those of a patch that no honest tool writes.
const (
	KindCorrupt      = "corrupt"       // the diff does not parse
	KindMail         = "mail"          // git am cannot read the mail
	KindEmpty        = "empty"         // the mail has no diff
	KindMissing      = "missing-file"  // a file to change is not there
	KindExists       = "file-exists"   // a file to create is there
	KindType         = "wrong-type"    // a symlink where a file is expected, and the like
	KindHunk         = "hunk"          // a hunk fits nowhere
	KindGone         = "file-gone"     // the same patch removed or renamed the file before
	KindLeftover     = "leftover"      // a deletion leaves content
	KindBinary       = "binary"        // a binary patch that does not fit, or without data
	KindBlocked      = "in-the-way"    // a file stands where a folder must be, or the reverse
	KindMerge        = "merge"         // both sides of a three-way merge changed the same lines
	KindPath         = "attack-path"   // a path that leaves the tree, or is git's own
	KindSymlink      = "attack-link"   // a write through a symlink
	KindBomb         = "attack-bomb"   // data that expands without bound, or work without end
	KindOverflow     = "attack-number" // line numbers that do not fit
	KindWhitespace   = "whitespace"    // white space that the options do not let pass
	KindSubmoduleRef = "submodule"     // a submodule link that names no commit
	KindMessage      = "message"       // the hook applypatch-msg refuses the commit message
)

// A Conflict says why a patch cannot be applied. Its JSON names are a contract.
type Conflict struct {
	// Patch is the index of the patch, from 1.
	Patch int `json:"patch"`
	// File is the path, after the patch; Hunk counts the hunks of that file from 1, and is 0
	// where the file as a whole is at fault.
	File string `json:"file"`
	Hunk int    `json:"hunk"`
	// Line is the line of the tree's file, from 1, where the first difference stands; 0 where
	// there is none to name.
	Line int `json:"line"`
	// Expected is what the patch wants to find, and Found what the tree has at the place that
	// comes nearest, in whole lines.
	Expected string `json:"expected"`
	Found    string `json:"found"`
	// Hint says what may be done: "already applied", "applies to revision …".
	Hint string `json:"hint"`
	// Needs are the indexes of patches before this one that do not fit either and change the same file: this one may
	// fit with them. Only Options.KeepGoing finds them.
	Needs []int `json:"needs,omitempty"`
	// Kind is one of the Kind constants.
	Kind string `json:"kind"`
	// Message is one sentence that names the cause.
	Message string `json:"message"`
	// Merged is the file with conflict markers, where a three-way merge was tried.
	Merged string `json:"merged,omitempty"`
	// ExpectedLine is the line, from 1, at which the patch says that Expected begins; FoundLine the
	// line of the tree's file at which Found begins.
	ExpectedLine int `json:"expected_line,omitempty"`
	FoundLine    int `json:"found_line,omitempty"`
}
