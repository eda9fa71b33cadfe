// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"bufio"
	"context"
	"fmt"
	"slices"
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
// seconds: there are more, then.
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
	commits, err := r.patchIDs(ctx, short, run.Cmd{Args: []string{"--no-merges", fmt.Sprintf("--max-count=%d", limit), string(commit), "--"}})
	if err != nil && (commits == nil || short.Err() == nil) {
		return nil, false, err
	}
	ids = map[string]bool{}
	for id := range commits {
		ids[id] = true
	}
	return ids, err == nil && !r.IsShallow(), nil
}

// PatchIDsOf returns commits by their stable patch IDs. Ctx ends git.
func (r *Repo) PatchIDsOf(ctx context.Context, commits []odb.Hash) (map[string]odb.Hash, error) {
	if r == nil {
		return nil, ErrPlain
	}
	var names strings.Builder
	for _, id := range commits {
		names.WriteString(string(id) + "\n")
	}
	return r.patchIDs(ctx, ctx, run.Cmd{Args: []string{"--no-walk=unsorted", "--stdin"}, Stdin: strings.NewReader(names.String())})
}

// patchIDs returns the commits of a git log by their patch IDs; c has its arguments, and until ends it. The diffs go from one git to
// the other; none is held in memory. Where the log fails, those that it wrote are returned beside the error.
func (r *Repo) patchIDs(ctx, until context.Context, c run.Cmd) (map[string]odb.Hash, error) {
	// Of a commit without a parent, such as the only one of a shallow clone, the diff is the whole tree.
	c.Args = append([]string{"-c", "log.showRoot=false", "log", "-p", "--no-ext-diff", "--no-textconv", "--no-color"}, c.Args...)
	log := run.Command(until, r.command(c))
	diffs, err := log.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := log.Start(); err != nil {
		return nil, err
	}
	out, err := r.GitWith(ctx, run.Cmd{Args: []string{"patch-id", "--stable"}, Stdin: diffs})
	ended := log.Wait()
	if err != nil {
		return nil, err
	}
	ids := map[string]odb.Hash{}
	for line := range strings.Lines(string(out)) {
		if id, commit, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			ids[id] = odb.Hash(commit)
		}
	}
	if ended != nil {
		return ids, run.NewError(ctx, log, nil, ended)
	}
	return ids, nil
}

// allRefs has git walk all refs but those that say nothing of where a series goes: what was proposed to a forge, of which there
// are more than of all others, notes, and the stash.
var allRefs = []string{"--exclude=refs/pull/*", "--exclude=refs/merge-requests/*", "--exclude=refs/changes/*", "--exclude=refs/notes/*", "--exclude=refs/stash", "--all"}

// Versions returns, for each file of wanted, the commits of any of allRefs after which its blob began with the prefix that
// wanted has for it, the newest first. Commits before since are left out, unless it is the zero time. Limit bounds the
// commits that are looked at; where ctx ends early, what was found by then is returned.
func (r *Repo) Versions(ctx context.Context, wanted map[string]string, since time.Time, limit int) (map[string][]odb.Hash, error) {
	if r == nil {
		return nil, ErrPlain
	}
	args := append([]string{"--literal-pathspecs", "log"}, allRefs...)
	args = append(args, "--full-history", "--no-show-signature", "--format=%x01%H", "-c", "--raw", "--no-abbrev",
		"--no-renames", "-z", fmt.Sprintf("--max-count=%d", limit))
	if !since.IsZero() {
		args = append(args, fmt.Sprintf("--since=@%d", since.Unix()))
	}
	args = append(args, "--")
	for name := range wanted {
		args = append(args, name)
	}
	slices.Sort(args[len(args)-len(wanted):])
	log := run.Command(ctx, r.command(run.Cmd{Args: args}))
	out, err := log.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := log.Start(); err != nil {
		if ctx.Err() != nil {
			return nil, nil
		}
		return nil, err
	}
	found := map[string][]odb.Hash{}
	var commit odb.Hash
	// What stands before the name that follows: ":100644 100644 OLD NEW M", of a merge that made something new of both
	// sides "::100644 100644 100644 OLD OLD NEW MM".
	var changed []string
	in := bufio.NewReader(out)
	for {
		field, err := in.ReadString(0)
		if err != nil {
			break
		}
		field = strings.Trim(field, "\x00\n")
		if rest, ok := strings.CutPrefix(field, "\x01"); ok {
			commit, changed = odb.Hash(strings.TrimSpace(rest)), nil
			continue
		}
		switch {
		case changed == nil && strings.HasPrefix(field, ":"):
			changed = strings.Fields(field)
		case changed != nil:
			if n := len(changed); n >= 5 && wanted[field] != "" && strings.HasPrefix(changed[n-2], wanted[field]) {
				found[field] = append(found[field], commit)
			}
			changed = nil
		}
	}
	if err := log.Wait(); err != nil && ctx.Err() == nil {
		return nil, run.NewError(ctx, log, nil, err)
	}
	return found, nil
}

// MergesAfter returns merges of any of allRefs, limit of them at most, that come after one of commits: the oldest first. The commits were
// made since a time; history from before is left alone, all of it for the zero time.
func (r *Repo) MergesAfter(ctx context.Context, commits []odb.Hash, since time.Time, limit int) ([]odb.Hash, error) {
	if r == nil {
		return nil, ErrPlain
	}
	var stdin strings.Builder
	for _, c := range commits {
		fmt.Fprintf(&stdin, "^%s\n", c)
	}
	args := append([]string{"rev-list", "--merges", "--ancestry-path", "--reverse"}, allRefs...)
	args = append(args, "--stdin")
	if !since.IsZero() {
		args = append(args, fmt.Sprintf("--since=@%d", since.Unix()))
	}
	out, err := r.GitWith(ctx, run.Cmd{Args: args, Stdin: strings.NewReader(stdin.String())})
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	var merges []odb.Hash
	for _, id := range strings.Fields(string(out)) {
		if len(merges) == limit {
			break
		}
		merges = append(merges, odb.Hash(id))
	}
	return merges, nil
}

// Apart returns how many commits a has that b lacks, and the other way round.
func (r *Repo) Apart(ctx context.Context, a, b string) (ahead, behind int, err error) {
	out, err := r.Git(ctx, "rev-list", "--left-right", "--count", a+"..."+b, "--")
	if err != nil {
		return 0, 0, err
	}
	_, err = fmt.Sscan(string(out), &ahead, &behind)
	return ahead, behind, err
}

// Remotes returns the URLs from which the remotes fetch, by their names.
func (r *Repo) Remotes(ctx context.Context) (map[string]string, error) {
	out, err := r.GitAsUser(ctx, run.Cmd{Args: []string{"config", "-z", "--get-regexp", `^remote\..*\.url$`}})
	if err != nil && !Exited(err, 1) { // 1: there is none
		return nil, err
	}
	remotes := map[string]string{}
	for _, entry := range SplitZero(out) {
		key, value, _ := strings.Cut(entry, "\n")
		name := strings.TrimSuffix(strings.TrimPrefix(key, "remote."), ".url")
		if remotes[name] == "" { // of several git fetches from the first
			remotes[name] = value
		}
	}
	return remotes, nil
}
