// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"io/fs"
	"path"
	"strings"
)

// Where the C functions are that Rust calls.
const (
	HelpersDir  = "rust/helpers"
	HelpersPath = "rust/helpers/helpers.c"
	// OldHelpers was the one file of all helpers before Linux 6.12.
	OldHelpers = "rust/helpers.c"
)

// IsHelper reports whether a file is one of the helpers.
func IsHelper(name string) bool {
	return strings.HasPrefix(name, HelpersDir+"/") || name == OldHelpers
}

// HelperFiles returns the C files of the helpers that Rust calls.
func (s *Source) HelperFiles() []string {
	if s.Read(OldHelpers) != nil {
		return []string{OldHelpers}
	}
	return s.FilesIn(HelpersDir, ".c")
}

// FilesIn returns the files of a folder that end in ext; none where there is no such folder.
func (s *Source) FilesIn(dir, ext string) []string {
	var names []string
	entries, _ := fs.ReadDir(s.Tree, dir)
	for _, e := range entries {
		if path.Ext(e.Name()) == ext && !e.IsDir() {
			names = append(names, path.Join(dir, e.Name()))
		}
	}
	return names
}

// FilesNamed returns the files of a name in the folders of dir. It opens none of the files in dir, as fs.Glob does: in a
// partial clone each is a request.
func (s *Source) FilesNamed(dir, name string) []string {
	var found []string
	entries, _ := fs.ReadDir(s.Tree, dir) // none where there is no such folder
	for _, e := range entries {
		file := path.Join(dir, e.Name(), name)
		if e.Type().IsRegular() {
			continue
		}
		if _, err := fs.Stat(s.Tree, file); err == nil {
			found = append(found, file)
		}
	}
	return found
}

// Touches reports whether the series changes a file.
func (s *Source) Touches(name string) bool {
	_, touched := s.PatchOf[name]
	return touched
}

// HelperPlace returns where a helper is to be added.
func (s *Source) HelperPlace() string {
	if s.Read(OldHelpers) != nil {
		return OldHelpers
	}
	return HelpersDir + "/"
}
