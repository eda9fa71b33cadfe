// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// ExportMbox returns the stack's commits as one mailbox that git am takes.
func (s *Stack) ExportMbox(ctx context.Context, t *tree.Tree) ([]byte, error) {
	if err := s.applied(t); err != nil {
		return nil, err
	}
	if s.Lock.Head == s.Lock.Base {
		return nil, nil
	}
	return t.FormatPatches(ctx, s.Lock.Base+".."+s.Lock.Head)
}

// ExportQuilt writes the stack's commits into dir as quilt has them: a file for each patch below a folder for each entry, and
// the list "series". Comments in the list say why an entry is carried. What dir holds already stays: a file in the way is an
// error that wraps [os.ErrExist], and then nothing was written.
func (s *Stack) ExportQuilt(ctx context.Context, t *tree.Tree, dir string) ([]string, error) {
	if err := s.applied(t); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	var names []string
	var list bytes.Buffer
	for _, e := range s.Lock.Entries {
		fmt.Fprintf(&list, "# %s: %s\n", e.Name, e.Title)
		if m := s.Manifest.Entry(e.Name); m != nil && m.Why != "" {
			fmt.Fprintf(&list, "# %s\n", strings.Join(strings.Fields(m.Why), " "))
		}
		for i, p := range e.Patches {
			if p.Commit == "" {
				continue
			}
			data, err := t.FormatPatch(ctx, odb.Hash(p.Commit))
			if err != nil {
				return nil, err
			}
			name := path.Join(e.Name, fmt.Sprintf("%04d-%s.patch", i+1, slug(p.Title)))
			files[name] = data
			names = append(names, name)
			list.WriteString(name + "\n")
		}
	}
	files["series"] = list.Bytes()
	names = append(names, "series")
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return nil, hint.Wrap(fmt.Errorf("%s: %w", filepath.Join(dir, name), os.ErrExist), "export into an empty folder")
		}
	}
	for _, name := range names {
		if err := writeFile(filepath.Join(dir, name), files[name]); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// slug returns a title as git format-patch makes a file name of it.
func slug(title string) string {
	var b strings.Builder
	for _, r := range title {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '_':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String(), "-.")
	return strings.TrimRight(name[:min(len(name), 52)], "-.")
}

// ExportBranch makes a branch with one merge for each entry, as linux-next has it: the first parent is the branch so far, the
// second the entry's commits on top of it, and the message says what was merged and why. Its tree is that of the stack.
func (s *Stack) ExportBranch(ctx context.Context, t *tree.Tree, branch string, force bool) (string, error) {
	if err := s.applied(t); err != nil {
		return "", err
	}
	old, err := t.Resolve("refs/heads/" + branch)
	switch {
	case err == nil && !force:
		return "", hint.Wrap(fmt.Errorf("there is a branch %s, at %.12s", branch, string(old)), "give --force to move it")
	case err != nil && !errors.Is(err, git.ErrNoRevision):
		return "", err
	}
	tip := s.Lock.Base
	for _, e := range s.Lock.Entries {
		if tip, err = s.mergeEntry(ctx, t, e, tip); err != nil {
			return "", err
		}
	}
	args := []string{"update-ref", "-m", "lsmpatch stack export", "refs/heads/" + branch, tip}
	if old != "" {
		args = append(args, string(old))
	}
	_, err = t.Git(ctx, args...)
	return tip, err
}

// mergeEntry puts the commits of e on tip and merges them; the dates are those of the last patch, so that the same stack makes
// the same branch.
func (s *Stack) mergeEntry(ctx context.Context, t *tree.Tree, e *Locked, tip string) (string, error) {
	top := tip
	var last *git.Commit
	for _, p := range e.Patches {
		if p.Commit == "" {
			continue
		}
		c, err := t.ReadCommit(odb.Hash(p.Commit))
		if err != nil {
			return "", err
		}
		draft := &git.Draft{Author: c.Author, Committer: c.Committer, Message: c.Message, Encoding: c.Encoding}
		if top, err = writeCommit(ctx, t, c.Tree, []string{top}, draft); err != nil {
			return "", err
		}
		last = c
	}
	if last == nil {
		return tip, nil
	}
	message := fmt.Sprintf("Merge %s\n\n%s (v%d)\n", e.Name, e.Title, e.Version)
	if m := s.Manifest.Entry(e.Name); m != nil && m.Why != "" {
		message += "\n" + strings.TrimSpace(m.Why) + "\n"
	}
	if e.MessageID != "" {
		message += "\nLink: https://lore.kernel.org/r/" + e.MessageID + "\n"
	}
	return writeCommit(ctx, t, last.Tree, []string{tip, top}, &git.Draft{Author: last.Committer, Committer: last.Committer, Message: message})
}

// applied returns an error with a hint where the stack's commits are not in the tree.
func (s *Stack) applied(t *tree.Tree) error {
	if s.Lock == nil || s.Lock.Head == "" {
		return errUnlocked
	}
	if _, err := t.Resolve(s.Lock.Head); err != nil {
		return hint.Wrap(err, "`lsmpatch stack apply` makes the commits in this tree")
	}
	return nil
}

// writeCommit writes a commit object and returns its name. Of two parents the first is the branch so far.
func writeCommit(ctx context.Context, t *tree.Tree, root odb.Hash, parents []string, d *git.Draft) (string, error) {
	tree, err := hex.DecodeString(string(root))
	if err != nil {
		return "", err
	}
	parent, err := hex.DecodeString(parents[0])
	if err != nil {
		return "", err
	}
	data, err := git.EncodeCommit(tree, parent, d)
	if err != nil {
		return "", err
	}
	first := []byte("parent " + parents[0] + "\n")
	for _, p := range parents[1:] {
		data = bytes.Replace(data, first, append(bytes.Clone(first), "parent "+p+"\n"...), 1)
	}
	out, err := t.GitWith(ctx, run.Cmd{Args: []string{"hash-object", "-t", "commit", "-w", "--stdin"}, Stdin: bytes.NewReader(data)})
	return strings.TrimSpace(string(out)), err
}
