// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// ConvertsNothing returns nil where the files at some paths are in the worktree just what their blobs
// are: no attribute and no setting makes git change line ends, encodings or anything else. In
// doubt, or where the series changes attributes itself, the error matches [ErrForeign].
func (r *Repo) ConvertsNothing(paths []string) error {
	core := r.Config.Section("core")
	for _, key := range []string{"autocrlf", "eol", "attributesFile"} {
		if v := strings.ToLower(core.Option(key)); v != "" && v != "false" && v != "input" && v != "lf" && v != "native" {
			return ErrForeign
		}
	}
	files := map[string]bool{filepath.Join(r.CommonDir, "info", "attributes"): true}
	for _, name := range paths {
		if path.Base(name) == ".gitattributes" {
			return ErrForeign
		}
		files[filepath.Join(r.Worktree, ".gitattributes")] = true
		odb.Above(name, func(dir string) bool {
			file := filepath.Join(r.Worktree, dir, ".gitattributes")
			known := files[file]
			files[file] = true
			return !known
		})
	}
	for file := range files {
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			continue
		}
		if err != nil || attributesConvert(string(data)) {
			return ErrForeign
		}
	}
	return nil
}

// attributesConvert tells whether a file of attributes has one that could change content, for
// whatever path.
func attributesConvert(data string) bool {
	for line := range strings.Lines(data) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for i, word := range strings.Fields(line) {
			name, value, _ := strings.Cut(word, "=")
			if i == 0 {
				continue
			}
			switch name {
			case "eol":
				if value != "lf" {
					return true
				}
			case "filter", "ident", "crlf", "working-tree-encoding":
				return true
			}
		}
	}
	return false
}

// PlainSettings refuses settings that make git treat files in special ways.
func (r *Repo) PlainSettings() error {
	core := r.Config.Section("core")
	for _, key := range []string{"ignoreCase", "sparseCheckout", "fsmonitor", "untrackedCache"} {
		if v := strings.ToLower(core.Option(key)); core.HasOption(key) && v != "false" && v != "0" {
			return ErrForeign
		}
	}
	for _, key := range []string{"symlinks", "fileMode"} {
		if core.HasOption(key) && !IsTrue(core.Option(key)) {
			return ErrForeign
		}
	}
	for _, key := range []string{"sharedRepository", "splitIndex"} {
		if core.HasOption(key) {
			return ErrForeign
		}
	}
	return nil
}
