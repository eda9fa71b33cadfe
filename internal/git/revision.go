// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A Commit is a commit as read from the repository.
type Commit struct {
	Hash, Tree        odb.Hash
	Parents           []odb.Hash
	Author, Committer object.Signature
	Encoding          string
	Message           string
}

// Subject returns the first paragraph of the message on one line, as git prints it.
func (c *Commit) Subject() string {
	para, _, _ := strings.Cut(strings.TrimLeft(c.Message, "\n"), "\n\n")
	return strings.Join(strings.Fields(strings.ReplaceAll(para, "\n", " ")), " ")
}

// Resolve returns the commit that rev names: a branch, tag, full or abbreviated hash, or any
// expression of gitrevisions(7); "" is HEAD. The error matches [ErrNoRevision] where there is none,
// [ErrPlain] in a plain directory.
func (r *Repo) Resolve(rev string) (odb.Hash, error) {
	if r == nil {
		return "", fmt.Errorf("revision %q: %w", rev, ErrPlain)
	}
	return r.Peel(rev, "commit")
}

// Commit reads the commit that rev names. The errors are those of [Repo.Resolve].
func (r *Repo) Commit(rev string) (*Commit, error) {
	id, err := r.Resolve(rev)
	if err != nil {
		return nil, err
	}
	return r.ReadCommit(id)
}

// Branch returns the short name of the branch that is checked out, or "" for a detached HEAD and
// for a plain directory.
func (r *Repo) Branch() (string, error) {
	if r == nil {
		return "", nil
	}
	target, err := r.HeadTarget()
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(target, "refs/heads/"), nil
}

// IsUnborn tells whether a branch is checked out that has no commit yet.
func (r *Repo) IsUnborn() bool {
	if r == nil {
		return false
	}
	target, err := r.HeadTarget()
	if err != nil || target == "" {
		return false
	}
	_, err = r.RefValue(target)
	return errors.Is(err, fs.ErrNotExist)
}

// IsAncestor tells whether commit a is b or is in its history. Where it is not found and the history
// is shallow the error matches [ErrShallow].
func (r *Repo) IsAncestor(ctx context.Context, a, b string) (bool, error) {
	from, err := r.Resolve(a)
	if err != nil {
		return false, err
	}
	to, err := r.Resolve(b)
	if err != nil {
		return false, err
	}
	_, err = r.Git(ctx, "merge-base", "--is-ancestor", string(from), string(to))
	var failed *run.Error
	switch {
	case err == nil:
		return true, nil
	case !errors.As(err, &failed) || failed.ExitCode != 1:
		return false, err
	case r.IsShallow():
		return false, hint.Wrap(fmt.Errorf("whether %s is in %s: %w", a, b, ErrShallow), "git fetch --unshallow gets the rest")
	}
	return false, nil
}

// Blob returns the blob with the given full or abbreviated hash, as the "index" lines of patches
// name it. The error matches [ErrNoRevision] where there is none, or more than one.
func (r *Repo) Blob(prefix string) ([]byte, error) {
	if r == nil {
		return nil, fmt.Errorf("blob %s: %w", prefix, ErrPlain)
	}
	return r.blob(prefix)
}

// Identity returns name and address that git would commit with here, and the current time:
// GIT_COMMITTER_NAME, _EMAIL and _DATE, or the user's configuration.
func (r *Repo) Identity(ctx context.Context) (object.Signature, error) {
	return r.identity(ctx)
}

// FormatPatches returns the commits of a range "A..B" as git format-patch mails them, in one mbox,
// numbered, without a cover letter. Ctx ends git.
func (r *Repo) FormatPatches(ctx context.Context, revs string) ([]byte, error) {
	if r == nil {
		return nil, fmt.Errorf("commits %s: %w", revs, ErrPlain)
	}
	from, to, ok := strings.Cut(revs, "..")
	if !ok || strings.HasPrefix(to, ".") {
		return nil, hint.Wrap(fmt.Errorf("%q is not a range of commits", revs), "write it as A..B")
	}
	for _, rev := range []*string{&from, &to} {
		id, err := r.Resolve(*rev)
		if err != nil {
			return nil, err
		}
		*rev = string(id)
	}
	out, err := r.formatPatch(ctx, "--no-signature", "--full-index", "--binary", "--numbered",
		"--no-cover-letter", "--no-base", "--no-notes", from+".."+to)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(out)) == 0 {
		return nil, fmt.Errorf("%s holds no commits: %w", revs, ErrNoRevision)
	}
	return out, nil
}

// RevList returns the commits that rev names, a revision with its history or a range, newest first and without merges:
// at most limit where that is positive. The error of a rev that git does not understand matches [ErrNoRevision].
func (r *Repo) RevList(ctx context.Context, rev string, limit int) ([]odb.Hash, error) {
	if r == nil {
		return nil, fmt.Errorf("commits %s: %w", rev, ErrPlain)
	}
	out, err := r.Git(ctx, "rev-list", "--no-merges", "--max-count="+strconv.Itoa(cmp.Or(limit, -1)), "--end-of-options", rev, "--")
	var failed *run.Error
	if errors.As(err, &failed) && failed.ExitCode > 0 {
		return nil, r.noRevision(rev)
	}
	if err != nil {
		return nil, err
	}
	var list []odb.Hash
	for id := range strings.FieldsSeq(string(out)) {
		list = append(list, odb.Hash(id))
	}
	return list, nil
}

// FormatPatch returns a commit that is no merge as git format-patch -1 mails it.
func (r *Repo) FormatPatch(ctx context.Context, commit odb.Hash) ([]byte, error) {
	return r.formatPatch(ctx, "-1", string(commit))
}

// formatPatch returns what git format-patch writes, with the names in its diffs as git am wants them.
func (r *Repo) formatPatch(ctx context.Context, args ...string) ([]byte, error) {
	return r.Git(ctx, append([]string{"-c", "diff.noprefix=false", "-c", "diff.mnemonicPrefix=false",
		"format-patch", "--stdout", "--find-renames"}, args...)...)
}

// A Place is where in history a blob was found.
type Place struct {
	Commit  odb.Hash
	Subject string
	Path    string
	Blob    odb.Hash
}

// FindBlob looks, newest first, in the last limit commits of rev that touched name, for those after
// which the file had a blob whose hash begins with prefix. A limit of 0 means 200. It returns nil
// where there is none. It takes at most some seconds: it ends with what it found so far when ctx does.
func (r *Repo) FindBlob(ctx context.Context, rev, name, prefix string, limit int) ([]Place, error) {
	if r == nil {
		return nil, fmt.Errorf("history of %s: %w", name, ErrPlain)
	}
	return r.findBlob(ctx, rev, name, prefix, limit)
}
