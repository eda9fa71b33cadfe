// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// checkPaths refuses names that no tree may have.
func (r *patchRun) checkPaths(c *change) (*Conflict, error) {
	for _, name := range []string{c.oldName, c.newName} {
		if name == "" {
			continue
		}
		if bad := badPath(name); bad != "" {
			return conflict(c, KindPath, "the path %.200q %s", name, bad), nil
		}
	}
	if c.newMode == modeLink && isModules(c.newName) {
		return conflict(c, KindPath, "%s must not be a symlink: git would read the list of submodules through it", c.newName), nil
	}
	return nil, nil
}

// isModules reports whether a path names .gitmodules, or something below it, to git or to a file system.
func isModules(name string) bool {
	// NTFS: a backslash parts names as well.
	for at, c := range name {
		if (c == '/' || c == '\\') && modulesRE.MatchString(name[at+1:]) {
			return true
		}
	}
	return modulesRE.MatchString(name)
}

// modulesRE matches .gitmodules, and how NTFS reads it: by a short name (gitmod~1 to ~4, or one that is made of a sum), with spaces and
// dots at the end, with a stream. These are the names that git refuses.
var modulesRE = lazyregexp.New(`(?is)^(\.gitmodules/|(\.gitmodules|gitmod~[1-4]|~[1-9][0-9]{6}|g~[1-9][0-9]{5}|gi~[1-9][0-9]{4}|gi7~[1-9][0-9]{3}|gi7e~[1-9][0-9]{2}|gi7eb~[1-9][0-9]|gi7eba~[1-9])[ .]*(:|$))`)

// Linux's limits of a path and of a name in it.
const (
	maxPath = 4000
	maxName = 255
)

// badPath says what is wrong with name as a path of a tree, or returns "".
func badPath(name string) string {
	switch {
	case path.IsAbs(name):
		return "is absolute"
	case name == ".." || strings.HasPrefix(name, "../") || strings.Contains(name, "/../") || strings.HasSuffix(name, "/.."):
		return "leaves the tree"
	case len(name) > maxPath || slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return len(part) > maxName }):
		return "is longer than file systems take"
	case !utf8.ValidString(name):
		return "is not in UTF-8; git would take it, lsmpatch does not" // as fs.FS does not
	}
	if err := tree.CheckPath(name); err != nil {
		if strings.Contains(strings.ToLower(name), "git") {
			return "is the repository's own folder, to git or to a file system"
		}
		return "is none that a tree may have"
	}
	return ""
}
