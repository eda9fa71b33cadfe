// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/object"

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
	// said is what the reflog says of each commit.
	said []reflogEntry
	// tip is the last step without its changes; nil before the first.
	tip *Step

	// What follows is set in a git repository, and while work is done is its own.
	work         lane.Lane
	made         *odb.Pending
	root, parent []byte // the last tree and commit; nil where there is none yet
	commits      []odb.Hash
}

// A reflogEntry says who made a commit, with the time, and what it is about.
type reflogEntry struct{ who, text string }

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
	logger := s.logger()
	if who, err := git.EncodeSignature(&logger); err == nil {
		subject, _, _ := strings.Cut(s.Message, "\n")
		c.said = append(c.said, reflogEntry{who, strings.Join(strings.Fields("am: "+subject), " ")})
	} else {
		c.said = append(c.said, reflogEntry{"lsmpatch <lsmpatch@localhost> 0 +0000", "am"}) // its commit will fail
	}
	tip := *s
	tip.Changes = nil
	c.tip = &tip
	return nil
}

// logger is who the reflog says made the commit of s, and when.
func (s *Step) logger() object.Signature {
	who := s.Committer
	if !s.Logged.IsZero() {
		who.When = s.Logged
	}
	return who
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

// reflog returns what the reflog says of the last commit, as git am writes it.
func (c *Chain) reflog() string {
	if len(c.said) == 0 {
		return "am"
	}
	return c.said[len(c.said)-1].text
}

// reflogLines returns the lines of a reflog, one for each commit as git am writes them, for a ref that was at old.
func (c *Chain) reflogLines(old odb.Hash) string {
	var b strings.Builder
	for i, to := range c.commits {
		if old == "" {
			old = odb.Hash(strings.Repeat("0", len(to)))
		}
		fmt.Fprintf(&b, "%s %s %s\t%s\n", old, to, c.said[i].who, c.said[i].text)
		old = to
	}
	return b.String()
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
