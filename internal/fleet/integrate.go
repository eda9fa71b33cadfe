// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/land"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// An Integration is a branch of all series that passed.
type Integration struct {
	// Tree names the tree of the matrix; the first where it is "". Base is the revision that the branch begins at, HEAD where it
	// is "".
	Tree string `toml:"tree"`
	Base string `toml:"base"`
	// Branch is made anew whenever another series passes. It is nobody else's.
	Branch string `toml:"branch"`
	// Lists are those whose series are taken; all where there are none.
	Lists []string `toml:"lists"`
	// Remote is where the branch is pushed to, by those who publish; "" is nowhere.
	Remote string `toml:"remote"`
}

// branchRE and remoteRE are what becomes an argument of git.
var (
	branchRE = lazyregexp.New(`^[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*$`)
	remoteRE = lazyregexp.New(`^[A-Za-z0-9_/][^\s]*$`)
)

// check completes an integration, and says what is wrong with it.
func (o *Integration) check(m *Matrix) error {
	var trees, lists []string
	for _, t := range m.Trees {
		trees = append(trees, t.Name)
	}
	for _, l := range m.Lists {
		lists = append(lists, l.Name)
	}
	o.Tree = cmp.Or(o.Tree, trees[0])
	if !branchRE.MatchString(o.Branch) || strings.Contains(o.Branch, "..") || strings.HasSuffix(o.Branch, ".lock") || o.Branch == "HEAD" || strings.HasPrefix(o.Branch, "refs/") {
		return hint.Wrap(fmt.Errorf("integration: %q is no branch", o.Branch), `branch = "lsmpatch/integration"`)
	}
	if o.Remote != "" && !remoteRE.MatchString(o.Remote) || strings.HasPrefix(o.Base, "-") {
		return fmt.Errorf("integration: %q is no remote, or %q no revision", o.Remote, o.Base)
	}
	if o.Base == o.Branch || o.Base == "refs/heads/"+o.Branch {
		return fmt.Errorf("integration: the branch %s cannot begin at itself", o.Branch)
	}
	if u, err := url.Parse(o.Remote); err == nil && u.User != nil && (u.Scheme == "http" || u.Scheme == "https") {
		return hint.Wrap(errors.New("integration: the remote has a name or a secret in it, and pages show it"), "leave that to git's credential.helper")
	}
	return errors.Join(known("integration", "tree", []string{o.Tree}, trees), known("integration", "list", o.Lists, lists))
}

// A Ready series has passed, with its mailbox.
type Ready struct {
	Series Series
	Box    []byte
}

// Integrated is what an integration came to. Its JSON names are a contract.
type Integrated struct {
	Tree   string `json:"tree"`
	Branch string `json:"branch"`
	Base   string `json:"base"`
	// Head is the commit that the branch is at; Base where no series is on it.
	Head   string             `json:"head"`
	Series []IntegratedSeries `json:"series"`
	// Push is the command by which people publish it, whatever is there, "" without a remote. Pushed says that it was published, by
	// force where what was there was published from here, and PushError why not.
	Push      string `json:"push,omitempty"`
	Pushed    bool   `json:"pushed,omitempty"`
	PushError string `json:"push_error,omitempty"`
}

// IntegratedSeries is a series that is on the branch, or was left out: then Conflicts say why.
type IntegratedSeries struct {
	ID        string           `json:"id"`
	Title     string           `json:"title"`
	Family    string           `json:"family"`
	Version   int              `json:"version"`
	Commits   []IntegratedOne  `json:"commits"`
	LeftOut   bool             `json:"left_out,omitempty"`
	Why       string           `json:"why,omitempty"`
	Conflicts []apply.Conflict `json:"conflicts,omitempty"`
}

// IntegratedOne is a patch with its commit.
type IntegratedOne struct {
	Commit  string `json:"commit"`
	Subject string `json:"subject"`
}

// An Integrator makes the branch of an integration. Close it.
type Integrator struct {
	Integration
	tree *tree.Tree
}

// NewIntegrator opens the tree of the integration of m, which must have one.
func NewIntegrator(m *Matrix) (*Integrator, error) {
	i := slices.IndexFunc(m.Trees, func(t TreeOf) bool { return t.Name == m.Integration.Tree })
	t, err := land.Open(m.Trees[i].Dir)
	if err != nil {
		return nil, fmt.Errorf("integration: %w", err)
	}
	return &Integrator{Integration: *m.Integration, tree: t}, nil
}

// Close closes the tree.
func (g *Integrator) Close() { g.tree.Close() }

// BaseNow returns the commit that the branch would begin at.
func (g *Integrator) BaseNow() (string, error) {
	base, err := g.tree.Resolve(g.Base)
	if err != nil {
		return "", fmt.Errorf("integration: %w", err)
	}
	return string(base), nil
}

// Takes reports whether the series of a list are for the branch.
func (g *Integrator) Takes(list string) bool { return oneOf(g.Lists, list) }

// Make makes the branch anew: the base and the commits of each series, in their order, as git am --message-id
// --committer-date-is-author-date makes them. A series that does not fit on those before it is left out. One ref is moved, or
// nothing changes. Last is what the branch came to before, or nil: it is not moved from where somebody else put it.
func (g *Integrator) Make(ctx context.Context, ready []Ready, last *Integrated) (*Integrated, error) {
	base, err := g.BaseNow()
	if err != nil {
		return nil, err
	}
	out := &Integrated{Tree: g.Tree, Branch: g.Branch, Base: base, Head: base, Push: g.pushCommand(), Series: []IntegratedSeries{}}
	parts, err := g.fitting(ctx, out, ready)
	if err != nil {
		return nil, err
	}
	tip, err := g.mayMove(ctx, parts, out.Base, last)
	if err != nil {
		return nil, err
	}
	result, err := apply.Parts(ctx, g.tree, parts, g.landing(out.Base, tip))
	if err != nil {
		return nil, fmt.Errorf("integration: %w", err)
	}
	if len(result.Conflicts) > 0 {
		return nil, fmt.Errorf("integration: patch %d fits alone and not among the others", result.Conflicts[0].Patch)
	}
	out.Head = result.Head
	out.note(result.Patches)
	return out, nil
}

// landing says how the commits land, on a branch with a tip, or none, from where alone it is moved. Whoever makes them of the same
// mails as the same committer makes the same ones.
func (g *Integrator) landing(base, tip string) *apply.Options {
	return &apply.Options{Base: base, Branch: g.Branch, From: tip, CommitterDateIsAuthorDate: true, NoVerify: true}
}

// mayMove returns the commit that the branch is at, or "". The error is that it is what HEAD is, or at a commit that is not ours: neither
// the base, nor where we put it, nor where it is going, as after a run that ended before that was noted.
func (g *Integrator) mayMove(ctx context.Context, parts []apply.Part, base string, last *Integrated) (string, error) {
	head, err := g.tree.HeadTarget()
	if err != nil {
		return "", err
	}
	if head == "refs/heads/"+g.Branch { // also of a bare repository
		return "", hint.Wrap(fmt.Errorf("integration: HEAD of %s is the branch %s", g.tree.Dir(), g.Branch), "name a branch of its own")
	}
	found, err := g.tree.Resolve("refs/heads/" + g.Branch)
	if errors.Is(err, git.ErrNoRevision) {
		return "", nil
	}
	tip := string(found)
	if err != nil || tip == base || last != nil && last.Branch == g.Branch && last.Head == tip {
		return tip, err
	}
	if len(parts) > 0 {
		opts := g.landing(base, tip)
		opts.Check = true
		if result, err := apply.Parts(ctx, g.tree, parts, opts); err != nil || result.Head == tip {
			return tip, err
		}
	}
	return "", hint.Wrap(fmt.Errorf("integration: the branch %s is at %.12s, which is not what lsmpatch made of it", g.Branch, tip),
		"name a branch of its own, or remove this one")
}

// fitting returns the parts that fit on each other, and notes in out all series.
func (g *Integrator) fitting(ctx context.Context, out *Integrated, ready []Ready) (parts []apply.Part, err error) {
	var now fs.FS
	if now, err = g.tree.Snapshot(out.Base); err != nil {
		return nil, err
	}
	number := 0
	for _, r := range ready {
		one := IntegratedSeries{ID: r.Series.ID, Title: r.Series.Title, Family: r.Series.Family, Version: r.Series.Version, Commits: []IntegratedOne{}}
		set, err := readMailbox(ctx, r.Box, &series.Options{MessageID: true})
		if err != nil {
			return nil, fmt.Errorf("the mails of %q: %w", r.Series.Title, err)
		}
		after, result, err := apply.OverlayParts(ctx, now, []apply.Part{{Set: set}}, &apply.Options{})
		if err != nil {
			return nil, err
		}
		if len(result.Conflicts) > 0 {
			one.LeftOut, one.Conflicts = true, inBrief(result.Conflicts)
			one.Why = "it does not fit on the series before it"
			if len(parts) == 0 {
				one.Why = "it does not fit on the base"
			}
		} else {
			numbered := &patchset.Set{Total: set.Total, Version: set.Version}
			for _, p := range set.Patches {
				number++
				clone := *p
				clone.Index = number
				numbered.Patches = append(numbered.Patches, &clone)
				one.Commits = append(one.Commits, IntegratedOne{Subject: p.Title})
			}
			parts, now = append(parts, apply.Part{Set: numbered}), after
		}
		out.Series = append(out.Series, one)
	}
	return parts, nil
}

// note writes the commits of patches to their series, which are in the same order.
func (o *Integrated) note(patches []apply.PatchResult) {
	i := 0
	for s := range o.Series {
		for c := range o.Series[s].Commits {
			if i < len(patches) {
				o.Series[s].Commits[c].Commit = patches[i].Commit
				i++
			}
		}
	}
}

// pushArgs are those of git for what publishes the branch by force, and nothing else: the user may have git push tags along.
func (g *Integrator) pushArgs(force string) []string {
	return []string{"-c", "push.followTags=false", "push", force, g.Remote, "refs/heads/" + g.Branch}
}

// pushCommand is one for people, a line for a shell, "" where there is no remote. They decide themselves what may be overwritten there.
func (g *Integrator) pushCommand() string {
	if g.Remote == "" {
		return ""
	}
	return run.Quoted(append([]string{"git", "-C", g.tree.Dir()}, g.pushArgs("--force")...)...)
}

// Push publishes the branch at the remote, and notes in out what came of it. A branch there that is not what was published last
// is somebody else's, and stays.
func (g *Integrator) Push(ctx context.Context, out *Integrated) {
	if g.Remote == "" {
		return
	}
	err := g.push(ctx, out.Head)
	out.Pushed = err == nil
	if err != nil {
		out.PushError = err.Error()
	}
}

func (g *Integrator) push(ctx context.Context, head string) error {
	// As the user: who else knows of a credential helper, or where a host is.
	listed, err := g.tree.GitAsUser(ctx, run.Cmd{Args: []string{"ls-remote", g.Remote, "refs/heads/" + g.Branch}})
	if err != nil {
		return err
	}
	there, _, _ := strings.Cut(string(listed), "\t")
	// What is being published is noted before and what was published after it, so that a kill in between leaves both known.
	begun, done := "refs/lsmpatch/publishing/"+g.Branch, "refs/lsmpatch/published/"+g.Branch
	ours := there == "" || there == head
	for _, ref := range []string{begun, done} {
		if at, err := g.tree.Resolve(ref); err == nil && string(at) == there {
			ours = true
		}
	}
	if !ours {
		return fmt.Errorf("%s has another %s there, at %.12s, which was not published from here: delete it, or name another branch", g.Remote, g.Branch, there)
	}
	if _, err := g.tree.Git(ctx, "update-ref", begun, head); err != nil {
		return err
	}
	if _, err := g.tree.GitAsUser(ctx, run.Cmd{Args: g.pushArgs("--force-with-lease=refs/heads/" + g.Branch + ":" + there)}); err != nil {
		return err
	}
	_, err = g.tree.Git(ctx, "update-ref", done, head)
	return err
}

// Taken is how many series are on the branch.
func (o *Integrated) Taken() (n int) {
	for _, s := range o.Series {
		if !s.LeftOut {
			n++
		}
	}
	return n
}

// Current reports whether last is what [Integrator.Make] made of the same series on the same base, for the same branch and remote.
func (g *Integrator) Current(last *Integrated, base string, ready []Ready) bool {
	return last != nil && last.Tree == g.Tree && last.Branch == g.Branch && last.Push == g.pushCommand() && last.Same(base, ready)
}

// Same reports whether out is of the same series on the same base.
func (o *Integrated) Same(base string, ready []Ready) bool {
	return o.Base == base && slices.EqualFunc(o.Series, ready, func(a IntegratedSeries, b Ready) bool { return a.ID == b.Series.ID })
}
