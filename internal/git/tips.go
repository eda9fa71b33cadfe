// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"bytes"
	"context"
	"fmt"
	"strings"

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

// HasPatchID reports whether one of the last limit commits of rev, merges left out, has the stable
// patch ID id (git-patch-id(1)). Where none has and the history is shallow the error matches
// [ErrShallow].
func (r *Repo) HasPatchID(ctx context.Context, rev, id string, limit int) (bool, error) {
	if r == nil {
		return false, ErrPlain
	}
	commit, err := r.Resolve(rev)
	if err != nil {
		return false, err
	}
	patches, err := r.Git(ctx, "log", "-p", "--no-merges", "--no-ext-diff", "--no-textconv", "--no-color",
		fmt.Sprintf("--max-count=%d", limit), string(commit), "--")
	if err != nil {
		return false, err
	}
	ids, err := r.GitWith(ctx, run.Cmd{Args: []string{"patch-id", "--stable"}, Stdin: bytes.NewReader(patches)})
	if err != nil {
		return false, err
	}
	if bytes.Contains(append([]byte("\n"), ids...), []byte("\n"+id+" ")) {
		return true, nil
	}
	if r.IsShallow() {
		return false, ErrShallow
	}
	return false, nil
}
