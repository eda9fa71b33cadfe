// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// faultEnv tells a child of a test below where its repository lies.
const faultEnv = "LSMPATCH_FAULT"

// inChild runs a test of this package in a process of its own, on a folder that the environment
// names, and fails with it.
func inChild(t *testing.T, name, dir string, attr *syscall.SysProcAttr) {
	t.Helper()
	self, err := os.Executable()
	gittest.Must(t, err)
	// A copy, since the user of the child may not get at the binary itself.
	binary := filepath.Join(dir, "child.test")
	program, err := os.ReadFile(self)
	gittest.Must(t, err)
	runtest.Write(t, binary, program)
	cmd := exec.Command(binary, "-test.run=^"+name+"$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), faultEnv+"="+dir, "HOME="+dir, "TMPDIR="+dir)
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "--- PASS: "+name) {
		t.Fatalf("the child did not run %s:\n%s", name, out)
	}
}

// TestDiskFull lets the disk be full from each write of a landing on.
func TestDiskFull(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	dir := t.TempDir()
	source := gittest.SeriesRepo(t)
	gittest.Must(t, os.Rename(source, filepath.Join(dir, "source")))
	gittest.CopyRepo(t, gittest.TemplateBase(t), filepath.Join(dir, "base"))
	attr := &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	if err := (&exec.Cmd{Path: "/bin/true", SysProcAttr: attr}).Run(); err != nil {
		t.Skipf("a small disk needs a namespace of users and mounts: %v", err)
	}
	inChild(t, "TestDiskFullChild", dir, attr)
}

// TestDiskFullChild is what TestDiskFull runs on a disk of its own.
func TestDiskFullChild(t *testing.T) {
	dir := os.Getenv(faultEnv)
	if dir == "" {
		t.Skip("a part of TestDiskFull")
	}
	disk := filepath.Join(dir, "disk")
	gittest.Must(t, os.Mkdir(disk, 0o777))
	gittest.Must(t, unix.Mount("tmpfs", disk, "tmpfs", 0, "size=8m"))
	source := filepath.Join(dir, "source")
	base := odb.Hash(gittest.Git(t, source, "rev-parse", "base"))
	for _, test := range []struct{ name, to, branch string }{
		{"native", "series~1", ""}, {"by git", "series", ""}, {"branch", "series~1", "topic"}, {"plain", "series~1", ""},
	} {
		steps := stepsOf(t, source, "base", test.to)
		failed := 0
		for full := 1; ; full++ {
			repo := filepath.Join(disk, "repo")
			gittest.Must(t, os.RemoveAll(repo))
			gittest.CopyRepo(t, filepath.Join(dir, "base"), repo)
			if test.name == "plain" {
				gittest.Must(t, os.RemoveAll(filepath.Join(repo, ".git")))
			}
			before := gittest.Listing(t, repo)
			tr, err := Open(repo)
			gittest.Must(t, err)
			var count atomic.Int64
			tr.Step = func(string) {
				if int(count.Add(1)) == full {
					fill(t, filepath.Join(disk, "filler"))
				}
			}
			at := base
			if tr.Repo != nil {
				tr.Repo.Step = tr.Step
			} else {
				at = ""
			}
			_, err = land(tr, at, steps, &Options{Branch: test.branch})
			gittest.Must(t, tr.Close())
			if int(count.Load()) < full {
				gittest.Must(t, err)
				break
			}
			gittest.Must(t, os.Remove(filepath.Join(disk, "filler")))
			what := fmt.Sprintf("%s, full at write %d", test.name, full)
			checkAfterFault(t, what, repo, before, test.branch, base, err,
				"no space left", "diskspace", "unable to write", "couldn't write") // the last three are git's words
			if err != nil {
				failed++
			}
		}
		if failed < 3 {
			t.Errorf("%s: failed %d times", test.name, failed)
		}
	}
}

// fill writes a file until nothing fits any more.
func fill(t *testing.T, name string) {
	f, err := os.Create(name)
	gittest.Must(t, err)
	defer f.Close()
	for size := 1 << 20; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, unix.ENOSPC) {
			t.Fatal(err)
		}
	}
}

// checkAfterFault makes sure that a landing that failed with err, which must say why, has left the old
// state, now or after the next Open.
func checkAfterFault(t *testing.T, what, dir, before, branch string, base odb.Hash, err error, why ...string) {
	t.Helper()
	if err != nil && !slices.ContainsFunc(why, func(s string) bool { return strings.Contains(strings.ToLower(err.Error()), s) }) {
		t.Errorf("%s: the error does not say %q: %v", what, why, err)
	}
	if lock := filepath.Join(dir, ".git", "index.lock"); exists(lock) {
		t.Errorf("%s: %s is left", what, lock)
	}
	tr, openErr := Open(dir)
	if openErr != nil {
		t.Fatalf("%s: %v", what, openErr)
	}
	defer tr.Close()
	if !tr.IsGit() {
		if got := gittest.Listing(t, dir); (got == before) != (err != nil) {
			t.Errorf("%s: %v, and the files are\n%s", what, err, got)
		}
		return
	}
	if status := gittest.Git(t, dir, "status", "--porcelain"); status != "" {
		t.Errorf("%s: status\n%s", what, status)
	}
	ref := "HEAD"
	if branch != "" {
		ref = "refs/heads/" + branch
	}
	now, _ := gittest.TryGit(dir, "rev-parse", "-q", "--verify", ref)
	old := string(base)
	if branch != "" {
		old = ""
	}
	if (now == old) != (err != nil) {
		t.Errorf("%s: %v, and %s is %q", what, err, ref, now)
	}
	checkNothingLeft(t, tr.Repo)
	gittest.CheckSound(t, dir)
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// TestReadOnly lands where the user may not write.
func TestReadOnly(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	dir := t.TempDir()
	source := gittest.SeriesRepo(t)
	gittest.Must(t, os.Rename(source, filepath.Join(dir, "source")))
	gittest.CopyRepo(t, gittest.TemplateBase(t), filepath.Join(dir, "base"))
	attr := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		const nobody = 65534
		attr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		gittest.Must(t, filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(name, nobody, nobody)
		}))
		gittest.Must(t, os.Chmod(filepath.Dir(dir), 0o755))
	}
	inChild(t, "TestReadOnlyChild", dir, attr)
}

// TestReadOnlyChild is what TestReadOnly runs as an ordinary user.
func TestReadOnlyChild(t *testing.T) {
	dir := os.Getenv(faultEnv)
	if dir == "" {
		t.Skip("a part of TestReadOnly")
	}
	source := filepath.Join(dir, "source")
	base := odb.Hash(gittest.Git(t, source, "rev-parse", "base"))
	for _, test := range []struct {
		name, locked, branch string
		plain                bool
	}{
		{name: "a folder of the worktree", locked: "kernel"},
		{name: "the worktree", locked: "."},
		{name: "the repository", locked: ".git"},
		{name: "refs", locked: ".git/refs/heads"},
		{name: "refs, onto a branch", locked: ".git/refs/heads", branch: "topic"},
		{name: "objects", locked: ".git/objects"},
		{name: "logs", locked: ".git/logs/refs/heads/main"},
		{name: "a folder of a plain tree", locked: "kernel", plain: true},
		{name: "a plain tree", locked: ".", plain: true},
	} {
		for _, to := range []string{"series~1", "series"} {
			repo := filepath.Join(t.TempDir(), "repo")
			gittest.CopyRepo(t, filepath.Join(dir, "base"), repo)
			at := base
			if test.plain {
				gittest.Must(t, os.RemoveAll(filepath.Join(repo, ".git")))
				at = ""
			}
			before := gittest.Listing(t, repo)
			locked := filepath.Join(repo, test.locked)
			info, err := os.Stat(locked)
			gittest.Must(t, err)
			gittest.Must(t, os.Chmod(locked, info.Mode().Perm()&^0o222))
			tr, err := Open(repo)
			gittest.Must(t, err)
			_, err = land(tr, at, stepsOf(t, source, "base", to), &Options{Branch: test.branch})
			gittest.Must(t, tr.Close())
			what := test.name + ", " + to
			if err == nil {
				t.Errorf("%s: no error", what)
			}
			gittest.Must(t, os.Chmod(locked, info.Mode().Perm()))
			checkAfterFault(t, what, repo, before, test.branch, base, err, "permission denied")
		}
	}
}
