// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestRedirects: a server could send us to any port of this machine, and round and round.
func TestRedirects(t *testing.T) {
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "secret") }))
	defer inner.Close()
	to := ""
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/here" {
			io.WriteString(w, "here")
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	}))
	defer outer.Close()
	for _, tt := range []struct{ to, want string }{
		{inner.URL + "/x", "not public"}, {strings.Replace(inner.URL, "127.0.0.1", "localhost", 1) + "/x", "not public"},
		{"http://[::1]:9/x", "not public"}, {"http://10.0.0.1/x", "not public"}, {"file:///etc/passwd", "neither http nor https"},
		{"ftp://example.org/x", "neither http nor https"}, {"/round", "more than 5 redirects"}, {"/here", ""},
	} {
		to = tt.to
		_, _, err := newFetcher(&Options{}).once(t.Context(), outer.URL+"/first")
		if got := fmt.Sprint(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
			t.Errorf("to %s: %v, want %q", tt.to, err, tt.want)
		}
	}
}
