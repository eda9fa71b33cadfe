// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/lane"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// A Chain is a series of commits that is made in memory, step by step, and then lands as a whole.
// Of each file it holds the first and the last version, and of those between only how they differ.
// The commits are made in the background, while the caller works out the next steps.
type Chain struct {
	tree *tree.Tree
	base odb.Hash
	// last has the last change of each path.
	last map[string]tree.Change
	// tip is the last step without its changes; nil before the first.
	tip *Step

	// What follows is set in a git repository, and while work is done is its own.
	work         lane.Lane
	made         *odb.Pending
	root, parent []byte // the last tree and commit; nil where there is none yet
	commits      []odb.Hash
}

// NewChain begins a chain of commits on base. Where base is "", in a repository whose branch has no
// commit yet, the first one will have no parent. In a plain directory base must be "", and the steps
// are what happens to its files.
func NewChain(t *tree.Tree, base odb.Hash) (*Chain, error) {
	// A step has whole files in it, so few of them may wait.
	c := &Chain{tree: t, base: base, last: map[string]tree.Change{}, work: lane.Lane{Length: 2}}
	if t.Repo == nil {
		return c, nil
	}
	c.made = odb.NewPending(t.Repo.Store)
	if base == "" {
		return c, nil
	}
	start, err := t.Repo.ReadCommit(base)
	if err != nil {
		return nil, err
	}
	c.root, c.parent = start.Tree.Raw(), base.Raw()
	return c, nil
}

// Add has the commit of one step made, in memory. The data of its changes must not be changed later. The
// error matches [tree.ErrPath] where a path must not be written; other errors are those of [Chain.Wait].
func (c *Chain) Add(s *Step) error {
	for _, change := range s.Changes {
		if err := tree.CheckPath(change.Path); err != nil {
			return err
		}
	}
	if c.made != nil {
		c.work.Do(func() error { return c.commit(s) })
	}
	for _, change := range s.Changes {
		c.last[change.Path] = change
	}
	tip := *s
	tip.Changes = nil
	c.tip = &tip
	return nil
}

func (c *Chain) commit(s *Step) error {
	root, commit, err := makeCommit(c.made, c.root, c.parent, s)
	if err != nil {
		return err
	}
	c.root, c.parent = root, commit
	c.commits = append(c.commits, odb.HashOf(commit))
	return nil
}

// Wait returns once the commits of all steps are made, with the first error.
func (c *Chain) Wait() error { return c.work.Wait() }

// Close ends what is still going on in the background. The chain cannot be
// used afterwards.
func (c *Chain) Close() error {
	err := c.work.Drop()
	if c.made != nil {
		err = errors.Join(err, c.made.Close())
	}
	return err
}

// head returns the last commit.
func (c *Chain) head() odb.Hash {
	if len(c.commits) == 0 {
		return c.base
	}
	return c.commits[len(c.commits)-1]
}

// reflog returns what the reflog says of the landing.
func (c *Chain) reflog(opts *Options) string {
	if opts.Reflog != "" || c.tip == nil {
		return opts.Reflog
	}
	last := git.Commit{Message: c.tip.Message}
	return "lsmpatch: " + last.Subject()
}

// reflogLine returns the line of a reflog.
func (c *Chain) reflogLine(old odb.Hash, opts *Options) string {
	to := c.head()
	if old == "" {
		old = odb.Hash(strings.Repeat("0", len(to)))
	}
	who := "lsmpatch <lsmpatch@localhost> 0 +0000"
	if c.tip != nil {
		if line, err := git.EncodeSignature(&c.tip.Committer); err == nil {
			who = line
		}
	}
	message := strings.Join(strings.Fields(c.reflog(opts)), " ")
	return fmt.Sprintf("%s %s %s\t%s\n", old, to, who, message)
}

// Land moves a ref to the last commit of the chain: the current branch, together with index and
// worktree, or the branch of the options alone. Without a branch, the base must be the commit that
// HEAD points at. In a plain directory the changes are made to the files.
//
// All or nothing: the ref moves after everything is written. Where the process is killed in
// between, the next [Open] of the repository brings index and worktree to where the ref is; in a
// plain directory it brings back the old files.
//
// Local changes to paths that no step touches stay. The error is a [*git.DirtyError] where touched
// paths differ from the index, a [*git.LockedError] where someone holds a lock, and a [*git.MovedError]
// where a ref moved meanwhile.
func (c *Chain) Land(ctx context.Context, opts *Options) (*Landed, error) {
	if opts == nil {
		opts = &Options{}
	}
	if c.tree.Repo == nil {
		return landPlain(ctx, c.tree, c, opts)
	}
	if err := c.Wait(); err != nil {
		return nil, err
	}
	return landRepo(c.tree.Repo, ctx, c, opts)
}
