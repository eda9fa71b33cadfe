// SPDX-License-Identifier: GPL-2.0-only

package redirect

import (
	"errors"
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
		answer, err := (&http.Client{CheckRedirect: Check}).Get(outer.URL + "/first")
		if err == nil {
			answer.Body.Close()
		}
		if got := fmt.Sprint(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
			t.Errorf("to %s: %v, want %q", tt.to, err, tt.want)
		}
	}
}

// TestFollow: a base is what stands before the page that was asked for, wherever that is.
func TestFollow(t *testing.T) {
	to := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/old") && to != "" {
			http.Redirect(w, r, to, http.StatusMovedPermanently)
		}
	}))
	defer server.Close()
	for _, tt := range []struct{ to, want, refused string }{
		{"", "/old", ""}, {"/new/linux.git/info/refs?x=1", "/new/linux.git", ""}, {"/login", "", "another page"},
		{"http://127.0.0.1:1/old/info/refs?x=1", "", "not public"}, {"file:///etc/passwd", "", "neither http nor https"},
	} {
		to = tt.to
		got, err := Follow(t.Context(), http.DefaultClient, server.URL+"/old", "/info/refs?x=1")
		if tt.refused != "" && (!errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tt.refused)) {
			t.Errorf("to %s: %v, want %q", tt.to, err, tt.refused)
		}
		if tt.refused == "" && (err != nil || got != server.URL+tt.want) {
			t.Errorf("to %s: %s, %v", tt.to, got, err)
		}
	}
	if got, err := Follow(t.Context(), http.DefaultClient, "http://127.0.0.1:1/x", "/y"); got != "http://127.0.0.1:1/x" || err != nil {
		t.Errorf("a server that is not there: %s, %v", got, err)
	}
}
