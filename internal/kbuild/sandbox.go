// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// Where the folders of a [Cmd] are inside. They are the same for each build, wherever the tree
// lies, so that two builds of the same source are the same.
const (
	insideSource = "/src"
	insideOut    = "/out"
)

// hostBind lists the folders of this machine that its own tools need; the rest of it, with
// people's homes and the sockets of its services, stays outside.
var hostBind = [...]string{"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "opt", "nix", "gnu"}

// SourcePath returns what the folder src of a [Cmd] is called by the program.
func (t *Toolchain) SourcePath(src string) string {
	if t.via == viaNothing {
		return src
	}
	return insideSource
}

// OutPath returns what the folder out of a [Cmd] is called by the program.
func (t *Toolchain) OutPath(out string) string {
	if t.via == viaNothing {
		return out
	}
	return insideOut
}

// Command returns c as an exec.Cmd in a process group of its own. When ctx ends, make gets the
// time to remove half-made files, then all processes of c are killed.
func (t *Toolchain) Command(ctx context.Context, c Cmd) (*exec.Cmd, error) {
	for _, dir := range []*string{&c.Source, &c.Out} {
		if *dir == "" {
			continue
		}
		// Real paths, since bubblewrap refuses a mount source below a symbolic link.
		abs, err := filepath.Abs(*dir)
		if err == nil {
			abs, err = filepath.EvalSymlinks(abs)
		}
		if err != nil {
			return nil, err
		}
		*dir = abs
	}
	args := c.Args
	dir := ""
	switch t.via {
	case viaBubblewrap:
		args = append(t.bwrap(&c), args...)
	case viaChroot:
		args = append(t.chroot(&c), args...)
	default:
		dir = t.startIn(&c)
	}
	cmd := run.Command(ctx, run.Cmd{Args: args, Dir: dir, Env: t.env(c.Env), Stdin: c.Stdin})
	cmd.Cancel = func() error { return interrupt(cmd.Process.Pid) }
	return cmd, nil
}

func (t *Toolchain) startIn(c *Cmd) string {
	switch {
	case c.Source != "":
		return t.SourcePath(c.Source)
	case c.Out != "":
		return t.OutPath(c.Out)
	}
	return "/tmp"
}

// env returns the whole environment of a command. The build's time, user and host are fixed, so
// that a kernel does not depend on who built it and when.
func (t *Toolchain) env(extra []string) []string {
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	if t.root == "" {
		path = os.Getenv("PATH")
	}
	env := []string{"PATH=" + path, "HOME=/tmp", "LC_ALL=C",
		"KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970", "KBUILD_BUILD_VERSION=1",
		"KBUILD_BUILD_USER=lsmpatch", "KBUILD_BUILD_HOST=lsmpatch"}
	if t.root == "" {
		env = append(env, t.hostEnv()...)
	}
	return append(env, extra...)
}

// hostEnv points rustup's wrappers to the toolchains in the user's home.
func (t *Toolchain) hostEnv() []string {
	if dir := rustupHome(); dir != "" {
		return []string{"RUSTUP_HOME=" + dir}
	}
	return nil
}

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

// bwrap returns the command line before that of c. The root is a fresh tmpfs into which the
// folders of the toolchain are bound, since /src and /out need not exist there.
func (t *Toolchain) bwrap(c *Cmd) []string {
	args := []string{"bwrap", "--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534",
		"--cap-drop", "ALL", "--new-session", "--die-with-parent"}
	args = append(args, t.bindRoot()...)
	args = append(args, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp")
	if t.root == "" {
		args = append(args, bindHome()...)
	}
	if c.Source != "" {
		args = append(args, "--ro-bind", c.Source, insideSource)
	}
	if c.Out != "" {
		args = append(args, "--bind", c.Out, insideOut)
	}
	return append(args, "--remount-ro", "/", "--chdir", t.startIn(c), "--")
}

// bindRoot binds the top folders of the root filesystem read-only, all but those that hold no
// tools, and makes its symbolic links (bin → usr/bin) anew.
func (t *Toolchain) bindRoot() []string {
	root := t.root
	if root == "" {
		root = "/"
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil // bwrap will say that there is no program
	}
	without := []string{"proc", "dev", "sys", "tmp", "run", "boot", "home", "root", "src", "out", "lost+found"}
	var args []string
	for _, e := range entries {
		host, inside := filepath.Join(root, e.Name()), "/"+e.Name()
		switch {
		case slices.Contains(without, e.Name()):
		case t.root == "" && !slices.Contains(hostBind[:], e.Name()):
		case e.Type()&os.ModeSymlink != 0:
			if target, err := os.Readlink(host); err == nil {
				args = append(args, "--symlink", target, inside)
			}
		case e.IsDir():
			args = append(args, "--ro-bind", host, inside)
		}
	}
	return args
}

// bindHome binds the folders of PATH and rustup's own that lie outside what bindRoot bound.
func bindHome() []string {
	var args []string
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), rustupHome()) {
		top, _, _ := strings.Cut(strings.TrimPrefix(dir, "/"), "/")
		if !filepath.IsAbs(dir) || slices.Contains(hostBind[:], top) {
			continue
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			args = append(args, "--ro-bind", real, dir)
		}
	}
	return args
}
