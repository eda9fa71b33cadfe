// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// promisor is the remote of a repository that leaves blobs where they are until they are read.
const promisor = "origin"

// blobless asks the remote for commits and trees, without the content of files.
const blobless = "--filter=blob:none"

// fetchPaths is Fetch of what some paths need: one request for the commit and its trees, one for the
// blobs. For Linux, that is a hundredth of a whole shallow fetch.
func fetchPaths(ctx context.Context, opts *FetchOptions) (*Fetched, error) {
	remote, rev, err := opts.source()
	if err != nil {
		return nil, err
	}
	r, err := openOrInit(ctx, opts.Dir, "--bare")
	if err != nil {
		return nil, err
	}
	defer func() { r.store.close() }()
	if err := r.borrow(opts.Reference); err != nil {
		return nil, err
	}
	out := &Fetched{Dir: opts.Dir, Source: remote}
	before, _ := r.refValue(fetchedRef)
	if out.Commit = r.fetchedBefore(rev); out.Commit == "" {
		if rev, err = fullRevision(ctx, r, remote, rev); err != nil {
			return nil, err
		}
		var said string
		if out.Commit, said, err = r.fetchBlobless(ctx, opts, remote, rev); err != nil {
			return nil, err
		}
		if strings.Contains(said, "filtering not recognized") {
			out.Note = remote + " cannot filter, so all files of the commit were fetched"
		}
	}
	fresh, err := r.prefetch(ctx, opts, string(out.Commit), opts.Paths)
	if err != nil {
		return nil, fetchError(err, remote, rev)
	}
	out.Changed = fresh || before != out.Commit
	if r.worktree == "" && before != out.Commit {
		_, err = r.git(ctx, "update-ref", "--no-deref", "HEAD", string(out.Commit))
	}
	return out, err
}

// fetchBlobless fetches a commit and its trees. Git notes that the rest is still at the remote, so the
// repository is read anew afterwards.
func (r *repo) fetchBlobless(ctx context.Context, opts *FetchOptions, remote, rev string) (id Hash, said string, err error) {
	if _, err := r.git(ctx, "config", "remote."+promisor+".url", remote); err != nil {
		return "", "", err
	}
	if id, said, err = r.fetch(ctx, opts, promisor, rev, blobless); err != nil {
		return "", said, err
	}
	again, err := openRepo(r.gitDir, r.worktree)
	if err != nil {
		return "", said, err
	}
	if err := r.store.close(); err != nil {
		return "", said, err
	}
	*r = *again
	return id, said, nil
}

// Prefetch brings the blobs at and below some paths of a revision from the remote of a partial clone,
// in one request, so that reading them later needs none. A path that does not exist is no error. In
// other repositories, and in plain directories, there is nothing to do.
func (t *Tree) Prefetch(ctx context.Context, rev string, paths []string) error {
	if t.repo == nil || !t.repo.isPartial() {
		return nil
	}
	_, err := t.repo.prefetch(ctx, &FetchOptions{}, rev, paths)
	return err
}

// prefetch tells whether anything was missing.
func (r *repo) prefetch(ctx context.Context, opts *FetchOptions, rev string, paths []string) (bool, error) {
	root, err := r.resolve(rev, "tree")
	if err != nil {
		return false, err
	}
	snapshot, err := newGitFS(r.store, root)
	if err != nil {
		return false, err
	}
	want := map[string]bool{}
	for _, name := range paths {
		if err := snapshot.missingBelow(path.Clean(name), want); err != nil {
			return false, err
		}
	}
	return len(want) > 0, r.fetchObjects(ctx, opts, sortedKeys(want))
}

// fetchObjects gets objects by name from the promisor.
func (r *repo) fetchObjects(ctx context.Context, opts *FetchOptions, names []string) error {
	if len(names) == 0 {
		return nil
	}
	_, err := r.transfer(ctx, opts, strings.NewReader(strings.Join(names, "\n")+"\n"),
		"-c", "fetch.negotiationAlgorithm=noop", "fetch", "--no-tags", "--no-write-fetch-head",
		"--recurse-submodules=no", blobless, "--stdin", promisor)
	r.store.refresh()
	return err
}

// missingBelow adds the names of the blobs at and below a path that the store does not hold.
func (g *gitFS) missingBelow(name string, want map[string]bool) error {
	e, err := g.find(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return nil
	}
	if err != nil {
		return err
	}
	switch e.mode {
	case filemode.Submodule:
	case filemode.Dir:
		list, err := g.tree(name)
		if err != nil {
			return err
		}
		for i := range list {
			if err := g.missingBelow(path.Join(name, list[i].name), want); err != nil {
				return err
			}
		}
	default:
		if !g.store.has(e.id) {
			want[hex.EncodeToString(e.id)] = true
		}
	}
	return nil
}

// batch is how many blobs a resumable fetch asks for at once: some 25 MB of Linux.
const batch = 8000

// fetchWhole gets a commit with all its files. Git cannot go on with a pack whose connection was cut,
// so after a cut the commit and its trees are fetched, and then the blobs in batches: what a batch
// brought stays, and only what is missing is asked for again, in this call or in a later one.
func (r *repo) fetchWhole(ctx context.Context, opts *FetchOptions, remote, rev string) (Hash, error) {
	if !r.isPartial() {
		id, _, err := r.fetch(ctx, opts, remote, rev)
		if err == nil || !cutShort(err) || ctx.Err() != nil {
			return id, err
		}
		if opts.Progress != nil {
			fmt.Fprintln(opts.Progress, "the connection was cut; going on in smaller steps")
		}
	}
	var id Hash
	err := persist(ctx, func() (err error) {
		id, _, err = r.fetchBlobless(ctx, opts, remote, rev)
		return err
	})
	if err != nil {
		return "", err
	}
	if err := r.fetchBlobs(ctx, opts, id); err != nil {
		return "", err
	}
	// All is there, so nothing is left to ask the remote for.
	for _, key := range []string{"extensions.partialClone", "remote." + promisor + ".promisor", "remote." + promisor + ".partialclonefilter"} {
		// Exit code 5: it was not set.
		if _, err := r.git(ctx, "config", "--unset-all", key); err != nil && !exited(err, 5) {
			return "", err
		}
	}
	return id, nil
}

// fetchBlobs gets all blobs of a commit in batches.
func (r *repo) fetchBlobs(ctx context.Context, opts *FetchOptions, id Hash) error {
	root, err := r.resolve(string(id), "tree")
	if err != nil {
		return err
	}
	snapshot, err := newGitFS(r.store, root)
	if err != nil {
		return err
	}
	missing := map[string]bool{}
	if err := snapshot.missingBelow(".", missing); err != nil {
		return err
	}
	for part := range slices.Chunk(sortedKeys(missing), batch) {
		if err := persist(ctx, func() error { return r.fetchObjects(ctx, opts, part) }); err != nil {
			return err
		}
	}
	return nil
}

// persist tries up to five times while the connection is cut.
func persist(ctx context.Context, do func() error) (err error) {
	for range 5 {
		if err = do(); err == nil || !cutShort(err) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// cutShort tells whether git lost its connection, as against a remote that refuses.
func cutShort(err error) bool {
	var failed *run.Error
	if !errors.As(err, &failed) {
		return false
	}
	for _, sign := range []string{"early EOF", "unexpected disconnect", "hung up unexpectedly", "RPC failed", "transfer closed", "Connection reset", "invalid index-pack output"} {
		if strings.Contains(string(failed.Output), sign) {
			return true
		}
	}
	return false
}
