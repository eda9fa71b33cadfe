// SPDX-License-Identifier: GPL-2.0-only

package tree

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

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// refPath returns the file of a ref: HEAD and its like belong to the worktree, the others to the
// repository.
func (r *repo) refPath(name string) string {
	for _, prefix := range []string{"refs/bisect/", "refs/worktree/", "refs/rewritten/"} {
		if strings.HasPrefix(name, prefix) {
			return filepath.Join(r.gitDir, name)
		}
	}
	if !strings.HasPrefix(name, "refs/") {
		return filepath.Join(r.gitDir, name)
	}
	return filepath.Join(r.commonDir, name)
}

// readRef returns what a ref holds: a hash, or the name of another ref. The error matches
// fs.ErrNotExist where there is no such ref.
func (r *repo) readRef(name string) (id Hash, target string, err error) {
	if r.refFormat != "files" {
		return r.readRefByGit(name)
	}
	data, err := os.ReadFile(r.refPath(name))
	switch {
	case err == nil:
		line := strings.TrimSpace(string(data))
		if target, ok := strings.CutPrefix(line, "ref:"); ok {
			return "", strings.TrimSpace(target), nil
		}
		if len(line) < r.format.size*2 || !isHex(line[:r.format.size*2]) {
			return "", "", fmt.Errorf("ref %s is damaged", name)
		}
		return Hash(line[:r.format.size*2]), "", nil
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
func (r *repo) packedRef(name string) (Hash, error) {
	data, err := mapFile(filepath.Join(r.commonDir, "packed-refs"))
	if err != nil {
		return "", err
	}
	defer unmap(data)
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
		if bytes.HasSuffix(line, want) && len(line) == r.format.size*2+len(want) {
			return Hash(line[:r.format.size*2]), nil
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

func (r *repo) readRefByGit(name string) (Hash, string, error) {
	ctx := context.Background()
	if name == "HEAD" {
		out, err := r.git(ctx, "symbolic-ref", "-q", name)
		if err == nil {
			return "", strings.TrimSpace(string(out)), nil
		}
	}
	out, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
	var failed *run.Error
	if errors.As(err, &failed) && failed.ExitCode == 1 {
		return "", "", &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	return Hash(strings.TrimSpace(string(out))), "", err
}

// refValue follows symbolic refs to a hash.
func (r *repo) refValue(name string) (Hash, error) {
	for range 6 {
		id, target, err := r.readRef(name)
		if err != nil || target == "" {
			return id, err
		}
		name = target
	}
	return "", fmt.Errorf("ref %s leads in a circle", name)
}

// headTarget returns the full name of the branch that is checked out, or "".
func (r *repo) headTarget() (string, error) {
	_, target, err := r.readRef("HEAD")
	return target, err
}

// checkedOut returns the folder of a worktree that has the branch checked out, or "".
func (r *repo) checkedOut(ref string) (string, error) {
	heads, err := filepath.Glob(filepath.Join(r.commonDir, "worktrees", "*", "HEAD"))
	if err != nil {
		return "", err
	}
	for _, head := range append(heads, filepath.Join(r.commonDir, "HEAD")) {
		data, err := os.ReadFile(head)
		if err != nil {
			continue
		}
		dir := filepath.Dir(head)
		if target, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "ref: "); !ok || target != ref {
			continue
		}
		if dir == r.commonDir && isTrue(r.config.Section("core").Option("bare")) {
			continue
		}
		return dir, nil
	}
	return "", nil
}

// errForeign is the error of what only git can do, or had better do: the caller turns to git then.
var errForeign = errors.New("not done natively")
