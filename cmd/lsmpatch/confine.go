// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"os"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/rights"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// confine gives up what a verb that only reads does not need, before it touches a mail: it may write to the files and
// folders of needs, and to a folder of its own for what is temporary. The network stays where args name something that is
// to be fetched; t, which may be nil, keeps what a partial clone needs to complete itself.
func (a *app) confine(t *tree.Tree, args []string, needs rights.Needs) error {
	if a.giveUp == nil || a.noLandlock {
		return nil
	}
	needs.Network = needs.Network || fetches(args) || a.asksServer
	complete(&needs, t)
	temp, err := os.MkdirTemp("", "lsmpatch-")
	if err != nil {
		return err
	}
	needs.Folders = append(needs.Folders, temp)
	needs.Emptied = append(needs.Emptied, os.TempDir()) // temp itself goes at the end
	a.temp.Store(&temp)
	if err := os.Setenv("TMPDIR", temp); err != nil {
		return err
	}
	if err := a.giveUp(needs); err != nil {
		a.noteln("%v (--no-landlock does without)", err)
	}
	return nil
}

// cleanup removes what confine made.
func (a *app) cleanup() {
	if temp := a.temp.Load(); temp != nil {
		os.RemoveAll(*temp)
	}
}

// complete adds what a partial clone needs to complete itself; t may be nil.
func complete(needs *rights.Needs, t *tree.Tree) {
	if t != nil && t.IsGit() && t.Repo.IsPartial() {
		needs.Network, needs.Folders = true, append(needs.Folders, t.Repo.CommonDir)
	}
}

// fetches reports whether one of the names of a series may be that of one to be fetched.
func fetches(names []string) bool {
	for _, name := range names {
		if strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://") || strings.HasPrefix(name, "patchwork:") {
			return true
		}
		if _, err := os.Stat(name); err != nil && (strings.Contains(name, "@") || strings.Contains(name, ".kernel.org/")) {
			return true // a Message-ID, or a URL without its scheme
		}
	}
	return false
}
