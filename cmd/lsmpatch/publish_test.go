// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestPublish: nothing is sent without --publish, whatever the configuration and the environment have, and all with it.
func TestPublish(t *testing.T) {
	var asked, sent atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		if req.Method == http.MethodPost {
			sent.Add(1)
			w.WriteHeader(http.StatusCreated)
			return
		}
		fmt.Fprint(w, `[{"id": 7}]`)
	}))
	defer server.Close()
	conf := filepath.Join(t.TempDir(), "conf.toml")
	if err := os.WriteFile(conf, []byte("[publish]\npatchwork = \""+server.URL+"\"\ngithub = \"o/n\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv(patchworkKey, "k")
	t.Setenv(githubKey, "k")
	t.Setenv(githubCommit, "0123")
	t.Setenv(githubAPI, server.URL)
	call := func(more ...string) (int, string) {
		var stdout, stderr bytes.Buffer
		args := append([]string{"--config", conf, "premerge", "--tree", "../../testdata/minilinux"}, more...)
		code := run(t.Context(), args, nil, &stdout, &stderr)
		return code, stdout.String() + stderr.String()
	}
	for _, more := range [][]string{nil, {"--format", "patchwork"}, {"--format", "github-status"}} {
		if code, out := call(more...); code != exitClean || asked.Load() != 0 {
			t.Errorf("%q: %d, asked %d times\n%s", more, code, asked.Load(), out)
		}
	}
	if code, out := call("--publish"); code != exitClean || sent.Load() != 6 || !strings.Contains(out, "5 checks to "+server.URL+"; a status to o/n") {
		t.Errorf("%d, %d sent\n%s", code, sent.Load(), out)
	}
	server.Close()
	if code, out := call("--publish", "--format", "json"); code != exitBroken || !strings.Contains(out, `"error": "publish: not all went to`) {
		t.Errorf("%d\n%s", code, out)
	}
}
