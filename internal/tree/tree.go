// SPDX-License-Identifier: GPL-2.0-only

// Package tree gives access to Linux trees, in git or not: read-only snapshots of a revision,
// overlays with changes in memory, landing a series of commits, fetching, and laying out files
// for a build.
//
// For most uses, call [Open], then [Tree.Snapshot] to read and [Tree.NewChain] to write. To try
// changes without writing, put an [Overlay] on a snapshot. All snapshots are fs.FS with
// ReadFile, ReadDir, Stat, Lstat and ReadLink, and [Lookup] tells mode and blob hash of a path
// without reading the file. Snapshots may be read from several goroutines.
//
// # Speed
//
// A Linux tree has 96,000 files, an index of 10 MB, and, with its history, ten million objects.
// Whatever takes time in proportion to these is avoided:
//
//   - Objects are found through the memory-mapped indexes of packs, and read alone with the bases
//     of their deltas. Nothing is opened before it is needed (store.go, pack.go, packindex.go).
//   - Of the folders that a series touches, new versions are made in memory from step to step, and
//     written as one pack in which each is a delta on the one before (edittree.go, newobjects.go). So it is
//     with files; a large old one is copied as the base of the first delta, and so need not be compressed.
//   - The new index is made of long stretches of the old one and the few new entries; the cached
//     trees in it stay right (indexfile.go, indexedit.go, treeext.go). What remains is to copy and hash 10 MB.
//   - What a series changes is read before it is asked for, and while a patch is worked out, the commit of the
//     one before is made, and its objects are compressed (readahead.go, lane.go).
//   - The disk is waited for side by side, not in turn, and git is not started at all.
//
// # Safety
//
// All of this is done only where it is sure to give what git would: a split or sparse index, an
// untracked cache, attributes that convert files, refs in a reftable, a file that looks changed, and
// whatever else is out of the ordinary, go through the git binary, which also has the last word on
// what is wrong (errForeign marks the places).
//
// A landing first writes what nobody sees: objects, staged files, lock files of git's own kind with
// their content. Then files are renamed to their places, then the index, and the ref last: it is
// the point at which the series has landed. A note in the repository's lsmpatch folder tells what
// was going on. It is locked with flock(2) while its process lives, so the next Open sees whether
// somebody was killed, and brings index and worktree to where the ref is (landing.go, recover.go).
// Lock files are second names of files in that folder, so that ours are known from others'
// (reflock.go). The command has a watcher do so at once ([Recover], cmd/lsmpatch/guard.go), so that git is
// not kept out by the index.lock of the dead. Git processes that a landing starts inherit the lock on the
// note: nobody brings anything back while they are at work. In a plain directory, which has no ref, the
// old files are kept until the note is removed, and come back if it never was (plain.go).
package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// A Tree is a git repository or a plain directory.
type Tree struct {
	*repo // nil for a plain directory
	dir   string
	// step, which only tests set, is called before each write to a plain directory.
	step func(name string)
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
	r, err := repoAt(abs)
	if r == nil && err == nil && IsLinux(newDirFS(abs)) != nil {
		r, err = findRepo(abs)
	}
	if err != nil {
		return nil, err
	}
	if r == nil {
		return &Tree{dir: abs}, nil
	}
	return &Tree{repo: r, dir: r.top()}, nil
}

// Close lets go of the memory-mapped files. Snapshots cannot be read afterwards.
func (t *Tree) Close() error {
	if t.repo == nil {
		return nil
	}
	return t.repo.store.close()
}

// Dir returns the top of the worktree, the folder of a bare repository, or the plain directory.
func (t *Tree) Dir() string { return t.dir }

// IsGit tells whether the tree is a git repository.
func (t *Tree) IsGit() bool { return t.repo != nil }

// HasWorktree tells whether there are files to build: not in a bare repository.
func (t *Tree) HasWorktree() bool { return t.repo == nil || t.repo.worktree != "" }

// Worktree returns the files as they lie on disk, local changes included. In a bare repository
// it is nil.
func (t *Tree) Worktree() fs.FS {
	if !t.HasWorktree() {
		return nil
	}
	return newDirFS(t.dir)
}

// Snapshot returns the files at a revision, read from the object store without a worktree. In a
// plain directory rev must be "" or "HEAD", and the snapshot is the directory. The errors are
// those of [Tree.Resolve]. rev may be a tree instead of a commit.
func (t *Tree) Snapshot(rev string) (fs.FS, error) {
	if t.repo == nil {
		if rev != "" && rev != "HEAD" {
			return nil, hint.Wrap(fmt.Errorf("revision %q: %s is not a git repository", rev, t.dir),
				"a plain directory has one state only: leave the revision out")
		}
		return newDirFS(t.dir), nil
	}
	id, err := t.repo.resolve(rev, "tree")
	if err != nil {
		return nil, err
	}
	return newGitFS(t.repo.store, id)
}

// Empty returns the snapshot that a branch without any commit has, in a repository.
func (t *Tree) Empty() fs.FS {
	return &gitFS{store: t.repo.store, trees: map[string][]treeEntry{".": nil}}
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
