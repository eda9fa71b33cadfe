// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// promisor is the remote of a repository that leaves blobs where they are until they are read.
const promisor = "origin"

// blobless asks the remote for commits and trees, without the content of files.
const blobless = "--filter=blob:none"

// nearTop asks for the commit, the top folder with its files, and the folders in it. Linux has 6,200 folders,
// of which a series needs a dozen; to enumerate them all takes the remote longer than all the rest.
const nearTop = "--filter=tree:2"

// fetchPaths is Fetch of what some paths need: a request for the commit and its upper trees, one for the
// trees below that the paths go through, and one for the blobs.
func fetchPaths(ctx context.Context, opts *FetchOptions, initArgs ...string) (*Fetched, error) {
	remote, rev, err := opts.source()
	if err != nil {
		return nil, err
	}
	r, err := openOrInit(ctx, opts.Dir, initArgs...)
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
		if out.Commit, said, err = r.fetchOutline(ctx, opts, remote, rev); err != nil {
			return nil, err
		}
		if strings.Contains(said, "filtering not recognized") {
			out.Note = remote + " cannot filter, so all files of the commit were fetched"
		}
	}
	fresh, err := r.complete(ctx, opts, string(out.Commit), opts.Paths)
	if saysAny(err, "unadvertised object", "not our ref") {
		// It filters, but gives no object by its name.
		out.Note = remote + " does not serve single objects, so all files of the commit were fetched"
		if _, _, err := r.fetch(ctx, opts, promisor, rev, "--refetch", "--no-filter"); err != nil {
			return nil, err
		}
		fresh, err = true, r.unpromise(ctx)
	}
	if err != nil {
		return nil, fetchError(err, remote, rev)
	}
	out.Changed = fresh || before != out.Commit
	if r.worktree == "" && before != out.Commit {
		_, err = r.git(ctx, "update-ref", "--no-deref", "HEAD", string(out.Commit))
	}
	return out, err
}

// fetchOutline fetches a commit with its upper trees, or with all where the remote cannot tell them apart.
func (r *repo) fetchOutline(ctx context.Context, opts *FetchOptions, remote, rev string) (id Hash, said string, err error) {
	id, said, err = r.fetchFiltered(ctx, opts, remote, rev, nearTop)
	if saysAny(err, "filter 'tree' not supported", "tree filter allows max depth") {
		return r.fetchFiltered(ctx, opts, remote, rev, blobless)
	}
	return id, said, err
}

// fetchFiltered fetches a part of a commit. Git notes that the rest is still at the remote, so the
// repository is read anew afterwards.
func (r *repo) fetchFiltered(ctx context.Context, opts *FetchOptions, remote, rev, filter string) (id Hash, said string, err error) {
	if _, err := r.git(ctx, "config", "remote."+promisor+".url", remote); err != nil {
		return "", "", err
	}
	if id, said, err = r.fetch(ctx, opts, promisor, rev, filter); err != nil {
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

// Prefetch brings the files at and below some paths of a revision from the remote of a partial clone,
// in one or two requests, so that reading them later needs none. A path that does not exist is no error. In
// other repositories, and in plain directories, there is nothing to do.
func Prefetch(ctx context.Context, t *Tree, rev string, paths []string) error {
	if t.repo == nil || !t.repo.isPartial() {
		return nil
	}
	_, err := t.repo.complete(ctx, &FetchOptions{}, rev, paths)
	return err
}

// complete gets what is missing at and below some paths of a revision from the promisor, and tells whether
// anything was. It asks for trees first, which come with those below them, since only they tell of the blobs.
func (r *repo) complete(ctx context.Context, opts *FetchOptions, rev string, paths []string) (bool, error) {
	root, err := r.resolve(rev, "tree")
	if err != nil {
		return false, err
	}
	snapshot, err := newGitFS(r.store, root)
	if err != nil {
		return false, err
	}
	// A remote that sends trees alone takes a round for each level.
	for round := range maxLevels {
		g := &gaps{gitFS: snapshot, missing: map[string]bool{}, seen: map[string]bool{}}
		for _, name := range paths {
			if err := g.at(path.Clean(name)); err != nil {
				return false, err
			}
		}
		if len(g.missing) == 0 {
			return round > 0, nil
		}
		if err := r.fetchObjects(ctx, opts, slices.Sorted(maps.Keys(g.missing))); err != nil {
			return false, err
		}
	}
	return false, fmt.Errorf("the remote does not send what %s needs", rev)
}

// maxLevels bounds how deep folders may be in each other; in Linux it is 10.
const maxLevels = 100

// fetchObjects gets objects by name from the promisor. Where the connection is cut, it asks for less at once.
func (r *repo) fetchObjects(ctx context.Context, opts *FetchOptions, names []string) error {
	all, most := len(names), opts.limits().batch
	size := most
	for len(names) > 0 {
		part := names[:min(size, len(names))]
		err := persist(ctx, func() error {
			_, err := r.transfer(ctx, opts, strings.Join(part, "\n")+"\n",
				"-c", "fetch.negotiationAlgorithm=noop", "fetch", "--no-tags", "--no-write-fetch-head",
				"--recurse-submodules=no", "--progress", blobless, "--stdin", promisor)
			if err != nil {
				size = max(len(part)/4, 1)
				part = part[:size]
			}
			return err
		})
		r.store.refresh()
		if err != nil {
			return err
		}
		size = min(size*2, most)
		if names = names[len(part):]; opts.Progress != nil && all > most {
			fmt.Fprintf(opts.Progress, "fetched %d of %d objects\n", all-len(names), all)
		}
	}
	return nil
}

// gaps are the objects of a snapshot that the store does not hold. A folder that is in many places, as
// hostile trees have them by the billion, is looked at once.
type gaps struct {
	*gitFS
	missing map[string]bool // by hexadecimal name
	seen    map[string]bool // folders, by name
}

// at adds what is missing at and below a path, or else the first folder on the way there that is.
func (g *gaps) at(name string) error {
	if !fs.ValidPath(name) {
		return nil
	}
	for at, rest, more := "", name, true; more; {
		var base string
		base, rest, more = strings.Cut(rest, "/")
		at = path.Join(at, base)
		e, err := g.find(at)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if !more {
			return g.below(at, e)
		}
		if g.lacks(e) {
			return nil
		}
	}
	return nil
}

// lacks tells whether the store does not hold an entry, and adds it where so.
func (g *gaps) lacks(e *treeEntry) bool {
	if e.mode == filemode.Submodule || g.store.has(e.id) {
		return false
	}
	g.missing[hex.EncodeToString(e.id)] = true
	return true
}

func (g *gaps) below(name string, e *treeEntry) error {
	if g.lacks(e) || e.mode != filemode.Dir || g.seen[string(e.id)] {
		return nil
	}
	g.seen[string(e.id)] = true
	list, err := g.tree(name)
	if err != nil {
		return err
	}
	for i := range list {
		if err := g.below(path.Join(name, list[i].name), &list[i]); err != nil {
			return err
		}
	}
	return nil
}

// fetchWhole gets a commit with all its files. Git cannot go on with a pack whose connection was cut,
// so after a cut the commit and its upper trees are fetched, and then the rest in batches: only what is missing
// is asked for again, in this call or in a later one.
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
		id, _, err = r.fetchOutline(ctx, opts, remote, rev)
		return err
	})
	if err != nil {
		return "", err
	}
	if _, err := r.complete(ctx, opts, string(id), []string{"."}); err != nil {
		return "", err
	}
	return id, r.unpromise(ctx)
}

// unpromise makes a repository that has all objects forget that it once asked a remote for them.
func (r *repo) unpromise(ctx context.Context) error {
	for _, key := range []string{"extensions.partialClone", "remote." + promisor + ".promisor", "remote." + promisor + ".partialclonefilter"} {
		// Exit code 5: it was not set.
		if _, err := r.git(ctx, "config", "--unset-all", key); err != nil && !exited(err, 5) {
			return err
		}
	}
	return nil
}
