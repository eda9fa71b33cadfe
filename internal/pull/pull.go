// SPDX-License-Identifier: GPL-2.0-only

// Package pull examines a request to pull: the mail of git request-pull, and what it wants merged.
//
// For most uses, call [Run]. What is asked for is fetched into a repository of its own that sees the tree's
// objects; the tree is only read. The steps of the report are request (what the mail says is what is there, and
// signed), commits (each of them, as a series), style, and history (how they came about, and whether they merge).
package pull

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/config"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Options say what a request is held against. The zero value asks the tree alone.
type Options struct {
	// Tool names the program and its version in the report, Name the mail.
	Tool, Name string
	// Base is the revision of the tree that it would be merged into; "" is HEAD.
	Base string
	// Signers is a file with public keys, "" for the user's own OpenPGP keyring.
	Signers string
	// Inboxes are local archives in which the commits should have been posted, as series.Find takes them.
	Inboxes []string
	// Next is a clone of linux-next, or "".
	Next string
	// Checkpatch has the options of style, without the tree.
	Checkpatch checkpatch.Options
	// Config changes severities and waives findings; it may be nil.
	Config *config.Config
}

// pulling is one call of Run.
type pulling struct {
	*scratch
	opts    *Options
	tree    *tree.Tree
	mail    *patchset.Mail
	request *Request
	commits []*Commit
	// head is the commit that was fetched, base where its history leaves that of the tree, since the commit that
	// the mail counts from, target where it would go.
	head, base, since, target string
	findings                  []report.Finding
	// cut says whether the history of target ends early, once.
	cut func() bool
}

// Run examines the request of set, whose Pull is set, against t. That the request is at fault is in the report; an
// error means that there is none.
func Run(ctx context.Context, t *tree.Tree, set *patchset.Set, opts *Options) (*report.Report, error) {
	started := time.Now()
	if !t.IsGit() {
		return nil, hint.Wrap(fmt.Errorf("%s is not in git, so nothing can be pulled into it", t.Dir()), "name a clone of the tree")
	}
	target, err := t.Resolve(opts.Base)
	if err != nil {
		return nil, err
	}
	s, err := newScratch(ctx, filepath.Join(t.Repo.CommonDir, "objects"))
	if err != nil {
		return nil, err
	}
	defer s.close()
	p := &pulling{scratch: s, opts: opts, tree: t, mail: set.Cover, request: Parse(set.Cover.Body), target: string(target),
		cut: sync.OnceValue(func() bool { return t.IsCutOff(string(target)) })}
	rep := &report.Report{Tool: opts.Tool, Started: started.UTC().Truncate(time.Second), Tree: report.Tree{Path: t.Dir(), Base: string(target)},
		Series: report.Series{Name: opts.Name, Title: set.Cover.Subject, Author: fmt.Sprintf("%s <%s>", set.Cover.From.Name, set.Cover.From.Email), Version: 1}}
	rep.Steps = append(rep.Steps, p.step("request", p.checkRequest))
	if p.head != "" {
		for _, step := range []struct {
			name string
			work func() (string, any, error)
		}{{"commits", p.checkCommits}, {"checkpatch", p.checkStyle}, {"history", p.checkHistory}} {
			rep.Steps = append(rep.Steps, p.step(step.name, step.work))
		}
	}
	rep.Series.Patches = len(p.commits)
	rep.Seconds = time.Since(started).Seconds()
	return rep, context.Cause(ctx)
}

// step makes a step of the report out of what work tells.
func (p *pulling) step(name string, work func() (summary string, result any, err error)) report.Step {
	start := time.Now()
	p.findings = nil
	summary, result, err := work()
	report.Sort(p.findings)
	s := report.Step{Name: name, Status: report.Passed, Summary: summary, Result: result, Seconds: time.Since(start).Seconds(), Findings: p.opts.Config.Apply(p.findings)}
	switch {
	case err != nil:
		s.Status, s.Summary, s.Hint = report.Broken, err.Error(), hint.Of(err)
	case report.AnyError(s.Findings):
		s.Status = report.Failed
	}
	return s
}

// tell adds a finding; commit is a number as of a patch, 0 for all.
func (p *pulling) tell(id string, commit int, format string, args ...any) {
	p.findings = append(p.findings, report.Finding{Check: id, Severity: severityOf(id), Patch: commit, Message: fmt.Sprintf(format, args...)})
}

// hint adds a hint to the last finding.
func (p *pulling) hint(text string) { p.findings[len(p.findings)-1].Hint = text }

// checkRequest fetches what the mail names, and holds it against what the mail says of it.
func (p *pulling) checkRequest() (string, any, error) {
	r := p.request
	if r.URL == "" {
		p.tell("pull/unreadable", 0, "the mail does not say what to pull from where")
		p.hint("git request-pull writes such a mail")
		return report.CountLine(p.findings), r, nil
	}
	if err := p.trust(p.opts.Signers); err != nil {
		return "", r, err
	}
	if err := p.fetch(r); err != nil {
		return "", r, err
	}
	p.head = p.commit(pulled)
	if p.head == "" {
		return "", r, fmt.Errorf("%s of %s is no commit", r.Ref, r.URL)
	}
	if err := p.signature(); err != nil {
		return "", r, err
	}
	if r.Head != "" && !strings.HasPrefix(p.head, r.Head) {
		p.tell("pull/head-differs", 0, "the mail announces changes up to %.12s, and %s is %.12s now", r.Head, r.Ref, p.head)
	}
	if err := p.findBase(); err != nil {
		return "", r, err
	}
	if err := p.readCommits(); err != nil {
		return "", r, err
	}
	if err := p.compareShortlog(); err != nil {
		return "", r, err
	}
	if err := p.compareDiffstat(); err != nil {
		return "", r, err
	}
	return fmt.Sprintf("%s up to %.12s, %s", report.Plural(len(p.commits), "commit"), p.head, report.CountLine(p.findings)), r, nil
}

// findBase finds where the history leaves that of the tree.
func (p *pulling) findBase() error {
	out, err := p.git("merge-base", p.target, p.head)
	if err != nil {
		return hint.Wrap(fmt.Errorf("the tree and %s have no history in common: %w", p.request.Ref, err), "a shallow clone lacks it: git fetch --unshallow")
	}
	p.base = strings.TrimSpace(out)
	p.since = p.base
	announced := ""
	if p.request.Base != "" {
		announced = p.commit(p.request.Base)
	}
	if announced != "" {
		p.since = announced
	}
	switch {
	case p.base == p.head:
		p.tell("pull/nothing-new", 0, "the tree has all of it already")
	case p.request.Base == "":
	case announced == "":
		p.tell("pull/base-unknown", 0, "the commit %.12s that the mail starts from is neither in the tree nor in what was fetched", p.request.Base)
	case announced != p.base:
		p.tell("pull/base-differs", 0, "the mail counts from %.12s, and this tree has the history up to %.12s", announced, p.base)
	}
	return nil
}
