// SPDX-License-Identifier: GPL-2.0-only

// Package lists reads what a kernel tree says by itself: the words of spelling.txt, tags, deprecated functions, the types
// of findings that its script knows, obsolete entries of MAINTAINERS, licences, bindings, names in CamelCase.
//
// Call [Load] with the files of a tree. What only some inputs need is read when a rule first asks for it, once. Without a
// tree the lists of the newest kernel that lsmpatch knows stand in.
package lists

import (
	_ "embed"
	"io/fs"
	"path"
	"strings"
	"sync"
)

// The lists of Linux 7.3, for checks without a tree; refreshed by copying them from a newer tree.
var (
	//go:embed known/spelling.txt
	knownSpelling []byte
	//go:embed known/const_structs.checkpatch
	knownConstStructs []byte
)

// Tree is what the rules read of the tree.
type Tree struct {
	// Real is whether there is a tree at all.
	Real bool
	fsys fs.FS

	Spelling     spelling
	ConstStructs map[string]bool
	scriptFacts
	cache *Cache // where lists are kept; nil for nowhere

	mu       sync.Mutex
	files    map[string]bool
	obsolete *[]string // patterns
	// The indices of the bindings, nil until one is asked, and the answers that were given.
	usualBindings, allBindings *bindingIndex
	compatibles                map[string]bool
	vendors                    []byte
	licenses                   *licenseList
	camel                      map[string]bool
}

// Load reads from fsys, which may be nil, what all checks need; the rest is read when a rule asks for it.
// Codespell is a dictionary of codespell, or nil, and cache, which may be nil, where lists are kept.
func Load(fsys fs.FS, codespell []byte, cache *Cache) *Tree {
	d := &Tree{Real: fsys != nil, fsys: fsys, cache: cache, files: map[string]bool{}, compatibles: map[string]bool{}}
	d.Spelling.add(d.Read("scripts/spelling.txt", knownSpelling), "||")
	d.Spelling.add(codespell, "->")
	d.ConstStructs = map[string]bool{}
	for line := range DataLines(d.Read("scripts/const_structs.checkpatch", knownConstStructs)) {
		if !strings.ContainsAny(line, " \t") {
			d.ConstStructs[line] = true
		}
	}
	d.scriptFacts = d.readFacts()
	return d
}

// Read returns a file of the tree, or what stands for it where there is no tree.
func (d *Tree) Read(name string, known []byte) []byte {
	if !d.Real {
		return known
	}
	text, err := fs.ReadFile(d.fsys, name)
	if err != nil {
		return nil
	}
	return text
}

// DataLines yields the lines of a list without comments and white space around.
func DataLines(text []byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if line != "" && line[0] != '#' && !yield(line) {
				return
			}
		}
	}
}

// Exists reports whether the tree has name, as a file or folder.
func (d *Tree) Exists(name string) bool {
	name = path.Clean(name)
	if !d.Real || !fs.ValidPath(name) || name == "." {
		return false
	}
	_, err := fs.Stat(d.fsys, name)
	return err == nil
}

// IsFile reports whether the tree has the file name.
func (d *Tree) IsFile(name string) bool {
	if !d.Real || !fs.ValidPath(name) {
		return false
	}
	info, err := fs.Stat(d.fsys, name)
	return err == nil && info.Mode().IsRegular()
}
