// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/likeness"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// maxWalked is how many entries of a tree one run looks at for files that patches name otherwise.
const maxWalked = 500_000

// explainPlace adds to conflicts of a patch about files that are not there where the tree has them: below a folder that the names
// lack, as those of git diff --relative do, or by a name like theirs.
func (s *session) explainPlace(changes []*change, conflicts []Conflict) {
	if slices.ContainsFunc(conflicts, func(bad Conflict) bool { return bad.Kind != KindMissing || bad.Hint != "" }) {
		return
	}
	old := slices.DeleteFunc(slices.Clone(changes), func(c *change) bool { return c.oldName == "" || c.isNew == yes })
	dir := ""
	if len(old) == len(conflicts) {
		dir = s.folderOf(old)
	}
	oldNames := map[string]string{}
	for _, c := range slices.Backward(old) {
		oldNames[c.name()] = c.oldName
	}
	for i := range conflicts {
		name, known := oldNames[conflicts[i].File]
		if !known {
			continue
		}
		if dir != "" {
			conflicts[i].Hint = fmt.Sprintf("`--directory=%s` finds it: the tree has %s/%s", dir, dir, name)
		} else if like := s.like(name); like != "" {
			conflicts[i].Hint = fmt.Sprintf("the tree has %s, a name like it", like)
		}
	}
}

// folderOf returns the folder of the tree below which all files of changes are, or "" where there is none, or more than one.
func (s *session) folderOf(changes []*change) string {
	found := ""
	err := fs.WalkDir(s.files, ".", func(file string, _ fs.DirEntry, err error) error {
		if s.walked++; err != nil || s.walked > maxWalked {
			return fs.SkipAll
		}
		dir, ok := strings.CutSuffix(file, "/"+changes[0].oldName)
		if !ok || slices.ContainsFunc(changes[1:], func(c *change) bool { return !s.has(dir + "/" + c.oldName) }) {
			return nil
		}
		if found != "" {
			found = ""
			return fs.SkipAll
		}
		found = dir
		return nil
	})
	if err != nil || s.walked > maxWalked {
		return ""
	}
	return found
}

func (s *session) has(name string) bool {
	_, err := tree.Lookup(s.files, name)
	return err == nil
}

// like returns the file of the tree whose name is that of a missing one but for a letter or two in one of its parts, or "".
func (s *session) like(name string) string {
	parts := strings.Split(name, "/")
	for at := range parts {
		dir := path.Join(parts[:at]...)
		entries, err := fs.ReadDir(s.files, path.Join(".", dir))
		if s.walked += len(entries); err != nil || s.walked > maxWalked {
			return ""
		}
		best, closest := 3, ""
		for _, e := range entries {
			if diff := len(e.Name()) - len(parts[at]); diff < -2 || diff > 2 {
				continue
			}
			d := likeness.Distance(e.Name(), parts[at])
			s.walked += len(e.Name()) * len(parts[at]) / 400 // long names cost more than an entry does
			if d == 0 || d >= best || 4*d > len(parts[at]) {
				continue
			}
			if candidate := path.Join(append([]string{dir, e.Name()}, parts[at+1:]...)...); s.has(candidate) {
				best, closest = d, candidate
			}
		}
		if closest != "" {
			return closest
		}
	}
	return ""
}
