// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"context"
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
	get, err := r.conversion()
	if err != nil {
		return err
	}
	for _, key := range []string{"core.autocrlf", "core.eol"} {
		if v := strings.ToLower(get(key)); v != "" && v != "false" && v != "input" && v != "lf" && v != "native" {
			return ErrForeign
		}
	}
	if get("core.attributesfile") != "" {
		return ErrForeign
	}
	files := map[string]bool{filepath.Join(r.CommonDir, "info", "attributes"): true, "/etc/gitattributes": true}
	if dir, err := os.UserConfigDir(); err == nil {
		files[filepath.Join(dir, "git", "attributes")] = true
	}
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
		if err := odb.CheckPlainFile(file); err != nil {
			return err
		}
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

// conversion returns what looks up, by names in lower case, what repository and user say of how files in a
// worktree differ from their blobs.
func (r *Repo) conversion() (func(key string) string, error) {
	get, err := r.lookUp(context.Background(), `^core\.(autocrlf|eol|attributesfile)$`)
	if err != nil {
		return nil, err
	}
	return func(key string) string { value, _ := get(key); return value }, nil
}
