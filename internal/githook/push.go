// SPDX-License-Identifier: GPL-2.0-only

package githook

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// maxPushed is how many commits of a push are judged: a series, and no tree that somebody mirrors.
const maxPushed = 200

// A Push is what goes to one ref of a remote.
type Push struct {
	// Ref is the remote's.
	Ref string
	// Base and Tip bound the commits that no remote has yet; "" where there is nothing to judge, and Why says why.
	Base, Tip string
	Why       string
}

// Pushed reads what git tells a pre-push hook on standard input, a line for each ref: its name here, its commit, its name
// there, the commit there. Refs that are deleted, and such as share a tip with another, are left out.
func Pushed(ctx context.Context, repo *git.Repo, refs io.Reader) ([]Push, error) {
	var pushes []Push
	lines := bufio.NewScanner(io.LimitReader(refs, limit.HeadBytes))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 4 {
			return nil, fmt.Errorf("git says %q of a ref that is pushed, which is not four words", lines.Text())
		}
		p := Push{Ref: fields[2], Tip: fields[1]}
		if strings.Trim(p.Tip, "0") == "" {
			continue
		}
		if err := p.measure(ctx, repo, fields[3]); err != nil {
			return nil, err
		}
		if p.Tip != "" && slices.ContainsFunc(pushes, func(q Push) bool { return q.Tip == p.Tip }) {
			continue
		}
		pushes = append(pushes, p)
	}
	return pushes, lines.Err()
}

// measure finds the commits of p.Tip that no remote has.
func (p *Push) measure(ctx context.Context, repo *git.Repo, there string) error {
	commit, err := repo.Git(ctx, "rev-parse", "--verify", "-q", p.Tip+"^{commit}") // of a tag with a message, which has an object of its own
	p.Tip = ""
	if err != nil {
		p.Why = "it is no commit"
		return nil
	}
	tip := strings.TrimSpace(string(commit))
	args := []string{"rev-list", "--topo-order", "--parents", "--max-count=" + strconv.Itoa(maxPushed+1), tip, "--not", "--remotes"}
	if _, err := repo.Git(ctx, "cat-file", "-e", there+"^{commit}"); err == nil {
		args = append(args, there)
	}
	out, err := repo.GitWith(ctx, run.Cmd{Args: append(args, "--")})
	if err != nil {
		return err
	}
	commits := strings.Split(strings.TrimSpace(string(out)), "\n")
	if commits[0] == "" {
		p.Why = "it has no commit that is new"
		return nil
	}
	if len(commits) > maxPushed {
		p.Why = fmt.Sprintf("it has more than %d commits that no remote has", maxPushed)
		return nil
	}
	// One line of commits: the parent of each is the one below it.
	next := tip
	for _, line := range commits {
		words := strings.Fields(line)
		if words[0] != next || len(words) > 2 {
			p.Why = "its new commits are not one series: there are merges among them"
			return nil
		}
		if len(words) == 1 {
			p.Why = "it begins a history of its own"
			return nil
		}
		next = words[1]
	}
	p.Base, p.Tip = next, tip
	return nil
}
