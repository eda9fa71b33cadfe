// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/publish"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Keys come from the environment alone: a file that lies about would give them to others.
const (
	patchworkKey = "LSMPATCH_PATCHWORK_KEY"
	githubKey    = "GITHUB_TOKEN"
	// githubCommit names the commit that a job of GitHub's is about, and githubAPI its server.
	githubCommit = "GITHUB_SHA"
	githubAPI    = "GITHUB_API_URL"
)

// A sending is a server that is to be told, and how.
type sending struct {
	to   string
	send func(context.Context, *report.Report) (string, error)
}

// sendings are those that the configuration asks for. An error says what is missing to send to one.
func (a *app) sendings() ([]sending, error) {
	c, err := a.config()
	if err != nil {
		return nil, err
	}
	var list []sending
	if server := c.Publish.Patchwork; server != "" {
		key := os.Getenv(patchworkKey)
		if key == "" {
			return nil, hint.Wrap(errors.New("--publish: no key for "+server), "set "+patchworkKey)
		}
		list = append(list, sending{server, func(ctx context.Context, r *report.Report) (string, error) {
			n, err := publish.Target{URL: server, Key: key}.Patchwork(ctx, r.PatchChecks())
			return report.Plural(n, "check") + " to " + server, err
		}})
	}
	if repository := c.Publish.GitHub; repository != "" {
		key, commit := os.Getenv(githubKey), os.Getenv(githubCommit)
		if key == "" || commit == "" {
			return nil, hint.Wrap(errors.New("--publish: no key for GitHub, or no commit"), "set "+githubKey+" and "+githubCommit)
		}
		target := publish.Target{URL: cmp.Or(os.Getenv(githubAPI), "https://api.github.com"), Key: key}
		list = append(list, sending{repository, func(ctx context.Context, r *report.Report) (string, error) {
			return "a status to " + repository, target.GitHub(ctx, repository, commit, r.Status())
		}})
	}
	if len(list) == 0 {
		return nil, hint.Wrap(errors.New("--publish: the configuration names nobody to tell"), `[publish] of .lsmpatch.toml has patchwork = "https://HOST" or github = "owner/name"`)
	}
	return list, nil
}

// publish tells all of list, and adds to r how that went.
func (a *app) publish(ctx context.Context, r *report.Report, list []sending) {
	step := report.Step{Name: "publish", Status: report.Passed}
	var done []string
	for _, s := range list {
		said, err := s.send(ctx, r)
		if err != nil {
			step.Status, step.Hint = report.Broken, hint.Of(err)
			said = fmt.Sprintf("not all went to %s: %v", s.to, err)
		}
		done = append(done, said)
	}
	step.Summary = strings.Join(done, "; ")
	r.Steps = append(r.Steps, step)
}
