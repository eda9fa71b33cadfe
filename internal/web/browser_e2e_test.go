// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package web

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/e2e/browser"
	"github.com/lsmpatch/lsmpatch/internal/fleet"
)

// TestE2EFullPages shows the pages that have all that there may be, in a real Chromium: what is in the way of a series, lines that a
// compiler saw, a console with what was searched for, what changed, the branch of all that passed.
func TestE2EFullPages(t *testing.T) {
	h, x, jobs := versions(t)
	other := fleet.Job{Key: strings.Repeat("e", 64), Series: fleet.Series{ID: "other@x", Title: "security: another way", Version: 3, Family: strings.Repeat("f", 16), List: "lsm"}}
	x.Job(&other)
	conflict := []apply.Conflict{{Patch: 2, File: "security/a_file_with_a_long_name/and_another.c", Line: 7, Hint: "the tree has another line there"}}
	x.Meets(&fleet.Meetings{ID: jobs[1].Series.ID, Tree: "mini", Base: strings.Repeat("0", 40), Fits: true, Compared: 4, LeftOut: 2, With: []fleet.Meeting{
		{ID: "other@x", Title: other.Series.Title, Family: other.Series.Family, Version: 3, Order: "none", Files: []string{conflict[0].File}, Conflicts: conflict}}})
	x.Integrates(&fleet.Integrated{Tree: "mini", Branch: "lsmpatch/integration", Base: strings.Repeat("0", 40), Head: strings.Repeat("1", 40), Push: "git -C /srv/linux push --force public refs/heads/lsmpatch/integration",
		Series: []fleet.IntegratedSeries{{ID: "a@x", Title: "rust: lsm", Family: jobs[0].Series.Family, Version: 2, Commits: []fleet.IntegratedOne{{Commit: strings.Repeat("1", 40), Subject: "rust: lsm: a patch"}}},
			{ID: "other@x", Title: other.Series.Title, Family: other.Series.Family, Version: 3, LeftOut: true, Why: "it does not fit on the series before it", Conflicts: conflict}}})
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	tab := browser.Start(t)
	at, job := "/series/"+jobs[0].Series.Family+"/", "/job/"+jobs[1].Key+"/"
	for name, target := range map[string]string{"meetings": at, "changes": at + "changes/", "job": job, "console": job + "read/console-of-the-boot/?q=linux", "integration": "/integration/"} {
		for _, v := range []browser.View{{Width: 360, Scheme: "light"}, {Width: 360, Scheme: "dark"}, {Width: 768, Scheme: "dark"}, {Width: 1280, Scheme: "light"}} {
			t.Run(fmt.Sprintf("full-%s/%d/%s", name, v.Width, v.Scheme), func(t *testing.T) {
				tab.Look(t, v)
				tab.Open(t, server.URL+target)
				tab.Audit(t, v)
			})
		}
	}
}
