// SPDX-License-Identifier: GPL-2.0-only

package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// toolFolders are the top folders of a root that hold tools; the rest, with people's homes and the
// sockets of services, stays outside.
var toolFolders = [...]string{"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "opt", "nix", "gnu"}

// etc is what tools need of /etc. The rest says things about the machine, or is secret.
var etc = [...]string{"alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "passwd", "group", "nsswitch.conf",
	"perl", "python3", "gcc", "clang", "localtime", "mke2fs.conf"}

// tools binds the top folders of the root read-only and makes its symbolic links (bin → usr/bin)
// anew.
func (b *Box) tools(s *stage) []string {
	root := b.root
	if root == "" {
		root = "/"
	}
	var args []string
	for _, name := range toolFolders {
		args = append(args, bind(s, b.root != "", filepath.Join(root, name), "/"+name)...)
	}
	for _, name := range etc {
		args = append(args, bind(s, b.root != "", filepath.Join(root, "etc", name), "/etc/"+name)...)
	}
	return args
}

// bind returns the flags that show the host's path inside, where there is one.
func bind(s *stage, staged bool, host, inside string) []string {
	info, err := os.Lstat(host)
	if err != nil {
		return nil
	}
	if info.Mode()&os.ModeSymlink != 0 {
		target, err := os.Readlink(host)
		if err != nil {
			return nil
		}
		return []string{"--symlink", target, inside}
	}
	if staged {
		host = s.path(host)
	}
	return []string{"--ro-bind", host, inside}
}

// userTools binds the folders of PATH and rustup's own that lie outside what tools bound.
func userTools(s *stage) []string {
	var args []string
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), rustupHome()) {
		top, _, _ := strings.Cut(strings.TrimPrefix(dir, "/"), "/")
		if !filepath.IsAbs(dir) || top == "" || top == "etc" || slices.Contains(toolFolders[:], top) {
			continue
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil && !holdsHome(real) {
			args = append(args, "--ro-bind", s.path(real), dir)
		}
	}
	return args
}

// holdsHome reports whether dir is the user's home or lies above it.
func holdsHome(dir string) bool {
	home, err := os.UserHomeDir()
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(dir, home)
	return err == nil && filepath.IsLocal(rel)
}

// rustupHome returns the folder of rustup's toolchains, or "".
func rustupHome() string {
	dir := os.Getenv("RUSTUP_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(home, ".rustup")
	}
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}
