// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// landRepo moves the ref; see [Chain.Land].
func landRepo(r *git.Repo, ctx context.Context, c *Chain, opts *Options) (*Landed, error) {
	out := &Landed{Base: c.base, Head: c.head(), Commits: c.commits}
	if opts.Branch != "" {
		return out, landBranch(r, ctx, out, c, opts)
	}
	if r.Worktree == "" {
		return nil, hint.Wrap(fmt.Errorf("%s is a bare repository", r.GitDir), "name a branch to land on")
	}
	return out, landHead(r, ctx, out, c, opts)
}

// landBranch moves a branch that no worktree shows.
func landBranch(r *git.Repo, ctx context.Context, out *Landed, c *Chain, opts *Options) error {
	out.Ref = opts.Branch
	if !strings.HasPrefix(out.Ref, "refs/heads/") {
		out.Ref = "refs/heads/" + out.Ref
	}
	if err := plumbing.ReferenceName(out.Ref).Validate(); err != nil || strings.HasPrefix(opts.Branch, "-") || opts.Branch == "HEAD" {
		return fmt.Errorf("%q is no name for a branch", opts.Branch)
	}
	old, err := r.RefValue(out.Ref)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if old != "" && old != out.Base && old != opts.From && !opts.Force {
		return hint.Wrap(&git.MovedError{Ref: out.Ref, Got: old}, "choose another name, or delete the branch first")
	}
	if dir, err := r.CheckedOut(out.Ref); err != nil || dir != "" {
		return errors.Join(err, fmt.Errorf("%s is checked out in the worktree of %s", out.Ref, dir))
	}
	if opts.DryRun {
		return nil
	}
	sync, err := r.Fsync(ctx)
	if err != nil {
		return err
	}
	// Git is kept out at the very end only, so that a kill leaves no lock.
	lock, err := r.PrepareRef(out.Ref, old, out.Head)
	if errors.Is(err, git.ErrForeign) {
		if err := writeObjects(r, c.made, sync); err != nil {
			return err
		}
		return updateRef(r, ctx, out, old, c)
	}
	if err != nil {
		return err
	}
	defer lock.Release()
	var group errgroup.Group
	group.Go(func() error { return syncRef(lock, sync) })
	group.Go(func() error { return writeObjects(r, c.made, sync) })
	if err := group.Wait(); err != nil {
		return err
	}
	if err := lock.Take(); err != nil {
		return err
	}
	return lock.Commit(c.reflogLines(old))
}

func writeObjects(r *git.Repo, made *odb.Pending, sync git.Fsync) error {
	r.At("objects")
	objects := filepath.Join(r.CommonDir, "objects")
	if !r.IsShared() {
		return made.Write(objects, sync.Durable)
	}
	before := slices.DeleteFunc(made.Files(objects), func(name string) bool { _, err := os.Lstat(name); return err != nil })
	if err := made.Write(objects, sync.Durable); err != nil {
		return err
	}
	return r.Share(slices.DeleteFunc(made.Files(objects), func(name string) bool { return slices.Contains(before, name) })...)
}

// syncRef has the new value of a ref on the disk before the ref gets it, where git would.
func syncRef(lock *git.RefLock, sync git.Fsync) error {
	if !sync.Reference {
		return nil
	}
	return lock.Sync()
}

// updateRef moves the ref, if it still has its old value ("": does not exist). Git inherits locks.
func updateRef(r *git.Repo, ctx context.Context, out *Landed, old odb.Hash, c *Chain, locks ...*os.File) error {
	if old == out.Head {
		return nil
	}
	r.At("ref")
	was := old
	if was == "" {
		was = odb.HashOf(r.Format.Null())
	}
	var env []string
	if c.tip != nil {
		who := c.tip.logger()
		env = []string{"GIT_COMMITTER_NAME=" + who.Name, "GIT_COMMITTER_EMAIL=" + who.Email,
			fmt.Sprintf("GIT_COMMITTER_DATE=@%d %s", who.When.Unix(), who.When.Format("-0700"))}
	}
	args := []string{"update-ref", "-m", c.reflog(), out.Ref, string(out.Head), string(was)}
	// Where HEAD leads to the ref, going through HEAD writes its reflog as well.
	if target, err := r.HeadTarget(); err == nil && target == out.Ref {
		args[3] = "HEAD"
	}
	_, err := r.UpdateRef(ctx, run.Cmd{Args: args, Env: env, Inherit: locks})
	if err == nil {
		return nil
	}
	if lock := git.LockNamed(err); lock != "" {
		return &git.LockedError{File: lock}
	}
	if now, readErr := r.RefValue(out.Ref); readErr == nil && now != old {
		return &git.MovedError{Ref: out.Ref, Want: old, Got: now}
	}
	return err
}

// inTheMidst are the things that HEAD must not move under. Of a rebase that stopped for its user, and of a bisect, git am
// may make use.
var inTheMidst = []string{"am", "rebase --apply", "merge", "cherry-pick", "revert"}

func article(word string) string {
	if word[0] == 'a' {
		return "an " + word
	}
	return "a " + word
}

// CheckIdle returns an error with a hint where git is in the midst of something that HEAD must not move under.
func CheckIdle(r *git.Repo) error {
	busy := r.InProgress()
	if !slices.Contains(inTheMidst, busy) {
		return nil
	}
	way := "finish it: git " + strings.TrimSuffix(busy, " --apply") + " --continue, or --abort"
	if r.HasStrayAm() {
		way = "it left nothing to go on with: git am --abort removes what it left"
	}
	return hint.Wrap(fmt.Errorf("git is in the midst of %s here", article(busy)), way+"; or put the series on a branch with --branch")
}

// landHead moves the branch that is checked out, with index and worktree.
func landHead(r *git.Repo, ctx context.Context, out *Landed, c *Chain, opts *Options) error {
	if !opts.DryRun {
		if err := CheckIdle(r); err != nil {
			return err
		}
	}
	target, err := r.HeadTarget()
	if err != nil {
		return err
	}
	if out.Ref = target; target == "" {
		out.Ref = "HEAD"
	}
	now, err := r.RefValue("HEAD")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if now != out.Base {
		return &git.MovedError{Ref: out.Ref, Want: out.Base, Got: now}
	}
	if opts.DryRun {
		return try(r, ctx, out, c)
	}
	l, err := beginLanding(r, out, slices.Sorted(maps.Keys(c.last)))
	if err != nil {
		return err
	}
	return l.finish(l.run(ctx, c))
}

// try checks whether a landing would succeed, without a lock or a file of ours in the repository, so that it works where
// nothing can be written.
func try(r *git.Repo, ctx context.Context, out *Landed, c *Chain) error {
	l := &landing{repo: r, landingNote: landingNote{Ref: out.Ref, Base: string(out.Base), Head: string(out.Head), Paths: slices.Sorted(maps.Keys(c.last))}}
	n := &nativeLanding{landing: l, chain: c}
	defer n.close()
	if err := n.prepare(ctx); !errors.Is(err, git.ErrForeign) {
		return err
	}
	dir, err := os.MkdirTemp("", "lsmpatch-index-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l.index = filepath.Join(dir, "index")
	changes, err := l.netChanges(c)
	if err != nil {
		return err
	}
	return l.prepareByGit(ctx, changes)
}
