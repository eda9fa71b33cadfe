// SPDX-License-Identifier: GPL-2.0-only

package pull

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// A Commit is one of those that are to be pulled, the oldest first.
type Commit struct {
	// Index counts from 1, and is what findings call the patch.
	Index  int    `json:"index"`
	Commit string `json:"commit"`
	Title  string `json:"subject"`
	Merge  bool   `json:"merge,omitempty"`
	// Posted is the Message-ID of a mail with the same change, where there was an inbox to look in.
	Posted string `json:"posted,omitempty"`
	// Next is the first linux-next that has the commit, and Days how long before the request that was.
	Next string `json:"next,omitempty"`
	Days int    `json:"next_days,omitempty"`

	parents                        []string
	author, committer, committedBy string
	committed                      time.Time
	patch                          *patchset.Patch
}

const logFormat = "--format=%x01%H%x00%P%x00%ae%x00%ce%x00%cn <%ce>%x00%ct%x00%s"

// readCommits lists what the tree does not have.
func (p *pulling) readCommits() error {
	out, err := p.git("log", "--reverse", "--topo-order", logFormat, p.base+".."+p.head)
	if err != nil {
		return err
	}
	for _, entry := range strings.Split(out, "\x01")[1:] {
		f := strings.SplitN(strings.TrimSuffix(entry, "\n"), "\x00", 7)
		if len(f) != 7 {
			return fmt.Errorf("git log answers %q", entry)
		}
		seconds, _ := strconv.ParseInt(f[5], 10, 64)
		c := &Commit{Index: len(p.commits) + 1, Commit: f[0], Title: f[6], parents: strings.Fields(f[1]),
			author: f[2], committer: f[3], committedBy: f[4], committed: time.Unix(seconds, 0)}
		c.Merge = len(c.parents) > 1
		p.commits = append(p.commits, c)
	}
	return nil
}

// commitChecks are those checks of a series that hold for commits that nobody mails.
var commitChecks = []string{
	"series/missing-signoff", "series/author-signoff", "series/signoff-order", "series/misspelt-trailer", "series/malformed-trailer", "series/unknown-trailer",
	"series/duplicate-trailer", "series/codeveloper-signoff", "series/codeveloper-order", "series/link-form", "series/stable-form", "series/reported-by-closes",
	"series/fixes-form", "series/fixes-unknown", "series/fixes-not-ancestor", "series/fixes-subject", "series/fixes-floating", "series/short-hash",
	"series/commit-form", "series/commit-unknown", "series/commit-subject", "series/empty-message", "series/subject-form", "series/subject-length",
	"series/fixup", "series/leftover", "series/placeholder", "series/conflict-marker", "series/bidi-control", "series/invisible-character", "series/look-alike",
	"series/message-id-form", "series/not-checked",
}

// checkCommits examines each commit as a mail of a series is examined, and looks for the mails.
func (p *pulling) checkCommits() (string, any, error) {
	if err := p.readPatches(); err != nil {
		return "", p.commits, err
	}
	set := p.set()
	checks := slices.DeleteFunc(series.Checks(), func(c *check.Check) bool { return !slices.Contains(commitChecks, c.ID) })
	findings, err := check.Run(&check.View{Set: set, Commits: history{p}}, checks)
	if err != nil {
		return "", p.commits, err
	}
	p.findings = append(p.findings, findings...)
	p.committerSignoffs()
	if err := p.posted(); err != nil {
		return "", p.commits, err
	}
	return fmt.Sprintf("%s, %s", report.Plural(len(p.commits), "commit"), report.CountLine(p.findings)), p.commits, nil
}

// readPatches reads the commits, merges left out, as git format-patch mails them.
func (p *pulling) readPatches() error {
	for _, c := range p.commits {
		if c.Merge {
			continue
		}
		out, err := p.git("format-patch", "--stdout", "--no-signature", "--full-index", "--binary", "--no-numbered", "--no-cover-letter", "--no-base",
			"--no-notes", "--no-attach", "--no-thread", "--src-prefix=a/", "--dst-prefix=b/", "-1", c.Commit)
		if err != nil {
			return err
		}
		sets, err := series.Read(strings.NewReader(out), c.Commit, nil)
		switch {
		case errors.Is(err, series.ErrNoPatches) || err == nil && len(sets[0].Patches) == 0:
			p.tell("pull/empty-commit", c.Index, "the commit %.12s changes nothing", c.Commit)
		case err != nil:
			return err
		default:
			c.patch = sets[0].Patches[0]
			c.patch.Index = c.Index
		}
	}
	return nil
}

// set returns the commits as a series, with the numbers of the commits.
func (p *pulling) set() *patchset.Set {
	set := &patchset.Set{Version: 1, Total: len(p.commits), Picked: true}
	for _, c := range p.commits {
		if c.patch != nil {
			set.Patches = append(set.Patches, c.patch)
		}
	}
	return set
}

// committerSignoffs wants everybody who handed a commit on to sign it off: the last who did is its committer.
func (p *pulling) committerSignoffs() {
	for _, c := range p.commits {
		if c.patch == nil || strings.EqualFold(c.author, c.committer) {
			continue // the author's is a check of series
		}
		signed := slices.ContainsFunc(c.patch.Trailers, func(t patchset.Trailer) bool {
			who, _, ok := mail.ParsePerson(t.Value)
			return strings.EqualFold(t.Key, "Signed-off-by") && ok && strings.EqualFold(who.Email, c.committer)
		})
		if !signed {
			p.tell("pull/committer-signoff", c.Index, "%s committed %.12s (%q) and did not sign it off", c.committedBy, c.Commit, c.Title)
		}
	}
}

// posted looks for a mail with the same change as each commit.
func (p *pulling) posted() error {
	byID := map[string][]*Commit{} // the same change may come again, as behind its revert
	var ids []string
	for _, c := range p.commits {
		if c.patch == nil {
			continue
		}
		if id := mail.PatchID(c.patch.Diff); id != "" {
			if byID[id] == nil {
				ids = append(ids, id)
			}
			byID[id] = append(byID[id], c)
		}
	}
	if len(ids) == 0 || len(p.opts.Inboxes) == 0 {
		return nil
	}
	for _, inbox := range p.opts.Inboxes {
		sets, err := series.Find(p.ctx, inbox, &series.Query{PatchIDs: ids}, nil)
		if err != nil && !errors.Is(err, series.ErrNoPatches) {
			return err
		}
		for _, set := range sets {
			for _, patch := range set.Patches {
				for _, c := range byID[mail.PatchID(patch.Diff)] {
					c.Posted = patch.MessageID
				}
			}
		}
	}
	for _, id := range ids {
		for _, c := range byID[id] {
			if c.Posted == "" {
				p.tell("pull/not-posted", c.Index, "no mail has the change of %.12s (%q), as it is, in %s", c.Commit, c.Title, strings.Join(p.opts.Inboxes, ", "))
			}
		}
	}
	return nil
}

// checkStyle examines each commit by the rules of the tree.
func (p *pulling) checkStyle() (string, any, error) {
	before, err := p.tree.Snapshot(p.target)
	if err != nil {
		return "", nil, err
	}
	opts := p.opts.Checkpatch
	opts.Tree, opts.HistoryCut = before, p.cut()
	if opts.Engine == "" {
		opts.Engine = "native" // the script cannot see what was fetched
	}
	if set := p.set(); len(set.Patches) > 0 {
		if p.findings, err = checkpatch.Check(p.ctx, set, &opts); err != nil {
			return "", nil, err
		}
	}
	return report.CountLine(p.findings), nil, nil
}

// history answers for what the tree has together with what was fetched.
type history struct{ p *pulling }

// Commit implements [check.Commits].
func (h history) Commit(rev string) (subject string, ancestor bool, err error) {
	id := h.p.commit(rev)
	if id == "" {
		if h.p.cut() {
			return "", false, check.ErrShallow
		}
		return "", false, check.ErrNoCommit
	}
	if subject, err = h.p.git("show", "-s", "--format=%s", id); err != nil {
		return "", false, err
	}
	_, err = h.p.git("merge-base", "--is-ancestor", id, h.p.head)
	return strings.TrimSpace(subject), err == nil, nil
}
