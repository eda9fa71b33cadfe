// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// An Entry is what a snapshot says of one path without reading the file.
type Entry struct {
	// Mode is filemode.Regular, Executable, Symlink, Submodule or Dir.
	Mode filemode.FileMode
	// Hash is the blob's (a symlink's target is a blob as well), the tree's, or the commit that a
	// submodule link names. It is "" for directories of an overlay or of a plain directory.
	Hash odb.Hash
}

// An entryFS is a snapshot that knows modes and hashes. All snapshots of this package do.
type entryFS interface {
	fs.FS
	// Entry returns the entry at a path, or an error that matches fs.ErrNotExist.
	Entry(path string) (Entry, error)
	// mode is Entry without the hash.
	mode(path string) (filemode.FileMode, error)
}

// Lookup returns mode and hash of the entry at path, which is not followed where it is a symlink.
// In a git snapshot nothing but trees is read; in an overlay and a plain directory the hash is
// computed. The error matches fs.ErrNotExist where there is none, also where a part of the path
// is a file. An fs.FS from elsewhere is read, and its files take the mode that their fs.FileMode
// amounts to.
func Lookup(fsys fs.FS, name string) (Entry, error) {
	if e, ok := fsys.(entryFS); ok {
		return e.Entry(name)
	}
	info, err := fs.Lstat(fsys, name)
	if errors.Is(err, syscall.ENOTDIR) {
		err = &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist}
	}
	if err != nil {
		return Entry{}, err
	}
	mode, err := GitMode(info.Mode())
	if err != nil || mode == filemode.Dir {
		return Entry{Mode: mode}, err
	}
	data, err := ReadEntry(fsys, name)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Mode: mode, Hash: odb.BlobHash(data)}, nil
}

// Mode returns the mode of the entry at path, as [Lookup] does, but without a hash to compute.
func Mode(fsys fs.FS, name string) (filemode.FileMode, error) {
	if e, ok := fsys.(entryFS); ok {
		return e.mode(name)
	}
	e, err := Lookup(fsys, name)
	return e.Mode, err
}

// ReadEntry returns what the blob at path holds: a file's content, or a symlink's target.
// For a submodule link it returns "Subproject commit HASH\n", as diffs print it. The content may be
// shared with others, and must not be changed.
func ReadEntry(fsys fs.FS, name string) ([]byte, error) {
	if e, ok := fsys.(entryFS); ok {
		mode, err := e.mode(name)
		if err != nil {
			return nil, err
		}
		if mode == filemode.Submodule {
			link, err := e.Entry(name)
			return []byte("Subproject commit " + string(link.Hash) + "\n"), err
		}
		if b, ok := fsys.(blobFS); ok && mode.IsFile() && mode != filemode.Symlink {
			return b.readBlob(name)
		}
	}
	info, err := fs.Lstat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := fs.ReadLink(fsys, name)
		return []byte(target), err
	}
	return fs.ReadFile(fsys, name)
}

// GitMode returns the mode that git gives to a file of the file system.
func GitMode(m fs.FileMode) (filemode.FileMode, error) {
	switch {
	case m.IsDir():
		return filemode.Dir, nil
	case m&fs.ModeSymlink != 0:
		return filemode.Symlink, nil
	case m.IsRegular() && m&0o100 != 0:
		return filemode.Executable, nil
	case m.IsRegular():
		return filemode.Regular, nil
	}
	return 0, errors.New("neither file, directory nor symlink")
}

// osMode returns the mode that a file of the given git mode shows as an fs.FileInfo.
func osMode(m filemode.FileMode) fs.FileMode {
	switch m {
	case filemode.Executable:
		return 0o755
	case filemode.Symlink:
		return fs.ModeSymlink | 0o777
	case filemode.Dir, filemode.Submodule:
		return fs.ModeDir | 0o755
	}
	return 0o644
}

// ErrPath is matched by the error of a path that must not be written.
var ErrPath = errors.New("path not allowed in a tree")

// CheckPath tells whether git would take name as the path of a file: relative, clean, and without
// a part that git, HFS+ or NTFS read as ".git" (git~1, ".git " or ".g\u200cit" among them).
// The error matches [ErrPath] and names the reason.
func CheckPath(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.ContainsRune(name, 0) {
		return fmt.Errorf("%w: %q", ErrPath, name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if isDotGit(part) {
			return fmt.Errorf("%w: %q is the repository's own folder to git or to a file system", ErrPath, name)
		}
	}
	return nil
}

// isDotGit follows the rules of git's verify_path, for all file systems at once.
func isDotGit(part string) bool {
	name := strings.ToLower(strings.Map(unlessIgnored, part))
	// NTFS: a backslash parts names, a colon starts a stream's name, spaces and dots at the end
	// do not count.
	for piece := range strings.SplitSeq(name, `\`) {
		piece, _, _ = strings.Cut(piece, ":")
		if piece = strings.TrimRight(piece, " ."); piece == ".git" || piece == "git~1" {
			return true
		}
	}
	return false
}

// unlessIgnored returns r, or -1 for a code point that HFS+ ignores in names.
func unlessIgnored(r rune) rune {
	if r >= 0x200c && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x206a && r <= 0x206f || r == 0xfeff {
		return -1
	}
	return r
}

// PruneAbove removes the folders between top and a path that are empty, the nearest first.
func PruneAbove(top, name string) {
	odb.Above(name, func(dir string) bool {
		err := syscall.Rmdir(filepath.Join(top, filepath.FromSlash(dir)))
		return err == nil || errors.Is(err, fs.ErrNotExist)
	})
}
