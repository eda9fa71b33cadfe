// SPDX-License-Identifier: GPL-2.0-only

package tree

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

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// land moves the ref; see [Chain.Land].
func (r *repo) land(ctx context.Context, c *Chain, opts *LandOptions) (*Landed, error) {
	out := &Landed{Base: c.base, Head: c.head(), Commits: c.commits}
	if opts.Branch != "" {
		return out, r.landBranch(ctx, out, c, opts)
	}
	if r.worktree == "" {
		return nil, hint.Wrap(fmt.Errorf("%s is a bare repository", r.gitDir), "name a branch to land on")
	}
	return out, r.landHead(ctx, out, c, opts)
}

// landBranch moves a branch that no worktree shows.
func (r *repo) landBranch(ctx context.Context, out *Landed, c *Chain, opts *LandOptions) error {
	out.Ref = opts.Branch
	if !strings.HasPrefix(out.Ref, "refs/heads/") {
		out.Ref = "refs/heads/" + out.Ref
	}
	if err := plumbing.ReferenceName(out.Ref).Validate(); err != nil || strings.HasPrefix(opts.Branch, "-") || opts.Branch == "HEAD" {
		return fmt.Errorf("%q is no name for a branch", opts.Branch)
	}
	old, err := r.refValue(out.Ref)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if old != "" && old != out.Base && !opts.Force {
		return hint.Wrap(&MovedError{Ref: out.Ref, Got: old}, "choose another name, or delete the branch first")
	}
	if dir, err := r.checkedOut(out.Ref); err != nil || dir != "" {
		return errors.Join(err, fmt.Errorf("%s is checked out in the worktree of %s", out.Ref, dir))
	}
	if opts.DryRun {
		return nil
	}
	// Git is kept out at the very end only, so that a kill leaves no lock.
	lock, err := r.prepareRef(out.Ref, old, out.Head)
	if errors.Is(err, errForeign) {
		if err := r.writeObjects(c.made); err != nil {
			return err
		}
		return r.updateRef(ctx, out, old, c, opts)
	}
	if err != nil {
		return err
	}
	defer lock.release()
	var group errgroup.Group
	group.Go(lock.sync)
	group.Go(func() error { return r.writeObjects(c.made) })
	if err := group.Wait(); err != nil {
		return err
	}
	if err := lock.take(); err != nil {
		return err
	}
	return lock.commit(c.reflogLine(old, opts))
}

func (r *repo) writeObjects(made *newObjects) error {
	r.at("objects")
	return made.write(filepath.Join(r.commonDir, "objects"))
}

// updateRef moves the ref, if it still has its old value ("": does not exist). Git inherits locks.
func (r *repo) updateRef(ctx context.Context, out *Landed, old Hash, c *Chain, opts *LandOptions, locks ...*os.File) error {
	if old == out.Head {
		return nil
	}
	r.at("ref")
	was := old
	if was == "" {
		was = hashOf(r.format.null())
	}
	var env []string
	if c.tip != nil {
		who := &c.tip.Committer
		env = []string{"GIT_COMMITTER_NAME=" + who.Name, "GIT_COMMITTER_EMAIL=" + who.Email,
			fmt.Sprintf("GIT_COMMITTER_DATE=@%d %s", who.When.Unix(), who.When.Format("-0700"))}
	}
	args := []string{"update-ref", "-m", c.reflog(opts), out.Ref, string(out.Head), string(was)}
	// Where HEAD leads to the ref, going through HEAD writes its reflog as well.
	if target, err := r.headTarget(); err == nil && target == out.Ref {
		args[3] = "HEAD"
	}
	_, err := r.gitWith(ctx, run.Cmd{Args: args, Env: env, Inherit: locks})
	if err == nil {
		return nil
	}
	if lock := lockNamed(err); lock != "" {
		return &LockedError{File: lock}
	}
	if now, readErr := r.refValue(out.Ref); readErr == nil && now != old {
		return &MovedError{Ref: out.Ref, Want: old, Got: now}
	}
	return err
}

// landHead moves the branch that is checked out, with index and worktree.
func (r *repo) landHead(ctx context.Context, out *Landed, c *Chain, opts *LandOptions) error {
	target, err := r.headTarget()
	if err != nil {
		return err
	}
	if out.Ref = target; target == "" {
		out.Ref = "HEAD"
	}
	now, err := r.refValue("HEAD")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if now != out.Base {
		return &MovedError{Ref: out.Ref, Want: out.Base, Got: now}
	}
	if opts.DryRun {
		if err := r.tryNative(ctx, out, c); !errors.Is(err, errForeign) {
			return err
		}
	}
	l, err := r.beginLanding(out, slices.Sorted(maps.Keys(c.last)))
	if err != nil {
		return err
	}
	return l.finish(l.run(ctx, c, opts))
}

// tryNative checks whether a landing would succeed, without a lock, so that it works where nothing can be
// written. The error matches errForeign where only git can tell.
func (r *repo) tryNative(ctx context.Context, out *Landed, c *Chain) error {
	note := landingNote{Ref: out.Ref, Base: string(out.Base), Head: string(out.Head), Paths: slices.Sorted(maps.Keys(c.last))}
	n := &nativeLanding{landing: &landing{repo: r, landingNote: note}, chain: c}
	defer n.close()
	return n.prepare(ctx)
}
