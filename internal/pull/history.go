// SPDX-License-Identifier: GPL-2.0-only

package pull

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/maintainers"
)

const (
	// late is how short before the request commits are suspicious that were all made anew.
	late = 48 * time.Hour
	// fewCommits is how many commits are no branch that could have been rebased.
	fewCommits = 3
	// enoughDays is how long linux-next should have had a commit.
	enoughDays = 2
)

// checkHistory looks at how the commits came about, what they touch, and whether they merge.
func (p *pulling) checkHistory() (string, any, error) {
	if err := p.checkMerges(); err != nil {
		return "", nil, err
	}
	p.checkRebase()
	if err := p.checkEntries(); err != nil {
		return "", nil, err
	}
	if err := p.checkNext(); err != nil {
		return "", nil, err
	}
	files, err := p.mergeConflicts()
	if err != nil {
		return "", nil, err
	}
	result := struct {
		Conflicts []string `json:"conflicts"`
	}{files}
	return report.CountLine(p.findings), result, nil
}

// checkMerges tells merges of what the tree has, which mix somebody else's work into a topic, unless they say why.
func (p *pulling) checkMerges() error {
	merges := 0
	for _, c := range p.commits {
		if !c.Merge {
			continue
		}
		merges++
		for _, parent := range c.parents[1:] {
			if _, err := p.git("merge-base", "--is-ancestor", parent, p.target); err == nil {
				p.tell("pull/back-merge", c.Index, "%.12s (%q) merges %.12s, which the tree has already", c.Commit, c.Title, parent)
				p.hint("see Documentation/maintainer/rebasing-and-merging.rst; a back-merge says why it is needed")
			}
		}
		body, err := p.git("show", "-s", "--format=%b", c.Commit)
		if err != nil {
			return err
		}
		if strings.TrimSpace(body) == "" {
			p.tell("pull/bare-merge", c.Index, "the merge %.12s (%q) does not say why", c.Commit, c.Title)
		}
	}
	if merges > 0 && merges == len(p.commits) {
		p.tell("pull/only-merges", 0, "nothing but %s", report.Plural(merges, "merge"))
	}
	return nil
}

// checkRebase tells a branch all of whose commits were made shortly before the request.
func (p *pulling) checkRebase() {
	asked := p.mail.From.When
	var plain, fresh int
	for _, c := range p.commits {
		if c.Merge {
			continue
		}
		plain++
		if asked.Sub(c.committed) < late {
			fresh++
		}
	}
	if asked.IsZero() || plain < fewCommits || fresh < plain {
		return
	}
	p.tell("pull/late-rebase", 0, "all %d commits were made within %d hours before the request: they were rebased, or nobody has tested them as they are", plain, int(late.Hours()))
	p.hint("see Documentation/maintainer/rebasing-and-merging.rst")
}

// checkEntries tells files of whose entries in MAINTAINERS none names who asks.
func (p *pulling) checkEntries() error {
	before, err := p.tree.Snapshot(p.target)
	if err != nil {
		return err
	}
	m, err := maintainers.Read(before)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	out, err := p.git("diff", "--name-only", "-z", "--no-renames", p.base, p.head)
	if err != nil {
		return err
	}
	var outside []string
	for _, name := range strings.Split(strings.TrimSuffix(out, "\x00"), "\x00") {
		if name != "" && !p.maintains(m, name) {
			outside = append(outside, name)
		}
	}
	if len(outside) > 0 {
		p.tell("pull/outside-entries", 0, "%s outside of the entries of %s <%s> in MAINTAINERS: %s",
			report.Plural(len(outside), "file"), p.mail.From.Name, p.mail.From.Email, some(outside))
		p.hint("those who maintain them should have agreed: Acked-by")
	}
	return nil
}

// maintains reports whether who asks maintains a file, by an entry of its own or by name.
func (p *pulling) maintains(m *maintainers.File, file string) bool {
	for _, s := range m.Match(file) {
		if s.Name == maintainers.TheRest {
			continue
		}
		if slices.ContainsFunc(s.People, func(who maintainers.Person) bool {
			return strings.EqualFold(who.Email, p.mail.From.Email) || who.Name != "" && strings.EqualFold(who.Name, p.mail.From.Name)
		}) {
			return true
		}
	}
	return false
}

var reNextTag = lazyregexp.New(`^next-(\d{8})$`)

// checkNext asks a clone of linux-next since when it has each commit.
func (p *pulling) checkNext() error {
	if p.opts.Next == "" {
		return nil
	}
	var absent, fresh []string
	for _, c := range p.commits {
		if c.Merge {
			continue
		}
		out, err := run.Output(p.ctx, run.Cmd{Args: []string{"git", "tag", "--list", "next-*", "--sort=refname", "--contains", c.Commit}, Dir: p.opts.Next, Env: run.GitEnv()})
		var failed *run.Error
		if errors.As(err, &failed) && !strings.Contains(string(failed.Stderr), "no such commit") && !strings.Contains(string(failed.Stderr), "malformed object name") {
			return err
		}
		c.Next, c.Days = p.firstNext(string(out))
		switch name := fmt.Sprintf("%.12s (%q)", c.Commit, c.Title); {
		case c.Next == "":
			absent = append(absent, name)
		case c.Days < enoughDays:
			fresh = append(fresh, name)
		}
	}
	if len(absent) > 0 {
		p.tell("pull/not-in-next", 0, "%s never in linux-next: %s", report.Plural(len(absent), "commit"), some(absent))
	}
	if len(fresh) > 0 {
		p.tell("pull/short-in-next", 0, "%s in linux-next for less than %d days before the request: %s", report.Plural(len(fresh), "commit"), enoughDays, some(fresh))
	}
	return nil
}

// firstNext returns the oldest of some tags of linux-next, and the days from it to the request.
func (p *pulling) firstNext(tags string) (tag string, days int) {
	for name := range strings.FieldsSeq(tags) {
		m := reNextTag.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		day, err := time.Parse("20060102", m[1])
		if err != nil {
			continue
		}
		return name, max(0, int(p.mail.From.When.Sub(day).Hours()/24))
	}
	return "", 0
}

// mergeConflicts merges without a worktree, and returns the files that do not merge.
func (p *pulling) mergeConflicts() ([]string, error) {
	files := []string{}
	out, err := p.git("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", p.target, p.head)
	var failed *run.Error
	if errors.As(err, &failed) && failed.ExitCode == 1 {
		files = append(files, strings.FieldsFunc(out, func(r rune) bool { return r == 0 })[1:]...)
		p.tell("pull/conflict", 0, "it does not merge into %.12s by itself: %s", p.target, some(files))
		p.hint("that is for who pulls to resolve; a mail that shows how helps")
		return files, nil
	}
	return files, err
}
