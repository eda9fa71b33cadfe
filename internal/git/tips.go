// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A Tip is a ref and the commit that it leads to.
type Tip struct {
	// Name is short: "master", "origin/next", "v7.3".
	Name   string
	Commit odb.Hash
}

// Tips returns the branches and tags, the newest commits first, limit of them at most. In a plain
// directory there are none.
func (r *Repo) Tips(ctx context.Context, limit int) ([]Tip, error) {
	if r == nil {
		return nil, nil
	}
	out, err := r.Git(ctx, "for-each-ref", "--sort=-committerdate", "--sort=-taggerdate", fmt.Sprintf("--count=%d", limit),
		"--format=%(refname:short) %(objecttype) %(objectname) %(*objecttype) %(*objectname)", "refs/heads", "refs/remotes", "refs/tags")
	if err != nil {
		return nil, err
	}
	var tips []Tip
	for line := range strings.Lines(string(out)) {
		// A tag object is followed by what it points at.
		fields := strings.Fields(line)
		for i := 1; i+1 < len(fields); i += 2 {
			if fields[i] == "commit" {
				tips = append(tips, Tip{fields[0], odb.Hash(fields[i+1])})
			}
		}
	}
	return tips, nil
}

// Touching returns the last limit commits of rev that changed the file name, newest first, merges
// left out. In a plain directory there are none.
func (r *Repo) Touching(ctx context.Context, rev, name string, limit int) ([]odb.Hash, error) {
	if r == nil {
		return nil, nil
	}
	commit, err := r.Resolve(rev)
	if err != nil {
		return nil, err
	}
	out, err := r.Git(ctx, "log", "--format=%H", "--no-merges", fmt.Sprintf("--max-count=%d", limit), string(commit), "--", name)
	if err != nil {
		return nil, err
	}
	var commits []odb.Hash
	for _, id := range strings.Fields(string(out)) {
		commits = append(commits, odb.Hash(id))
	}
	return commits, nil
}

// LastRemoved returns the newest commit of rev, merges left out, after which a file was no more; nil where there is
// none.
func (r *Repo) LastRemoved(ctx context.Context, rev, name string) (*Commit, error) {
	if r == nil {
		return nil, ErrPlain
	}
	id, err := r.Resolve(rev)
	if err != nil {
		return nil, err
	}
	out, err := r.Git(ctx, "log", "--format=%H", "--no-merges", "--no-renames", "--diff-filter=D", "--max-count=1", string(id), "--", name)
	if found := strings.TrimSpace(string(out)); err == nil && found != "" {
		return r.ReadCommit(odb.Hash(found))
	}
	return nil, err
}

// historyTime bounds a walk through history that reads what commits changed: some thousand commits of Linux.
const historyTime = 5 * time.Second

// PatchIDs returns the stable patch IDs (git-patch-id(1)) of the last limit commits of rev, merges and commits
// without a parent left out. Whole is false where the history is shallow, or the walk took longer than some
// seconds: there are more, then. The diffs go from one git to the other; none is held in memory.
func (r *Repo) PatchIDs(ctx context.Context, rev string, limit int) (ids map[string]bool, whole bool, err error) {
	if r == nil {
		return nil, false, ErrPlain
	}
	commit, err := r.Resolve(rev)
	if err != nil {
		return nil, false, err
	}
	short, cancel := context.WithTimeout(ctx, historyTime)
	defer cancel()
	// Of a commit without a parent, such as the only one of a shallow clone, the diff is the whole tree.
	log := run.Command(short, r.command(run.Cmd{Args: []string{"-c", "log.showRoot=false", "log", "-p", "--no-merges", "--no-ext-diff",
		"--no-textconv", "--no-color", fmt.Sprintf("--max-count=%d", limit), string(commit), "--"}}))
	diffs, err := log.StdoutPipe()
	if err != nil {
		return nil, false, err
	}
	if err := log.Start(); err != nil {
		return nil, false, err
	}
	out, err := r.GitWith(ctx, run.Cmd{Args: []string{"patch-id", "--stable"}, Stdin: diffs})
	ended := log.Wait()
	if err != nil {
		return nil, false, err
	}
	ids = map[string]bool{}
	for line := range strings.Lines(string(out)) {
		id, _, _ := strings.Cut(line, " ")
		ids[id] = true
	}
	if ended != nil && short.Err() == nil {
		return nil, false, run.NewError(ctx, log, nil, ended)
	}
	return ids, ended == nil && !r.IsShallow(), nil
}
