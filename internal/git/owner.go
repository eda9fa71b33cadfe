// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// ErrOwner is matched by the error of a repository that belongs to somebody else, of which nothing is read: its
// configuration names programs that git would run.
var ErrOwner = errors.New("detected dubious ownership")

// ErrBare is matched by the error of a bare repository that nobody named, where safe.bareRepository is explicit.
var ErrBare = errors.New("a bare repository that was not named")

// checkOwner refuses a repository of another owner as git does (setup.c, ensure_valid_ownership). Git itself asks
// nobody when it is told where the repository is, as it is by us. Worktree is "" for a bare repository; gitFile
// is the file that leads to gitDir, "" where there is none.
func checkOwner(worktree, gitFile, gitDir string) error {
	for _, name := range []string{gitFile, worktree, gitDir} {
		if name == "" || isOurs(name) {
			continue
		}
		top := worktree
		if top == "" {
			top = gitDir
		}
		if isSafe(top) {
			return nil
		}
		return hint.Wrap(fmt.Errorf("%w in repository at %s: %s belongs to another user", ErrOwner, top, name),
			"where you trust it: git config --global --add safe.directory "+top)
	}
	return nil
}

// isOurs tells whether a file belongs to whom we run as, or, where root runs us by sudo, to who called that.
func isOurs(name string) bool {
	info, err := os.Lstat(name)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	user := uint32(os.Geteuid())
	if stat.Uid != user && user == 0 {
		id, err := strconv.ParseUint(os.Getenv("SUDO_UID"), 10, 32)
		return err == nil && stat.Uid == uint32(id)
	}
	return stat.Uid == user
}

// isSafe tells whether safe.directory has a folder. The last value counts that says something; an empty one
// forgets those before it.
func isSafe(dir string) bool {
	safe := false
	real := realPath(dir)
	for _, value := range protectedConfig("safe.directory") {
		switch prefix, below := strings.CutSuffix(value, "/*"); {
		case value == "":
			safe = false
		case value == "*":
			safe = true
		case below:
			safe = safe || strings.HasPrefix(dir, prefix+"/") || strings.HasPrefix(real, realPath(prefix)+"/")
		default:
			safe = safe || filepath.Clean(value) == dir || realPath(value) == real
		}
	}
	return safe
}

func realPath(name string) string {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		return real
	}
	return filepath.Clean(name)
}

// checkBare refuses a bare repository where safe.bareRepository is explicit, unless it was named: one that was
// found above the folder that was named, or that lies in the worktree of another repository, was not.
func checkBare(dir string, named bool) error {
	if named && !isEmbedded(dir) {
		return nil
	}
	values := protectedConfig("safe.bareRepository")
	if len(values) == 0 || values[len(values)-1] != "explicit" {
		return nil
	}
	return hint.Wrap(fmt.Errorf("%w: %s (safe.bareRepository is explicit)", ErrBare, dir), "name another folder, or move the repository out of the tree")
}

// isEmbedded tells whether a folder above dir has a repository of its own.
func isEmbedded(dir string) bool {
	for at := filepath.Dir(dir); ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return true
		}
		if at == filepath.Dir(at) {
			return false
		}
	}
}

// protectedConfig returns the values that system, user and command line give a key: what a repository says of its
// own safety counts for nothing. Where git cannot tell, there are none.
func protectedConfig(key string) []string {
	out, err := run.Output(context.Background(), run.Cmd{
		Args: []string{"git", "config", "--type=path", "--show-scope", "-z", "--get-all", key}, Dir: "/", Env: ownGitEnv(),
	})
	if err != nil {
		return nil
	}
	var values []string
	fields := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		if scope := fields[i]; scope != "local" && scope != "worktree" {
			values = append(values, fields[i+1])
		}
	}
	return values
}
