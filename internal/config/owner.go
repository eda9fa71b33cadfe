// SPDX-License-Identifier: GPL-2.0-only

package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/lsmpatch/lsmpatch/internal/below"
)

// loadFound reads a file that nobody named, where there is no reason against it.
func loadFound(file string, trees []string) (*Config, error) {
	for _, tree := range trees {
		if inside(file, tree) {
			return &Config{Ignored: file + " lies in the tree under test, and is not read"}, nil
		}
	}
	if owner, ok := ours(file); !ok {
		return &Config{Ignored: fmt.Sprintf("%s belongs to user %d, and is not read", file, owner)}, nil
	}
	text, err := below.ReadFile(file, maxSize)
	return parseFile(file, text, err)
}

// inside reports whether file, or what it leads to, lies in the folder dir.
func inside(file, dir string) bool {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false // there is no such tree
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return false
	}
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		return false
	}
	above, err := filepath.EvalSymlinks(filepath.Dir(file))
	if err != nil {
		return false
	}
	for _, name := range []string{real, filepath.Join(above, Name)} {
		if rel, err := filepath.Rel(dir, name); err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
			return true
		}
	}
	return false
}

// ours reports whether the file, and what it leads to, belongs to the user, by git's rule for repositories:
// to who we are, or where that is root, to who called sudo.
func ours(file string) (owner int, ok bool) {
	for _, stat := range []func(string) (os.FileInfo, error){os.Lstat, os.Stat} {
		info, err := stat(file)
		if err != nil {
			return 0, true // reading it says why
		}
		if sys, known := info.Sys().(*syscall.Stat_t); known {
			if owner = int(sys.Uid); owner != os.Geteuid() && owner != caller() {
				return owner, false
			}
		}
	}
	return owner, true
}

// caller returns the user who became root by sudo, or this process's own.
func caller() int {
	uid, err := strconv.ParseUint(os.Getenv("SUDO_UID"), 10, 32)
	if os.Geteuid() != 0 || err != nil {
		return os.Geteuid()
	}
	return int(uid)
}
