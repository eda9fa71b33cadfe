// SPDX-License-Identifier: GPL-2.0-only

package fetch

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

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/tree"
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
func fetchPaths(ctx context.Context, opts *Options, initArgs ...string) (_ *Fetched, err error) {
	r, remote, rev, err := opts.begin(ctx, initArgs...)
	if err != nil {
		return nil, err
	}
	defer func() { err = opts.end(r, err) }()
	out := &Fetched{Dir: opts.Dir, Source: remote}
	before, _ := r.RefValue(fetchedRef)
	if out.Commit = fetchedBefore(r, rev); out.Commit == "" {
		if rev, err = fullRevision(ctx, r, remote, rev); err != nil {
			return nil, err
		}
		var said string
		if out.Commit, said, err = fetchOutline(r, ctx, opts, remote, rev); err != nil {
			return nil, err
		}
		if strings.Contains(said, noFilters) {
			out.Note = cannotFilter(remote)
		}
	}
	fresh, err := complete(r, ctx, opts, string(out.Commit), opts.Paths)
	if saysAny(err, "unadvertised object", "not our ref") {
		// It filters, but gives no object by its name.
		out.Note = remote + " does not serve single objects, so all files of the commit are fetched"
		opts.tell(out.Note)
		if _, _, err := fetch(r, ctx, opts, promisor, rev, "--refetch", "--no-filter"); err != nil {
			return nil, err
		}
		fresh, err = true, unpromise(r, ctx)
	}
	if err != nil {
		return nil, fetchError(err, remote, rev)
	}
	out.Changed = fresh || before != out.Commit
	if r.Worktree == "" && before != out.Commit {
		_, err = r.Git(ctx, "update-ref", "--no-deref", "HEAD", string(out.Commit))
	}
	return out, err
}

// noFilters is what git says, before anything comes, of a remote that sends all.
const noFilters = "filtering not recognized"

func cannotFilter(remote string) string {
	return remote + " cannot filter, so all files of the commit are fetched"
}

// tell passes a note on while there is still time to stop.
func (o *Options) tell(note string) {
	if o.Told != nil {
		o.Told(note)
	}
}

// fetchOutline fetches a commit with its upper trees, or with all where the remote cannot tell them apart.
func fetchOutline(r *git.Repo, ctx context.Context, opts *Options, remote, rev string) (id odb.Hash, said string, err error) {
	id, said, err = fetchFiltered(r, ctx, opts, remote, rev, nearTop)
	if saysAny(err, "filter 'tree' not supported", "tree filter allows max depth") {
		return fetchFiltered(r, ctx, opts, remote, rev, blobless)
	}
	return id, said, err
}

// fetchFiltered fetches a part of a commit. Git notes that the rest is still at the remote, so the
// repository is read anew afterwards.
func fetchFiltered(r *git.Repo, ctx context.Context, opts *Options, remote, rev, filter string) (id odb.Hash, said string, err error) {
	if _, err := r.Git(ctx, "config", "remote."+promisor+".url", remote); err != nil {
		return "", "", err
	}
	if id, said, err = fetch(r, ctx, opts, promisor, rev, filter); err != nil {
		return "", said, err
	}
	again, err := git.Open(r.GitDir, r.Worktree)
	if err != nil {
		return "", said, err
	}
	if err := r.Store.Close(); err != nil {
		return "", said, err
	}
	*r = *again
	return id, said, nil
}

// Prefetch brings the files at and below some paths of a revision from the remote of a partial clone,
// in one or two requests, so that reading them later needs none. A path that does not exist is no error. In
// other repositories, and in plain directories, there is nothing to do.
func Prefetch(ctx context.Context, t *tree.Tree, rev string, paths []string) error {
	if t.Repo == nil || !t.Repo.IsPartial() {
		return nil
	}
	_, err := complete(t.Repo, ctx, &Options{}, rev, paths)
	return err
}

// complete gets what is missing at and below some paths of a revision from the promisor, and tells whether
// anything was. It asks for trees first, which come with those below them, since only they tell of the blobs.
func complete(r *git.Repo, ctx context.Context, opts *Options, rev string, paths []string) (bool, error) {
	root, err := r.Peel(rev, "tree")
	if err != nil {
		return false, err
	}
	snapshot, err := tree.NewGitFS(r.Store, root)
	if err != nil {
		return false, err
	}
	// A remote that sends trees alone takes a round for each level.
	for round := range maxLevels {
		g := &gaps{GitFS: snapshot, missing: map[string]bool{}, seen: map[string]bool{}}
		for _, name := range paths {
			if err := g.at(path.Clean(name)); err != nil {
				return false, err
			}
		}
		if len(g.missing) == 0 {
			return round > 0, nil
		}
		if err := fetchObjects(r, ctx, opts, slices.Sorted(maps.Keys(g.missing))); err != nil {
			return false, err
		}
	}
	return false, fmt.Errorf("the remote does not send what %s needs", rev)
}

// maxLevels bounds how deep folders may be in each other; in Linux it is 10.
const maxLevels = 100

// fetchObjects gets objects by name from the promisor. Where the connection is cut, it asks for less at once.
func fetchObjects(r *git.Repo, ctx context.Context, opts *Options, names []string) error {
	all, most := len(names), opts.limits().batch
	size := most
	for len(names) > 0 {
		part := names[:min(size, len(names))]
		err := persist(ctx, func() error {
			_, err := transfer(r, ctx, opts, strings.Join(part, "\n")+"\n",
				"-c", "fetch.negotiationAlgorithm=noop", "fetch", "--no-tags", "--no-write-fetch-head",
				"--recurse-submodules=no", "--progress", blobless, "--stdin", promisor)
			if err != nil {
				size = max(len(part)/4, 1)
				part = part[:size]
			}
			return err
		})
		r.Store.Refresh()
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
	*tree.GitFS
	missing map[string]bool // by hexadecimal name
	seen    map[string]bool // folders, by name
}

// at adds what is missing at and below a path, or else the first folder on the way there that is. A folder "*", once in a
// path, stands for each folder that is there.
func (g *gaps) at(name string) error {
	if dir, rest, each := strings.Cut(name, "/*/"); each {
		return g.inEach(dir, rest)
	}
	e, err := g.find(name)
	if e == nil {
		return err
	}
	return g.below(name, e)
}

// inEach adds what is missing at and below a path in each folder of dir.
func (g *gaps) inEach(dir, rest string) error {
	e, err := g.find(dir)
	if e == nil || e.Mode != filemode.Dir || g.lacks(e) {
		return err
	}
	list, err := g.Tree(dir)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].Mode != filemode.Dir {
			continue
		}
		name := path.Join(dir, list[i].Name, rest)
		if e, err = g.find(name); e != nil {
			err = g.below(name, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// find returns what is at a path; nil where nothing is, and where a folder on the way there is missing, which it adds.
func (g *gaps) find(name string) (*odb.TreeEntry, error) {
	if !fs.ValidPath(name) {
		return nil, nil
	}
	for at, rest, more := "", name, true; more; {
		var base string
		base, rest, more = strings.Cut(rest, "/")
		at = path.Join(at, base)
		e, err := g.Find(at)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil || !more {
			return e, err
		}
		if g.lacks(e) {
			return nil, nil
		}
	}
	return nil, nil
}

// lacks tells whether the store does not hold an entry, and adds it where so.
func (g *gaps) lacks(e *odb.TreeEntry) bool {
	if e.Mode == filemode.Submodule || g.Store.Has(e.ID) {
		return false
	}
	g.missing[hex.EncodeToString(e.ID)] = true
	return true
}

func (g *gaps) below(name string, e *odb.TreeEntry) error {
	if g.lacks(e) || e.Mode != filemode.Dir || g.seen[string(e.ID)] {
		return nil
	}
	g.seen[string(e.ID)] = true
	list, err := g.Tree(name)
	if err != nil {
		return err
	}
	for i := range list {
		if err := g.below(path.Join(name, list[i].Name), &list[i]); err != nil {
			return err
		}
	}
	return nil
}

// fetchWhole gets a commit with all its files. Git cannot go on with a pack whose connection was cut,
// so after a cut the commit and its upper trees are fetched, and then the rest in batches: only what is missing
// is asked for again, in this call or in a later one.
func fetchWhole(r *git.Repo, ctx context.Context, opts *Options, remote, rev string) (odb.Hash, error) {
	if !r.IsPartial() {
		id, _, err := fetch(r, ctx, opts, remote, rev)
		if err == nil || !cutShort(err) || ctx.Err() != nil {
			return id, err
		}
		if opts.Progress != nil {
			fmt.Fprintln(opts.Progress, "the connection was cut; going on in smaller steps")
		}
	}
	var id odb.Hash
	err := persist(ctx, func() (err error) {
		id, _, err = fetchOutline(r, ctx, opts, remote, rev)
		return err
	})
	if err != nil {
		return "", err
	}
	if _, err := complete(r, ctx, opts, string(id), []string{"."}); err != nil {
		return "", err
	}
	return id, unpromise(r, ctx)
}

// unpromise makes a repository that has all objects forget that it once asked a remote for them.
func unpromise(r *git.Repo, ctx context.Context) error {
	for _, key := range []string{"extensions.partialClone", "remote." + promisor + ".promisor", "remote." + promisor + ".partialclonefilter"} {
		// Exit code 5: it was not set.
		if _, err := r.Git(ctx, "config", "--unset-all", key); err != nil && !git.Exited(err, 5) {
			return err
		}
	}
	return nil
}
