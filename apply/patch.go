// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// A patchRun applies the changes of one patch, as one run of git apply --index does: each change is
// checked against the files as they were before the patch, or as an earlier change of the same
// patch left them, and nothing is written until all are.
type patchRun struct {
	placer *placer
	// files is the tree before the patch.
	files fs.FS
	// digits is the length of an object name: 40, or 64.
	digits int
	hash   func([]byte) odb.Hash
	blobs  blobs // may be nil

	// done has the change that last wrote a path; leaving the paths that a change to come takes
	// away, gone those that one has taken away.
	done          map[string]*change
	leaving, gone map[string]bool
	// Symlinks that the patch takes away and makes.
	unlinked, linked map[string]bool

	results   []FileResult
	conflicts []Conflict
}

// blobs finds objects by name, which may be abbreviated.
type blobs interface {
	// Blob returns the content of the only blob whose name begins with prefix, or an error.
	Blob(prefix string) ([]byte, error)
}

// all checks and applies the changes in memory. The error is one of reading the tree.
func (r *patchRun) all(changes []*change) error {
	r.done, r.leaving, r.gone = map[string]*change{}, map[string]bool{}, map[string]bool{}
	r.unlinked, r.linked = map[string]bool{}, map[string]bool{}
	for _, c := range changes {
		if c.oldName != "" && c.oldMode == modeLink && (c.isRename || c.isDelete == yes) {
			r.unlinked[c.oldName] = true
		}
		if c.newName != "" && c.newMode == modeLink {
			r.linked[c.newName] = true
		}
		if c.newName == "" || c.isRename {
			r.leaving[c.oldName] = true
		}
	}
	for _, c := range changes {
		bad, err := r.one(c)
		if err != nil {
			return err
		}
		r.conflicts = append(r.conflicts, bad...)
	}
	r.tellParts(changes)
	return nil
}

// one checks and applies c. It returns what is wrong with it.
func (r *patchRun) one(c *change) ([]Conflict, error) {
	for _, check := range []func(*change) (*Conflict, error){
		r.checkPaths, r.checkOld, r.checkNew, r.checkTypes, r.checkSymlinks,
	} {
		bad, err := check(c)
		if err != nil {
			return nil, err
		}
		if bad != nil {
			return []Conflict{*bad}, nil
		}
	}
	return r.content(c)
}

// conflict returns a Conflict of c as a whole.
func conflict(c *change, kind, format string, args ...any) *Conflict {
	return &Conflict{File: c.name(), Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// previous returns the change that wrote c's old file before c, or nil.
func (r *patchRun) previous(c *change) (before *change, gone bool) {
	if c.isCopy || c.isRename {
		return nil, false // these mean the file as it was, whatever their order
	}
	if r.gone[c.oldName] {
		return nil, true
	}
	return r.done[c.oldName], false
}

// checkOld looks for the file to change, and fills in the modes that the diff does not tell.
func (r *patchRun) checkOld(c *change) (*Conflict, error) {
	if c.oldName == "" {
		return nil, nil
	}
	before, gone := r.previous(c)
	if gone {
		return conflict(c, KindGone, "%s was renamed or deleted by the same patch", c.oldName), nil
	}
	var mode uint32
	if before != nil {
		mode = before.newMode
	} else {
		found, err := r.lookup(c.oldName)
		switch {
		case err != nil:
			return nil, err
		case found == filemode.Empty && c.isNew == maybe:
			c.isNew, c.isDelete, c.oldName = yes, no, ""
			return nil, nil
		case found == filemode.Empty:
			bad := conflict(c, KindMissing, "%s does not exist", c.oldName)
			if c.isDelete == yes {
				bad.Hint = hintApplied
			}
			return bad, r.explainRenamed(c, bad)
		}
		mode = uint32(found)
	}
	c.isNew = no
	if c.oldMode == 0 {
		c.oldMode = mode
	}
	if mode&modeType != c.oldMode&modeType {
		return conflict(c, KindType, "%s is a %s, and the patch expects a %s",
			c.oldName, modeName(mode), modeName(c.oldMode)), nil
	}
	if c.newMode == 0 && c.isDelete == no {
		c.newMode = mode
	}
	return nil, nil
}

// lookup returns the mode of the entry at name, zero where there is no file.
func (r *patchRun) lookup(name string) (filemode.FileMode, error) {
	beyond, err := r.beyondSymlink(name)
	if err != nil || beyond {
		return filemode.Empty, err
	}
	mode, err := modeAt(r.files, name)
	if mode == filemode.Dir {
		return filemode.Empty, nil
	}
	return mode, err
}

// modeAt returns the mode of the entry at name, zero where there is none.
func modeAt(files fs.FS, name string) (filemode.FileMode, error) {
	mode, err := tree.Mode(files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return filemode.Empty, nil
	}
	return mode, err
}

// beyondSymlink reports whether a folder of name is a symlink in the tree before the patch.
func (r *patchRun) beyondSymlink(name string) (bool, error) {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		mode, err := modeAt(r.files, dir)
		if err != nil || mode != filemode.Empty {
			return mode == filemode.Symlink, err
		}
	}
	return false, nil
}

func modeName(mode uint32) string {
	switch mode & modeType {
	case modeRegular:
		return "file"
	case modeLink:
		return "symlink"
	case modeGitlink:
		return "submodule link"
	}
	return "folder"
}

// checkNew makes sure that what the patch creates is not there.
func (r *patchRun) checkNew(c *change) (*Conflict, error) {
	if c.newName == "" || c.isNew != yes && !c.isRename && !c.isCopy {
		return nil, nil
	}
	if !r.leaving[c.newName] && !r.gone[c.newName] {
		mode, err := r.lookup(c.newName)
		if err != nil {
			return nil, err
		}
		if mode != filemode.Empty {
			return r.explainExisting(c)
		}
	}
	if c.newMode == 0 {
		c.newMode = modeFile
		if c.isNew != yes {
			c.newMode = c.oldMode
		}
	}
	return nil, nil
}

// checkTypes refuses to turn a file into a symlink and the like, which takes a deletion and a
// creation.
func (r *patchRun) checkTypes(c *change) (*Conflict, error) {
	if c.oldName == "" || c.newName == "" {
		return nil, nil
	}
	if c.newMode == 0 {
		c.newMode = c.oldMode
	}
	if c.oldMode&modeType != c.newMode&modeType {
		return conflict(c, KindType, "the new mode %o of %s does not match the old mode %o of %s",
			c.newMode, c.newName, c.oldMode, c.oldName), nil
	}
	return nil, nil
}

// checkSymlinks makes sure that c does not write through a symlink, be it in the tree or made by
// the same patch.
func (r *patchRun) checkSymlinks(c *change) (*Conflict, error) {
	if c.isDelete != no {
		return nil, nil
	}
	for dir := path.Dir(c.newName); dir != "."; dir = path.Dir(dir) {
		link := r.linked[dir]
		if !link && !r.unlinked[dir] {
			mode, err := modeAt(r.files, dir)
			if err != nil {
				return nil, err
			}
			link = mode == filemode.Symlink
		}
		if link {
			return conflict(c, KindSymlink, "%s would be written through the symlink %s", c.newName, dir), nil
		}
	}
	return nil, nil
}

// content makes c's result out of the file before it.
func (r *patchRun) content(c *change) ([]Conflict, error) {
	before, bad, err := r.preimage(c)
	if err != nil || bad != nil {
		return bad, err
	}
	var hunks []HunkResult
	switch {
	case c.binary:
		c.result, bad = r.applyBinary(c, before)
	default:
		c.result, hunks, bad = r.applyHunks(c, before)
	}
	if len(bad) > 0 {
		return bad, nil
	}
	if c.isDelete == yes && len(c.result) > 0 {
		left := conflict(c, KindLeftover, "%s is to be deleted, but holds more than the patch knows", c.oldName)
		left.Line, left.FoundLine, left.Found = 1, 1, firstLines(c.result)
		return []Conflict{*left}, nil
	}
	r.record(c)
	r.results = append(r.results, FileResult{Path: c.name(), Hunks: hunks})
	return nil, nil
}

// firstLines returns the first lines of data, enough to recognise them by.
func firstLines(data []byte) string {
	const few = 7
	lines := strings.SplitAfterN(string(data), "\n", few+1)
	return strings.Join(lines[:min(few, len(lines))], "")
}

func (r *patchRun) record(c *change) {
	if c.newName != "" {
		r.done[c.newName] = c
		delete(r.gone, c.newName)
		delete(r.leaving, c.newName)
	}
	if c.newName == "" || c.isRename {
		r.gone[c.oldName] = true
		delete(r.done, c.oldName)
		delete(r.leaving, c.oldName)
	}
}

// preimage returns the content that c changes.
func (r *patchRun) preimage(c *change) ([]byte, []Conflict, error) {
	if c.oldName == "" {
		return nil, nil, nil
	}
	if before, _ := r.previous(c); before != nil {
		return before.result, nil, nil
	}
	data, err := tree.ReadEntry(r.files, c.oldName)
	return data, nil, err
}

// maxConflicts is how many hunks of a file are explained.
const maxConflicts = 20

// applyHunks puts all hunks of c into before. It goes on after a hunk that does not fit, so that
// all of them are reported.
func (r *patchRun) applyHunks(c *change, before []byte) ([]byte, []HunkResult, []Conflict) {
	if len(c.hunks) == 0 {
		return before, nil, nil
	}
	var hunks []HunkResult
	if after, places, ok := r.placer.straight(before, c.hunks); ok {
		for _, pl := range places {
			hunks = append(hunks, HunkResult{Line: pl.at + 1})
		}
		return after, hunks, nil
	}
	if r.placer.fuzz > 0 {
		// Who asks for fuzz wants what patch does, for hunks too that git would find at another place. What patch
		// does not take, such as hunks out of their order, is left to git's search.
		if after, places, ok := r.placer.fuzzy(before, c.hunks); ok {
			for _, pl := range places {
				hunks = append(hunks, HunkResult{Line: pl.at + 1, Offset: pl.offset, Fuzz: pl.fuzz})
			}
			return after, hunks, nil
		}
	}
	img := newImage(before)
	var bad []Conflict
	for _, h := range c.hunks {
		pl, ok := r.placer.place(img, h)
		if !ok {
			bad = append(bad, r.explainHunk(c, h, img))
			if r.placer.budget.spent() || len(bad) == maxConflicts {
				break
			}
			continue
		}
		hunks = append(hunks, HunkResult{Line: pl.at + 1, Offset: pl.offset, Fuzz: pl.fuzz})
	}
	if len(bad) > 0 {
		return nil, nil, bad
	}
	return img.bytes(), hunks, nil
}
