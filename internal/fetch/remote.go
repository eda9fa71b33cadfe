// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// fetchedRef keeps what was fetched from being collected as garbage.
const fetchedRef = "refs/lsmpatch/base"

// source returns what to fetch from where, with the defaults filled in.
func (o *Options) source() (remote, rev string, err error) {
	remote, rev = o.Remote, o.Commit
	if remote == "" {
		remote = Mainline
	}
	if rev == "" {
		rev = "HEAD"
	}
	return remote, rev, checkFetch(remote, rev)
}

// begin opens or makes the repository that a fetch goes into and claims it, so that no other fetch is at work there.
// It returns what to fetch from where as well. Where err is nil the caller calls end.
func (o *Options) begin(ctx context.Context, initArgs ...string) (r *git.Repo, remote, rev string, err error) {
	if remote, rev, err = o.source(); err != nil {
		return nil, "", "", err
	}
	if r, err = openOrInit(ctx, o.Dir, initArgs...); err != nil {
		return nil, "", "", err
	}
	if o.claim, err = claimRepo(ctx, r); err != nil {
		return nil, "", "", err
	}
	if err := borrow(r, o.Reference); err != nil {
		return nil, "", "", o.end(r, err)
	}
	return r, remote, rev, nil
}

// end gives up the claim of begin and closes the repository. It returns how the fetch ended, which was err.
func (o *Options) end(r *git.Repo, err error) error {
	r.Store.Close()
	return errors.Join(err, o.claim.end(err))
}

// fetchRemote is Fetch from a git remote.
func fetchRemote(ctx context.Context, opts *Options, initArgs ...string) (_ *Fetched, err error) {
	r, remote, rev, err := opts.begin(ctx, initArgs...)
	if err != nil {
		return nil, err
	}
	defer func() { err = opts.end(r, err) }()
	out := &Fetched{Dir: opts.Dir, Source: remote}
	head, _ := r.RefValue("HEAD")
	var id odb.Hash
	if !r.IsPartial() {
		id = fetchedBefore(r, rev)
	}
	if id == "" {
		if rev, err = fullRevision(ctx, r, remote, rev); err != nil {
			return nil, err
		}
		if id, err = fetchWhole(r, ctx, opts, remote, rev); err != nil {
			return nil, err
		}
	}
	out.Commit, out.Changed = id, id != head
	if !out.Changed || opts.ObjectsOnly {
		return out, nil
	}
	return out, checkoutCommit(r, ctx, id, opts)
}

func checkFetch(remote, rev string) error {
	if strings.HasPrefix(remote, "-") {
		return fmt.Errorf("%q is no remote", remote)
	}
	if strings.HasPrefix(rev, "-") || strings.ContainsAny(rev, ":+^~*?[\\ ") || strings.Contains(rev, "..") {
		return hint.Wrap(fmt.Errorf("%q cannot be fetched", rev), "give a full hash, a tag or a branch")
	}
	return nil
}

// openOrInit opens the repository at dir, or makes one where there is nothing.
func openOrInit(ctx context.Context, dir string, initArgs ...string) (*git.Repo, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if r, err := git.At(abs); r != nil || err != nil {
		return r, err
	}
	list, err := os.ReadDir(abs)
	if err != nil {
		return nil, err
	}
	if isCutInit(abs, list) {
		if err := os.RemoveAll(filepath.Join(abs, ".git")); err != nil {
			return nil, err
		}
		list = nil
	}
	if len(list) > 0 {
		return nil, hint.Wrap(fmt.Errorf("%s is neither empty nor a git repository", dir), "name another folder")
	}
	args := append([]string{"git", "-c", "init.defaultBranch=main", "init", "-q", "--template="}, append(initArgs, abs)...)
	if _, err := run.Output(ctx, run.Cmd{Args: args, Env: run.GitEnv()}); err != nil {
		return nil, err
	}
	r, err := git.At(abs)
	if err == nil && r == nil {
		err = fmt.Errorf("git init made no repository in %s", dir)
	}
	return r, err
}

// isCutInit tells whether all that a folder holds is what a git init that was killed has left: a repository without
// any object.
func isCutInit(dir string, list []fs.DirEntry) bool {
	if len(list) != 1 || list[0].Name() != ".git" || !list[0].IsDir() {
		return false
	}
	objects := 0
	_ = filepath.WalkDir(filepath.Join(dir, ".git", "objects"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			objects++
		}
		return nil // what cannot be read will not be removed either
	})
	return objects == 0
}

// borrow lets the repository use the objects of another one.
func borrow(r *git.Repo, reference string) error {
	if reference == "" {
		return nil
	}
	abs, err := filepath.Abs(reference)
	if err != nil {
		return err
	}
	other, err := git.Find(abs)
	if err != nil {
		return err
	}
	if other == nil {
		return fmt.Errorf("%s, to borrow objects from, is not a git repository", reference)
	}
	defer other.Store.Close()
	objects := filepath.Join(r.CommonDir, "objects")
	name, line := filepath.Join(objects, "info", "alternates"), filepath.Join(other.CommonDir, "objects")+"\n"
	have, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if strings.Contains("\n"+string(have), "\n"+line) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(name, append(have, line...), 0o666); err != nil {
		return err
	}
	r.Store, err = odb.OpenStore(objects, r.Format)
	return err
}

// fetchedBefore returns the commit of a full hash, where it is there already with its files.
func fetchedBefore(r *git.Repo, rev string) odb.Hash {
	if !fullHash.MatchString(rev) {
		return ""
	}
	id, err := r.Peel(rev, "commit")
	if err != nil {
		return ""
	}
	if kept, err := r.RefValue(fetchedRef); err != nil || kept != id {
		// The commit alone, of a fetch that was cut short or filtered, is not enough.
		if head, err := r.RefValue("HEAD"); err != nil || head != id {
			return ""
		}
	}
	return id
}

// fetch gets one commit and points fetchedRef at it. It returns what git said as well.
func fetch(r *git.Repo, ctx context.Context, opts *Options, remote, rev string, more ...string) (odb.Hash, string, error) {
	args := append([]string{"fetch", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--force", "--progress"}, more...)
	if withoutHistory(r) {
		args = append(args, "--depth=1")
	}
	args = append(args, "--", remote, "+"+rev+":"+fetchedRef)
	said, err := transfer(r, ctx, opts, "", args...)
	if err != nil {
		return "", said, fetchError(err, remote, rev)
	}
	r.Store.Refresh()
	id, err := r.Peel(fetchedRef, "commit")
	if err != nil {
		err = fmt.Errorf("%s of %s: %w", rev, remote, err)
	}
	return id, said, err
}

// withoutHistory tells whether the repository has no history that a shallow fetch would cut off.
func withoutHistory(r *git.Repo) bool {
	_, err := r.RefValue("HEAD")
	_, imported := os.Lstat(filepath.Join(r.GitDir, archiveNote))
	return err != nil || imported == nil || r.IsShallow()
}

// checkoutCommit brings index and worktree to a commit, with HEAD detached there.
func checkoutCommit(r *git.Repo, ctx context.Context, id odb.Hash, opts *Options) error {
	if r.Worktree == "" {
		return nil
	}
	args := []string{"-c", "advice.detachedHead=false", "-c", "checkout.workers=0", "-c", "gc.auto=0", "checkout", "--detach"}
	if opts.Progress != nil {
		args = append(args, "--progress")
	} else {
		args = append(args, "--quiet")
	}
	if opts.claim != nil && opts.claim.fresh {
		args = append(args, "--force") // what lies there is what a fetch that was cut has left
	}
	bounds := opts.limits()
	_, err := run.Output(ctx, bounds.limited(r.AsUser(run.Cmd{Args: append(args, string(id), "--"), Tee: opts.Progress, Inherit: opts.inherited()})))
	var failed *run.Error
	if !errors.As(err, &failed) || ctx.Err() != nil {
		return err
	}
	failed.Args = []string{"git", "checkout", string(id)}
	if paths := wouldOverwrite(string(failed.Output)); len(paths) > 0 {
		return hint.Wrap(&git.DirtyError{Paths: paths}, "commit or remove the changes, or fetch into another folder")
	}
	if lock := git.LockNamed(err); lock != "" {
		return &git.LockedError{File: lock}
	}
	return err
}

// wouldOverwrite reads the list that git checkout prints below its complaint.
func wouldOverwrite(output string) []string {
	_, list, ok := strings.Cut(output, "would be overwritten by checkout:\n")
	if !ok {
		return nil
	}
	var paths []string
	for line := range strings.Lines(list) {
		name, ok := strings.CutPrefix(line, "\t")
		if !ok {
			break
		}
		paths = append(paths, strings.TrimSuffix(name, "\n"))
	}
	return paths
}
