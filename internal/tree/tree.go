// SPDX-License-Identifier: GPL-2.0-only

// Package tree tells what files look like: those of a revision, of a folder, or of either with changes in
// memory on top; and it lays them out for a build.
//
// For most uses, call [Open], then [Tree.Snapshot]. To try changes without writing, put an [Overlay] on a
// snapshot. All snapshots are fs.FS with ReadFile, ReadDir, Stat, Lstat and ReadLink, and [Lookup] tells
// mode and blob hash of a path without reading the file. Snapshots may be read from several goroutines.
// Nothing is written but by [Materialize]; what lands is package land's.
//
// What a series changes is read before it is asked for ([ReadAhead]). Of a snapshot nothing is read but the
// folders on the way to a file, and the file.
package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// A Tree is a git repository or a plain directory.
type Tree struct {
	*git.Repo // nil for a plain directory
	dir       string
	// step, which only tests set, is called before each write to a plain directory.
	Step func(name string)
}

// Open opens the tree at dir: the top of a worktree, a folder below it, a linked worktree, a bare
// repository, or a plain directory, which is one that is in no repository, or a whole Linux tree of its own
// below somebody else's worktree. The error matches fs.ErrNotExist where there is no such directory.
func Open(dir string) (*Tree, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(abs)
	if err != nil {
		return nil, hint.Wrap(err, "--tree takes a Linux tree; `lsmpatch fetch` gets one")
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", dir)
	}
	r, err := git.At(abs)
	if r == nil && err == nil && IsLinux(NewDirFS(abs)) != nil {
		r, err = git.Find(abs)
	}
	if err != nil {
		return nil, err
	}
	if r == nil {
		return &Tree{dir: abs}, nil
	}
	return &Tree{Repo: r, dir: r.Top()}, nil
}

// Close lets go of the memory-mapped files. Snapshots cannot be read afterwards.
func (t *Tree) Close() error {
	if t.Repo == nil {
		return nil
	}
	return t.Repo.Store.Close()
}

// Dir returns the top of the worktree, the folder of a bare repository, or the plain directory.
func (t *Tree) Dir() string { return t.dir }

// IsGit tells whether the tree is a git repository.
func (t *Tree) IsGit() bool { return t.Repo != nil }

// HasWorktree tells whether there are files to build: not in a bare repository.
func (t *Tree) HasWorktree() bool { return t.Repo == nil || t.Repo.Worktree != "" }

// Worktree returns the files as they lie on disk, local changes included. In a bare repository
// it is nil.
func (t *Tree) Worktree() fs.FS {
	if !t.HasWorktree() {
		return nil
	}
	return NewDirFS(t.dir)
}

// Snapshot returns the files at a revision, read from the object store without a worktree. In a
// plain directory rev must be "" or "HEAD", and the snapshot is the directory. The errors are
// those of [git.Repo.Resolve]. rev may be a tree instead of a commit.
func (t *Tree) Snapshot(rev string) (fs.FS, error) {
	if t.Repo == nil {
		if rev != "" && rev != "HEAD" {
			return nil, hint.Wrap(fmt.Errorf("revision %q: %s is not a git repository", rev, t.dir),
				"a plain directory has one state only: leave the revision out")
		}
		return NewDirFS(t.dir), nil
	}
	id, err := t.Repo.Peel(rev, "tree")
	if err != nil {
		return nil, err
	}
	return NewGitFS(t.Repo.Store, id)
}

// Empty returns the snapshot that a branch without any commit has, in a repository.
func (t *Tree) Empty() fs.FS {
	return &GitFS{Store: t.Repo.Store, trees: map[string][]odb.TreeEntry{".": nil}}
}

// linuxFiles are files that every Linux tree has had since 2.6.
var linuxFiles = [...]string{"COPYING", "CREDITS", "Kbuild", "MAINTAINERS", "Makefile", "include", "init", "kernel", "scripts", "security"}

// IsLinux returns nil where fsys is a Linux tree, and else an error that names what it lacks.
func IsLinux(fsys fs.FS) error {
	for _, name := range linuxFiles {
		if _, err := fs.Stat(fsys, name); err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return hint.Wrap(fmt.Errorf("not a Linux tree: it has no %s", name),
				"--tree takes the top of a kernel source tree; `lsmpatch fetch` gets one")
		}
	}
	return nil
}
