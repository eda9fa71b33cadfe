// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// giveAway makes all of dir belong to somebody else.
func giveAway(t *testing.T, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	if out, err := exec.Command("chown", "-R", "65534:65534", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// ownConfig makes a file the configuration of the user, for git and for us.
func ownConfig(t *testing.T, content string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	gittest.Write(t, file, content)
	t.Setenv("GIT_CONFIG_GLOBAL", file)
}

// TestOwner opens repositories of others, as git does with what safe.directory says, and compares with git.
func TestOwner(t *testing.T) {
	base := t.TempDir()
	gittest.Must(t, os.Chmod(base, 0o755))
	dir := filepath.Join(base, "repo")
	gittest.CopyRepo(t, gittest.BaseRepo(t), dir)
	linked := filepath.Join(base, "linked")
	gittest.Git(t, dir, "worktree", "add", "-q", linked, "base")
	bare := filepath.Join(base, "bare.git")
	gittest.Git(t, dir, "clone", "-q", "--bare", ".", bare)
	giveAway(t, base)
	other := filepath.Join(t.TempDir(), "other")
	for _, test := range []struct{ name, config string }{
		{"nothing", ""},
		{"this one", "[safe]\n\tdirectory = " + dir + "\n"},
		{"another", "[safe]\n\tdirectory = " + other + "\n"},
		{"all", "[safe]\n\tdirectory = *\n"},
		{"all, then none", "[safe]\n\tdirectory = *\n\tdirectory =\n"},
		{"none, then this one", "[safe]\n\tdirectory =\n\tdirectory = " + dir + "\n"},
		{"the bare one", "[safe]\n\tdirectory = " + bare + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ownConfig(t, test.config)
			for _, at := range []string{dir, linked, bare, filepath.Join(dir, "kernel")} {
				r, err := Find(at)
				if r != nil {
					r.Store.Close()
				}
				cmd := exec.Command("git", "rev-parse", "HEAD")
				cmd.Dir = at
				out, gitErr := cmd.CombinedOutput()
				if (err == nil) != (gitErr == nil) || err != nil && !errors.Is(err, ErrOwner) {
					t.Errorf("%s: %v; git says %v %s", at, err, gitErr, out)
				}
			}
		})
	}
}

// TestOwnerIgnoresTheRepository opens a repository of another owner that calls itself safe.
func TestOwnerIgnoresTheRepository(t *testing.T) {
	ownConfig(t, "")
	dir := gittest.BaseRepo(t)
	gittest.Git(t, dir, "config", "safe.directory", "*")
	giveAway(t, dir)
	if _, err := At(dir); !errors.Is(err, ErrOwner) {
		t.Errorf("error %v", err)
	}
	t.Setenv("SUDO_UID", "65534")
	if r, err := At(dir); err != nil {
		t.Errorf("as the one who called sudo: %v", err)
	} else {
		r.Store.Close()
	}
	t.Setenv("SUDO_UID", "1000")
	if _, err := At(dir); !errors.Is(err, ErrOwner) {
		t.Errorf("as another who called sudo: %v", err)
	}
}

// TestEmbeddedBare opens bare repositories where only those that are named may be.
func TestEmbeddedBare(t *testing.T) {
	dir := gittest.BaseRepo(t)
	embedded := filepath.Join(dir, "docs")
	gittest.Git(t, dir, "clone", "-q", "--bare", ".", embedded)
	alone := filepath.Join(t.TempDir(), "alone.git")
	gittest.Git(t, dir, "clone", "-q", "--bare", ".", alone)
	for _, test := range []struct {
		config, at string
		want       bool
	}{
		{"", embedded, true},
		{"[safe]\n\tbareRepository = explicit\n", embedded, false},
		{"[safe]\n\tbareRepository = explicit\n", filepath.Join(embedded, "refs"), false},
		{"[safe]\n\tbareRepository = explicit\n", filepath.Join(alone, "refs"), false},
		{"[safe]\n\tbareRepository = explicit\n", alone, true},
		{"[safe]\n\tbareRepository = explicit\n\tbareRepository = all\n", embedded, true},
	} {
		ownConfig(t, test.config)
		r, err := Find(test.at)
		if r != nil {
			r.Store.Close()
		}
		if (err == nil) != test.want || err != nil && !errors.Is(err, ErrBare) {
			t.Errorf("%q, %s: %v", test.config, test.at, err)
		}
	}
}
