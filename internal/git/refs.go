// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/mmap"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// refPath returns the file of a ref: HEAD and its like belong to the worktree, the others to the
// repository.
func (r *Repo) refPath(name string) string {
	for _, prefix := range []string{"refs/bisect/", "refs/worktree/", "refs/rewritten/"} {
		if strings.HasPrefix(name, prefix) {
			return filepath.Join(r.GitDir, name)
		}
	}
	if !strings.HasPrefix(name, "refs/") {
		return filepath.Join(r.GitDir, name)
	}
	return filepath.Join(r.CommonDir, name)
}

// readRef returns what a ref holds: a hash, or the name of another ref. The error matches
// fs.ErrNotExist where there is no such ref.
func (r *Repo) readRef(name string) (id odb.Hash, target string, err error) {
	if r.RefFormat != "files" {
		return r.readRefByGit(name)
	}
	if target, err := os.Readlink(r.refPath(name)); err == nil && strings.HasPrefix(target, "refs/") {
		return "", target, nil // as git made HEAD once, and makes it with core.preferSymlinkRefs
	}
	data, err := os.ReadFile(r.refPath(name))
	switch {
	case err == nil:
		line := strings.TrimSpace(string(data))
		if target, ok := strings.CutPrefix(line, "ref:"); ok {
			return "", strings.TrimSpace(target), nil
		}
		if len(line) < r.Format.Size*2 || !odb.IsHex(line[:r.Format.Size*2]) {
			return "", "", fmt.Errorf("ref %s is damaged", name)
		}
		return odb.Hash(line[:r.Format.Size*2]), "", nil
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) && !isDirError(r.refPath(name)):
		return "", "", err
	}
	id, err = r.packedRef(name)
	return id, "", err
}

func isDirError(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// packedRef looks a ref up in packed-refs by binary search, where git says that it is sorted.
func (r *Repo) packedRef(name string) (odb.Hash, error) {
	data, err := mmap.File(filepath.Join(r.CommonDir, "packed-refs"))
	if err != nil {
		return "", err
	}
	defer mmap.Unmap(data)
	head, _, _ := bytes.Cut(data, []byte("\n"))
	from := 0
	if bytes.HasPrefix(head, []byte("# pack-refs")) && bytes.Contains(head, []byte(" sorted")) {
		// A position stands for the line that it is in; '^' lines sort with the ref above them.
		from = sort.Search(len(data), func(at int) bool { return packedName(data, at) >= name })
		from = lineStart(data, from)
	}
	want := []byte(" " + name)
	for rest := data[min(from, len(data)):]; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		if bytes.HasSuffix(line, want) && len(line) == r.Format.Size*2+len(want) {
			return odb.Hash(line[:r.Format.Size*2]), nil
		}
		if from > 0 && len(line) > 0 && line[0] != '^' && line[0] != '#' {
			break
		}
	}
	return "", &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
}

func lineStart(data []byte, at int) int {
	return bytes.LastIndexByte(data[:min(at, len(data))], '\n') + 1
}

// packedName returns the ref of the line at a position, "" for the header.
func packedName(data []byte, at int) string {
	start := lineStart(data, at)
	for start > 0 && data[start] == '^' {
		start = lineStart(data, start-1)
	}
	line, _, _ := bytes.Cut(data[start:], []byte("\n"))
	if bytes.HasPrefix(line, []byte("#")) {
		return ""
	}
	_, name, _ := bytes.Cut(line, []byte(" "))
	return string(name)
}

func (r *Repo) readRefByGit(name string) (odb.Hash, string, error) {
	ctx := context.Background()
	if name == "HEAD" {
		out, err := r.Git(ctx, "symbolic-ref", "-q", name)
		if err == nil {
			return "", strings.TrimSpace(string(out)), nil
		}
	}
	out, err := r.Git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
	var failed *run.Error
	if errors.As(err, &failed) && failed.ExitCode == 1 {
		return "", "", &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	return odb.Hash(strings.TrimSpace(string(out))), "", err
}

// RefValue follows symbolic refs to a hash.
func (r *Repo) RefValue(name string) (odb.Hash, error) {
	for range 6 {
		id, target, err := r.readRef(name)
		if err != nil || target == "" {
			return id, err
		}
		name = target
	}
	return "", fmt.Errorf("ref %s leads in a circle", name)
}

// HeadTarget returns the full name of the branch that is checked out, or "".
func (r *Repo) HeadTarget() (string, error) {
	_, target, err := r.readRef("HEAD")
	return target, err
}

// CheckedOut returns the folder of a worktree that has the branch checked out, or "".
func (r *Repo) CheckedOut(ref string) (string, error) {
	heads, err := filepath.Glob(filepath.Join(r.CommonDir, "worktrees", "*", "HEAD"))
	if err != nil {
		return "", err
	}
	for _, head := range append(heads, filepath.Join(r.CommonDir, "HEAD")) {
		data, err := os.ReadFile(head)
		if err != nil {
			continue
		}
		dir := filepath.Dir(head)
		if target, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "ref: "); !ok || target != ref {
			continue
		}
		if dir == r.CommonDir && IsTrue(r.Config.Section("core").Option("bare")) {
			continue
		}
		return dir, nil
	}
	return "", nil
}

// ErrForeign is the error of what only git can do, or had better do: the caller turns to git then.
var ErrForeign = errors.New("not done natively")
