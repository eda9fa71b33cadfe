// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/e2e/gitserver"
)

// TestE2EPremergeRemote has a verdict on the series without a tree at hand, from both kinds of server:
// in few requests, since each costs a round trip to the other side of the world.
func TestE2EPremergeRemote(t *testing.T) {
	source := e2e.Tree(t, "7.3") // before the cache folder is another one
	for name, serve := range map[string]func(testing.TB, string, ...string) *gitserver.Server{"http": gitserver.HTTP, "git": gitserver.Daemon} {
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		server := serve(t, source)
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), []string{"premerge", "--remote", server.URL, "--commit", "HEAD"}, nil, &stdout, &stderr)
		if code != 0 || !strings.Contains(stdout.String(), "verdict: passed") {
			t.Errorf("%s: exit %d\n%s\n%s", name, code, stdout.Bytes(), stderr.Bytes())
		}
		t.Logf("%s: %d requests, %d bytes", name, server.Requests.Load(), server.Sent.Load())
		// Over HTTP one asks where the server redirects to, before git may.
		if server.Requests.Load() > 8 || server.Sent.Load() > 3_000_000 {
			t.Errorf("%s: %d requests, %d bytes", name, server.Requests.Load(), server.Sent.Load())
		}
	}
}
