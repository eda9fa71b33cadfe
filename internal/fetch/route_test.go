// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e/gitserver"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// TestGitRedirects: git followed a server to any port of this machine. Where it has moved on the same host it is found.
func TestGitRedirects(t *testing.T) {
	remote := gittest.BaseRepo(t)
	inner := gitserver.HTTP(t, remote, "uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true")
	target, err := url.Parse(inner.URL)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	proxy := httputil.NewSingleHostReverseProxy(target)
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch rest, query := r.URL.Path, "?"+r.URL.RawQuery; {
		case strings.HasPrefix(rest, "/away/"):
			http.Redirect(w, r, inner.URL+strings.TrimPrefix(rest, "/away")+query, http.StatusFound)
		case strings.HasPrefix(rest, "/old/"):
			asked++
			http.Redirect(w, r, "/new"+strings.TrimPrefix(rest, "/old")+query, http.StatusFound)
		default:
			r.URL.Path = strings.TrimPrefix(rest, "/new")
			proxy.ServeHTTP(w, r)
		}
	}))
	defer outer.Close()
	fetched := func(base string) error {
		opts := &Options{Dir: filepath.Join(t.TempDir(), "linux"), Remote: base, Commit: "main"}
		_, err := Fetch(t.Context(), opts)
		return err
	}
	if err := fetched(outer.URL + "/old"); err != nil || asked == 0 {
		t.Errorf("to another place of the same server, %d: %v", asked, err)
	}
	if err := fetched(outer.URL + "/away"); err == nil || !strings.Contains(err.Error(), "not public") {
		t.Errorf("to another port of this machine: %v", err)
	}
}
