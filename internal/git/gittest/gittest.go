// SPDX-License-Identifier: GPL-2.0-only

// Package gittest makes git repositories for tests, and asks git about them.
//
// For most uses, call [SeriesRepo] or [BaseRepo], and run the tests of a package by [RunTests]. What the
// helpers find wrong fails the test.
package gittest

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// Git runs the oracle and returns what it prints, without the last newline.
func Git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := TryGit(dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TryGit is [Git] that may fail.
func TryGit(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = run.GitEnv("GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.org", "GIT_AUTHOR_DATE=@1700000000 +0200",
		"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=committer@example.org", "GIT_COMMITTER_DATE=@1700000100 -0330",
		"GIT_CONFIG_COUNT=4", "GIT_CONFIG_KEY_1=init.defaultBranch", "GIT_CONFIG_VALUE_1=main",
		"GIT_CONFIG_KEY_2=protocol.file.allow", "GIT_CONFIG_VALUE_2=always",
		"GIT_CONFIG_KEY_3=maintenance.auto", "GIT_CONFIG_VALUE_3=false")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// Write writes a file, and makes the folders above it.
func Write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// Must ends the test where there is an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Lines returns n numbered lines.
func Lines(word string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s line %d\n", word, i)
	}
	return b.String()
}

// SeriesRepo makes a repository with a base commit, tagged "base", and a branch "series" with
// commits on it that add, change, remove and rename files, change modes, make symlinks and submodule
// links, and swap a file for a folder. Only the last commit, the submodule link, needs git to land. "main",
// at the base, is checked out.
func SeriesRepo(t testing.TB, initArgs ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repo")
	CopyRepo(t, template(t, initArgs), dir)
	return dir
}

// BaseRepo is seriesRepo without the series. Both come from one template, so a hash of the one
// is right in the other.
func BaseRepo(t testing.TB, initArgs ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "base")
	CopyRepo(t, besideTemplate(template(t, initArgs)), dir)
	return dir
}

// template returns the repository that SeriesRepo copies; it is made once. Beside it lies the one of BaseRepo.
func template(t testing.TB, initArgs []string) string {
	t.Helper()
	dir := made(t, "series "+strings.Join(initArgs, " "), func(dir string) {
		repo := makeSeriesRepo(t, filepath.Join(dir, "repo"), initArgs)
		base := besideTemplate(repo)
		CopyRepo(t, repo, base)
		Git(t, base, "branch", "-q", "-D", "series")
		Git(t, base, "reflog", "expire", "--expire=all", "--all")
		Git(t, base, "prune")
	})
	return filepath.Join(dir, "repo")
}

// Copied returns a copy of a repository that fill makes in the folder it gets, once for all tests of a package that ask for that name.
func Copied(t testing.TB, name string, fill func(dir string)) string {
	t.Helper()
	dir := CopiedFolder(t, name, fill)
	Git(t, dir, "update-index", "--refresh")
	return dir
}

// CopiedFolder is [Copied] for a folder that is no repository, such as one of several that know each other by relative names.
func CopiedFolder(t testing.TB, name string, fill func(dir string)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "copy")
	copyFolder(t, made(t, "copied "+name, fill), dir)
	return dir
}

// made returns the folder that fill has filled for the first who asked for that key.
func made(t testing.TB, key string, fill func(dir string)) string {
	t.Helper()
	templates.Lock()
	defer templates.Unlock()
	if templates.made[key] == "" {
		dir, err := os.MkdirTemp(templates.root, "")
		Must(t, err)
		fill(dir)
		templates.made[key] = dir
	}
	return templates.made[key]
}

func besideTemplate(repo string) string { return filepath.Join(filepath.Dir(repo), "base") }

// CopyRepo copies a repository, and lets its index know the copies.
func CopyRepo(t testing.TB, from, to string) {
	t.Helper()
	copyFolder(t, from, to)
	Git(t, to, "update-index", "--refresh")
}

func copyFolder(t testing.TB, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// templates are the repositories that SeriesRepo and Copied copy.
var templates struct {
	sync.Mutex
	root string
	made map[string]string
}

// RunTests runs the tests of a package, and removes the repositories that they copied from.
func RunTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "lsmpatch-tree-")
	if err != nil {
		panic(err)
	}
	KeepTemplates(dir)
	defer os.RemoveAll(dir)
	return m.Run()
}

// KeepTemplates says where the repositories are made that SeriesRepo copies, for tests without RunTests.
func KeepTemplates(dir string) { templates.root, templates.made = dir, map[string]string{} }

func makeSeriesRepo(t testing.TB, dir string, initArgs []string) string {
	t.Helper()
	Git(t, ".", append(append([]string{"init", "-q"}, initArgs...), dir)...)
	for _, name := range []string{"Makefile", "kernel/fork.c", "kernel/exit.c", "kernel/sched/core.c", "a/b/c/d.txt", "a/b.txt", "a/b-c", "security/Kconfig", "swap"} {
		Write(t, filepath.Join(dir, name), Lines(name, 200))
	}
	Write(t, filepath.Join(dir, "run.sh"), "#!/bin/sh\n")
	Must(t, os.Chmod(filepath.Join(dir, "run.sh"), 0o755))
	Must(t, os.Symlink("kernel/fork.c", filepath.Join(dir, "link")))
	Git(t, dir, "add", "-A")
	Git(t, dir, "commit", "-q", "-m", "base")
	Git(t, dir, "tag", "base")
	Git(t, dir, "checkout", "-q", "-b", "series")
	step := func(subject string) {
		t.Helper()
		Git(t, dir, "add", "-A")
		Git(t, dir, "commit", "-q", "-m", subject+"\n\nBody of "+subject+".\n\nSigned-off-by: A U Thor <author@example.org>")
	}
	Write(t, filepath.Join(dir, "kernel/fork.c"), "changed\n"+Lines("kernel/fork.c", 200))
	Write(t, filepath.Join(dir, "security/rust/lsm.c"), "new\n")
	step("add and change")
	Git(t, dir, "rm", "-q", "a/b/c/d.txt")
	Git(t, dir, "mv", "kernel/exit.c", "kernel/exit2.c")
	Must(t, os.Chmod(filepath.Join(dir, "Makefile"), 0o755))
	step("remove, rename, mode")
	Git(t, dir, "rm", "-q", "swap", "link")
	Write(t, filepath.Join(dir, "swap/inner/file"), "now a folder\n")
	Must(t, os.Symlink("a", filepath.Join(dir, "dirlink")))
	step("swap file and folder")
	Write(t, filepath.Join(dir, "empty"), "")
	Write(t, filepath.Join(dir, "kernel/fork.c"), "changed again\n"+Lines("kernel/fork.c", 200))
	Write(t, filepath.Join(dir, "bin"), "\x00\x01\xff no newline")
	step("the last")
	Git(t, dir, "update-index", "--add", "--cacheinfo", "160000,"+Git(t, dir, "rev-parse", "base")[:40]+strings.Repeat("0", hexLen(t, dir)-40)+",sub")
	Must(t, os.Mkdir(filepath.Join(dir, "sub"), 0o777))
	Git(t, dir, "commit", "-q", "-m", "a submodule link")
	Git(t, dir, "checkout", "-q", "main")
	return dir
}

func hexLen(t testing.TB, dir string) int { return len(Git(t, dir, "rev-parse", "base")) }

// SplitLines returns the lines of s, none for "".
func SplitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// CheckClean fails the test where git finds anything wrong with a repository, or not clean.
func CheckClean(t testing.TB, dir string) {
	t.Helper()
	if out := Git(t, dir, "status", "--porcelain"); out != "" {
		t.Errorf("git status: %s", out)
	}
	CheckSound(t, dir)
}

// CheckSound fails the test where git fsck finds anything.
func CheckSound(t testing.TB, dir string) {
	t.Helper()
	if out := Git(t, dir, "fsck", "--strict", "--no-dangling", "--no-progress"); out != "" {
		t.Errorf("git fsck: %s", out)
	}
}

// TemplateBase returns the template of [BaseRepo], to copy.
func TemplateBase(t testing.TB) string {
	t.Helper()
	return besideTemplate(template(t, nil))
}

// Listing returns modes, names and contents of all files, without those of git.
func Listing(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	Must(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if d.IsDir() {
			if rel == ".git" {
				return fs.SkipDir
			}
			return err
		}
		if strings.HasPrefix(rel, ".lsmpatch") {
			return nil // a note of ours
		}
		info, err := d.Info()
		Must(t, err)
		mode, read := "100644", os.ReadFile
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			mode, read = "120000", func(name string) ([]byte, error) {
				target, err := os.Readlink(name)
				return []byte(target), err
			}
		case info.Mode()&0o100 != 0:
			mode = "100755"
		}
		data, err := read(name)
		fmt.Fprintf(&b, "%s %x %s\n", mode, sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(data), data)), filepath.ToSlash(rel))
		return err
	}))
	return b.String()
}
