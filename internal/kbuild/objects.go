// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/evidence"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// maxIncluders bounds how many objects are compiled for the headers that a series touches.
const maxIncluders = 8

// touchedObjects returns the objects of the output folder that come of the changed files, and some of those
// that include changed headers, sorted. source is how the objects' commands call the tree.
func touchedObjects(out Folder, source string, changes []tree.Change) ([]string, error) {
	dir, err := out.open(-1)
	if err != nil {
		return nil, err
	}
	defer dir.close()
	objects := map[string]bool{}
	var headers []string // and Rust modules: what objects are made of besides their own source
	rust := false
	for _, c := range changes {
		switch path.Ext(c.Path) {
		case ".rs":
			headers = append(headers, source+"/"+c.Path)
			rust = true
		case ".c":
			if name := strings.TrimSuffix(c.Path, ".c") + ".o"; !c.Deleted() && dir.path(name) != "" {
				objects[name] = true
			}
		case ".h":
			headers = append(headers, source+"/"+c.Path)
		}
	}
	if len(headers) == 0 {
		return sortedNames(objects), nil
	}
	includers := 0
	err = fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case includers >= maxIncluders:
			return fs.SkipAll
		case d.IsDir() && (slices.Contains([]string{"scripts", "tools", stateDir}, name) || name == "rust" && !rust):
			return fs.SkipDir
		case d.IsDir() || !strings.HasPrefix(d.Name(), ".") || !strings.HasSuffix(name, ".o.cmd"):
			return nil
		}
		object := path.Join(path.Dir(name), strings.TrimSuffix(d.Name()[1:], ".cmd"))
		text, err := dir.ReadFile(name)
		if err != nil || objects[object] || dir.path(object) == "" {
			return nil // it was no dependency file
		}
		if slices.ContainsFunc(headers, func(h string) bool { return evidence.Names(text, h) }) {
			objects[object] = true
			includers++
		}
		return nil
	})
	return sortedNames(objects), err
}

// savedCommand returns the command by which the build whose output folder is dir made an object, the compiler's
// part alone; not ok where there is no such object, or nothing says how it was made.
func savedCommand(dir *view, object string) (line string, ok bool) {
	text, err := dir.ReadFile(path.Join(path.Dir(object), "."+path.Base(object)+".cmd"))
	if err != nil {
		return "", false
	}
	return evidence.Command(text)
}

// firstCommand returns the command of the first of the objects that has one, "" where none has.
func firstCommand(dir *view, objects []string) string {
	for _, object := range objects {
		if line, ok := savedCommand(dir, object); ok {
			return line
		}
	}
	return ""
}

func sortedNames(set map[string]bool) []string {
	var names []string
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
