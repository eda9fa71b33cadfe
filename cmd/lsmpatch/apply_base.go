// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
	"github.com/lsmpatch/lsmpatch/series/maintainers"
)

// autoBase is the value of --base that has the base looked for.
const autoBase = "auto"

// findBase makes opts apply the series where it applies: on the commit that was found and, where that is not what is
// checked out, on a branch named for the series. Where there is none it says why, and the series is held against HEAD.
func (a *app) findBase(ctx context.Context, t *tree.Tree, set *patchset.Set, opts *apply.Options) (*apply.Base, error) {
	opts.Base = ""
	prefer, unknown := a.maintainersTrees(ctx, t, set, opts)
	base, err := apply.FindBase(ctx, t, set, opts, prefer)
	var none *apply.NoBaseError
	if errors.As(err, &none) {
		a.warnln("%v", none)
		if len(unknown) > 0 {
			a.noteln("MAINTAINERS names %s for these files, which is no remote here", strings.Join(unknown, ", "))
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	head, err := t.Resolve("")
	if err == nil && head == base.Commit {
		a.noteln("the base is HEAD (%s), which %s", base.Commit.Short(), base.Why)
		if opts.Branch != "" {
			opts.Base = string(base.Commit)
		}
		return base, nil
	}
	opts.Base = string(base.Commit)
	if opts.Branch == "" && !opts.Check {
		opts.Branch = strings.TrimSuffix(series.AmName(set), ".mbx")
	}
	where := base.Name
	if where != base.Commit.Short() {
		where += " (" + base.Commit.Short() + ")"
	}
	a.noteln("the base is %s, which %s; it lacks %s of HEAD, and has %s of its own",
		where, base.Why, report.Plural(base.Behind, "commit"), report.Plural(base.Ahead, "commit"))
	return base, nil
}

// maintainersTrees returns the refs of the trees that MAINTAINERS of HEAD names for the files of a series, as far as
// they are remotes of t, and the URLs of those that are not. Without such a file there are none.
func (a *app) maintainersTrees(ctx context.Context, t *tree.Tree, set *patchset.Set, opts *apply.Options) (refs, unknown []string) {
	head, err := t.Snapshot("")
	if err != nil || !t.IsGit() {
		return nil, nil
	}
	file, err := maintainers.Read(head)
	if err != nil {
		return nil, nil
	}
	remotes, err := t.Remotes(ctx)
	if err != nil {
		return nil, nil
	}
	for _, name := range apply.Touched(set.Patches, opts) {
		for _, m := range file.Match(name) {
			for _, line := range m.Trees {
				if m.Name == maintainers.TheRest {
					continue
				}
				words := strings.Fields(line) // "git URL [BRANCH]"
				if len(words) < 2 || words[0] != "git" {
					continue
				}
				known := false
				for remote, at := range remotes {
					if !sameRepository(at, words[1]) {
						continue
					}
					known = true
					ref := "refs/remotes/" + remote + "/"
					if len(words) > 2 {
						ref += words[2]
					}
					if !slices.Contains(refs, ref) {
						refs = append(refs, ref)
					}
				}
				if !known && !slices.Contains(unknown, words[1]) {
					unknown = append(unknown, words[1])
				}
			}
		}
	}
	slices.Sort(refs)
	return refs, unknown
}

// sameRepository reports whether two URLs name one repository: the protocol, a user and ".git" at the end tell
// nothing, nor do the hosts of kernel.org, which all serve the same.
func sameRepository(a, b string) bool {
	host, path := placeOf(a)
	otherHost, otherPath := placeOf(b)
	return path != "" && path == otherPath && host == otherHost
}

func placeOf(address string) (host, path string) {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		host, path = u.Hostname(), u.Path
	} else if before, after, ok := strings.Cut(address, ":"); ok && !strings.Contains(before, "/") {
		host = before[strings.LastIndexByte(before, '@')+1:] // user@host:path, as ssh has it
		path = "/" + strings.TrimPrefix(after, "/")
	} else {
		path = address
	}
	path = strings.TrimSuffix(strings.TrimSuffix(path, "/"), ".git")
	if strings.HasSuffix(host, "kernel.org") || host == "kernel.googlesource.com" {
		host = "kernel.org"
	}
	return strings.ToLower(host), path
}
