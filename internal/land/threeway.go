// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// A ThreeWay is what came of [Merge].
type ThreeWay struct {
	// Changes are those that the merge makes to the tree that it was given; nil where Reason or
	// Conflicts say why there are none.
	Changes []tree.Change
	// Conflicts are the files that could not be merged.
	Conflicts []MergeConflict
	// Reason says why no merge could be tried: the repository lacks the files that the patch was
	// made for, or the patch does not even fit those.
	Reason string
}

// A MergeConflict is a file that two sides changed in different ways.
type MergeConflict struct {
	Path string
	// Base, Ours and Theirs say who has a file of that path: what the patch was made for, the tree, and
	// the patch. Where both sides renamed a file, they may all be false but one.
	Base, Ours, Theirs bool
	// Merged is the file as git leaves it, with conflict markers where lines are in conflict; nil where
	// that is the tree's own.
	Merged []byte
}

// Merge does what git am -3 does with a patch that does not apply: it makes a tree of the
// files that the index lines of diff name, applies diff to that, and merges the difference into
// commit base with before on top. All is done by git, in a repository of its own beside this
// one, which keeps its objects to itself; nothing is written here. Title names the patch in
// conflict markers; args are those of git apply that say how names are read. Ctx ends git.
func Merge(ctx context.Context, t *tree.Tree, base odb.Hash, before []tree.Change, diff []byte, title string, args ...string) (*ThreeWay, error) {
	if t.Repo == nil {
		return nil, fmt.Errorf("merging: %s: %w", t.Dir(), git.ErrPlain)
	}
	dir, err := os.MkdirTemp("", "lsmpatch-merge-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	config, err := t.Repo.ConfigOf(ctx, `^(merge\.|diff\.(renames|renamelimit|algorithm)$|core\.(whitespace|attributesfile)$)`)
	if err != nil {
		return nil, err
	}
	m := &scratch{dir: dir, config: config, name: t.BlobName}
	if err := m.init(ctx, t.Repo, base, before); err != nil {
		return nil, fmt.Errorf("preparing a merge: %w", err)
	}
	return m.merge(ctx, diff, title, args)
}

// A scratch is the repository in which a merge is made. It borrows the objects of another.
type scratch struct {
	dir    string
	config []string // options "-c key=value" of git
	name   func(data []byte) odb.Hash
}

func (m *scratch) git(ctx context.Context, stdin string, env []string, args ...string) ([]byte, error) {
	return run.Output(ctx, m.command(stdin, env, args, nil))
}

// command returns git with args; tee gets what it prints, and may be nil.
func (m *scratch) command(stdin string, env, args []string, tee io.Writer) run.Cmd {
	return run.Cmd{
		Args: slices.Concat([]string{"git"}, m.config, []string{"-c", "merge.directoryRenames=false"}, args),
		Dir:  m.dir, Env: run.GitEnv(env...), Stdin: strings.NewReader(stdin), Tee: tee,
	}
}

// init makes HEAD and the index be base with the changes of before. Without r the repository stands
// alone.
func (m *scratch) init(ctx context.Context, r *git.Repo, base odb.Hash, before []tree.Change) error {
	args := []string{"init", "-q", "-b", "ours"}
	if r != nil {
		args = append(args, "--object-format="+r.Format.Name)
	}
	if _, err := m.git(ctx, "", nil, append(args, ".")...); err != nil {
		return err
	}
	if r != nil {
		if err := m.borrow(r); err != nil {
			return err
		}
	}
	if _, err := m.git(ctx, string(importStream(base, before)), nil, "fast-import", "--quiet", "--done"); err != nil {
		return err
	}
	_, err := m.git(ctx, "", nil, "read-tree", "HEAD")
	return err
}

// borrow lets m use the objects and the attributes of r.
func (m *scratch) borrow(r *git.Repo) error {
	alternates := filepath.Join(m.dir, ".git", "objects", "info", "alternates")
	if err := os.WriteFile(alternates, []byte(filepath.Join(r.CommonDir, "objects")+"\n"), 0o666); err != nil {
		return err
	}
	// They may name merge drivers. The attributes that are in the tree come with the index.
	attributes := filepath.Join("info", "attributes")
	data, err := os.ReadFile(filepath.Join(r.CommonDir, attributes))
	if err == nil {
		err = os.WriteFile(filepath.Join(m.dir, ".git", attributes), data, 0o666)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err
}

// importStream returns the input of git fast-import that makes a commit of changes on base, or on nothing.
func importStream(base odb.Hash, changes []tree.Change) []byte {
	var b bytes.Buffer
	b.WriteString("commit refs/heads/ours\ncommitter lsmpatch <> 0 +0000\ndata 0\n")
	if base != "" {
		fmt.Fprintf(&b, "from %s\n", base)
	}
	for _, gone := range []bool{true, false} {
		for _, c := range changes {
			name := importPath(c.Path)
			switch {
			case c.Deleted() != gone:
			case gone:
				fmt.Fprintf(&b, "D %s\n", name)
			case c.Mode == filemode.Submodule:
				fmt.Fprintf(&b, "M 160000 %s %s\n", c.Hash, name)
			default:
				fmt.Fprintf(&b, "M %06o inline %s\ndata %d\n", uint32(c.Mode), name, len(c.Data))
				b.Write(c.Data)
				b.WriteByte('\n')
			}
		}
	}
	b.WriteString("\ndone\n")
	return b.Bytes()
}

// importPath quotes a path as fast-import reads it.
func importPath(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(name) + `"`
}

// merge applies diff to what it was made for, and merges the result into the index.
func (m *scratch) merge(ctx context.Context, diff []byte, title string, args []string) (*ThreeWay, error) {
	origin, theirs, err := m.sides(ctx, diff, args)
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return &ThreeWay{Reason: refused.reason}, nil
	case err != nil:
		return nil, err
	}
	_, err = m.git(ctx, "", []string{"GITHEAD_" + theirs + "=" + title}, "merge-recursive", origin, "--", "HEAD", theirs)
	var failed *run.Error
	switch {
	case err == nil:
		return m.changes(ctx)
	case errors.As(err, &failed) && failed.ExitCode == 1:
		return m.conflicts(ctx)
	}
	return nil, err
}

// sides returns the tree that diff was made for, as far as its index lines tell, and that with diff.
func (m *scratch) sides(ctx context.Context, diff []byte, args []string) (origin, theirs string, err error) {
	if !slices.Contains(args, "--whitespace=nowarn") {
		remove, err := m.layAttributes(ctx)
		if err != nil {
			return "", "", err
		}
		defer remove()
	}
	const lacking = "the repository lacks the files that the patch was made for"
	other := []string{"GIT_INDEX_FILE=" + filepath.Join(m.dir, ".git", "other-index")}
	apply := append([]string{"apply"}, args...)
	if _, err := m.git(ctx, string(diff), nil, append(apply, "--build-fake-ancestor=.git/other-index")...); err != nil {
		return "", "", refuse(err, lacking)
	}
	before, err := m.git(ctx, "", other, "write-tree")
	if err != nil {
		return "", "", refuse(err, lacking)
	}
	if _, err := m.git(ctx, string(diff), other, append(apply, "--cached")...); err != nil {
		return "", "", refuse(err, "the patch does not fit the files that its index lines name either")
	}
	after, err := m.git(ctx, "", other, "write-tree")
	return strings.TrimSpace(string(before)), strings.TrimSpace(string(after)), err
}

// A refusal says why no merge can be tried.
type refusal struct {
	reason string
	err    error
}

func (e *refusal) Error() string { return e.reason }

func (e *refusal) Unwrap() error { return e.err }

// refuse gives the failure of a step that is about the patch its reason.
func refuse(err error, reason string) error {
	var failed *run.Error
	if errors.As(err, &failed) && failed.ExitCode > 0 {
		return &refusal{reason, err}
	}
	return err
}

// changes returns how the index differs from HEAD.
func (m *scratch) changes(ctx context.Context) (*ThreeWay, error) {
	out, err := m.git(ctx, "", nil, "diff-index", "--cached", "--raw", "--no-renames", "--abbrev=64", "-z", "HEAD")
	if err != nil {
		return nil, err
	}
	merged := &ThreeWay{}
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		// ":100644 100644 OLD NEW M", then the path
		meta := strings.Fields(fields[i])
		if len(meta) != 5 {
			return nil, fmt.Errorf("git diff-index printed %q", fields[i])
		}
		mode, err := strconv.ParseUint(meta[1], 8, 32)
		if err != nil {
			return nil, err
		}
		c := tree.Change{Path: fields[i+1], Mode: filemode.FileMode(mode), Hash: odb.Hash(meta[3])}
		switch c.Mode {
		case filemode.Empty:
			c.Hash = ""
		case filemode.Submodule:
		default:
			if c.Data, err = m.git(ctx, "", nil, "cat-file", "blob", meta[3]); err != nil {
				return nil, err
			}
		}
		merged.Changes = append(merged.Changes, c)
	}
	return merged, nil
}

// conflicts returns the files that are left unmerged in the index.
func (m *scratch) conflicts(ctx context.Context) (*ThreeWay, error) {
	out, err := m.git(ctx, "", nil, "ls-files", "-u", "-z")
	if err != nil {
		return nil, err
	}
	var all []MergeConflict
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		// "100644 HASH STAGE", then a tab and the path, up to three of a path
		meta, name, _ := strings.Cut(entry, "\t")
		fields := strings.Fields(meta)
		if len(fields) != 3 {
			return nil, fmt.Errorf("git ls-files printed %q", entry)
		}
		if len(all) == 0 || all[len(all)-1].Path != name {
			data, err := m.left(name)
			if err != nil {
				return nil, err
			}
			all = append(all, MergeConflict{Path: name, Merged: data})
		}
		all[len(all)-1].add(fields[2], m.name(all[len(all)-1].Merged) == odb.Hash(fields[1]))
	}
	return &ThreeWay{Conflicts: all}, nil
}

// add notes a stage of the index. Same says that the file left is just that: the tree's own is no news.
func (c *MergeConflict) add(stage string, same bool) {
	switch stage {
	case "1":
		c.Base = true
	case "2":
		c.Ours = true
		if same {
			c.Merged = nil
		}
	case "3":
		c.Theirs = true
	}
}

// left returns the file that the merge left at name, nil where there is none.
func (m *scratch) left(name string) ([]byte, error) {
	if tree.CheckPath(name) != nil {
		return nil, nil
	}
	full := filepath.Join(m.dir, name)
	info, err := os.Lstat(full)
	if err != nil || !info.Mode().IsRegular() {
		return nil, nil
	}
	return os.ReadFile(full)
}
