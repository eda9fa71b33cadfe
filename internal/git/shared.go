// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// sharedRights returns the rights that core.sharedRepository adds to those of a file, or, where exact, has in place of them; 0 in a
// repository of one user.
func (r *Repo) sharedRights() (rights fs.FileMode, exact bool) {
	core := r.Config.Section("core")
	if !core.HasOption("sharedRepository") {
		return 0, false
	}
	switch v := strings.ToLower(core.Option("sharedRepository")); {
	case v == "group" || v == "" || IsTrue(v):
		return 0o660, false
	case v == "all" || v == "world" || v == "everybody" || v == "2":
		return 0o664, false
	default:
		n, err := strconv.ParseUint(v, 8, 16)
		if err != nil || n&0o600 != 0o600 {
			return 0, false
		}
		return fs.FileMode(n) & 0o666, true
	}
}

// IsShared tells whether the repository is one of several users, by core.sharedRepository.
func (r *Repo) IsShared() bool {
	rights, _ := r.sharedRights()
	return rights != 0
}

// Share gives what was made in the repository to those that core.sharedRepository names, as git does (path.c). What belongs to another user is
// left to them.
func (r *Repo) Share(names ...string) error {
	rights, exact := r.sharedRights()
	if rights == 0 {
		return nil
	}
	for _, name := range names {
		if err := share(name, rights, exact); err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func share(name string, rights fs.FileMode, exact bool) error {
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	was := info.Mode().Perm()
	if was&0o200 == 0 {
		rights &^= 0o222
	}
	if was&0o100 != 0 {
		rights |= rights & 0o444 >> 2
	}
	if !exact {
		rights |= was
	}
	if info.IsDir() {
		rights |= fs.ModeSetgid
	}
	return os.Chmod(name, rights)
}

// makeFolder is os.MkdirAll for a folder of the repository.
func (r *Repo) makeFolder(name string) error {
	err := os.Mkdir(name, 0o777)
	if errors.Is(err, fs.ErrNotExist) {
		if err := r.makeFolder(filepath.Dir(name)); err != nil {
			return err
		}
		err = os.Mkdir(name, 0o777)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return errors.Join(err, r.Share(name))
}
