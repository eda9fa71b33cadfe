// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"io/fs"
	"path"
	"strings"
)

// Where the C functions are that Rust calls.
const (
	helpersDir  = "rust/helpers"
	helpersPath = "rust/helpers/helpers.c"
	// oldHelpers was the one file of all helpers before Linux 6.12.
	oldHelpers = "rust/helpers.c"
)

// isHelper reports whether a file is one of the helpers.
func isHelper(name string) bool {
	return strings.HasPrefix(name, helpersDir+"/") || name == oldHelpers
}

// helperFiles returns the C files of the helpers that Rust calls.
func (s *source) helperFiles() []string {
	if s.read(oldHelpers) != nil {
		return []string{oldHelpers}
	}
	var names []string
	entries, _ := fs.ReadDir(s.tree, helpersDir) // a folder that is not there holds no helper
	for _, e := range entries {
		if path.Ext(e.Name()) == ".c" {
			names = append(names, path.Join(helpersDir, e.Name()))
		}
	}
	return names
}

// helperPlace returns where a helper is to be added.
func (s *source) helperPlace() string {
	if s.read(oldHelpers) != nil {
		return oldHelpers
	}
	return helpersDir + "/"
}
