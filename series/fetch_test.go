// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"time"

	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/series/source"
)

// archiveServer answers as a public-inbox server does: the thread of a known Message-ID as
// gzipped mboxrd, 404 for others. The first answers are those of trouble, in order.
func archiveServer(t *testing.T, mbox []byte, trouble ...http.HandlerFunc) (*Options, *[]string) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.EscapedPath())
		if n := len(asked); n <= len(trouble) {
			trouble[n-1](w, r)
			return
		}
		if r.URL.Path != "/all/1@example.org/t.mbox.gz" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/gzip")
		w.Write(mbox)
	}))
	t.Cleanup(server.Close)
	return &Options{Archive: server.URL + "/all/", RetryPause: time.Millisecond}, &asked
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// cut sends half of what it announces.
func cut(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		w.Write(body[:len(body)/2])
	}
}

func lorePatch() []byte {
	mail := patchMail(mailHead{subject: "[PATCH] a title", id: "1@example.org"})
	return []byte(strings.Replace(string(mail), "\nText.", "\n>From the archive.", 1))
}

// TestFetchThread: names of a mail lead to its thread; troubles that pass are waited for.
func TestFetchThread(t *testing.T) {
	packed := mailtest.Gzipped(t, lorePatch())
	for _, tt := range []struct {
		name    string
		trouble []http.HandlerFunc
	}{
		{"1@example.org", nil},
		{"<1@example.org>", nil},
		{"URL/all/1@example.org/", nil},
		{"URL/all/1%40example.org/T/#u", nil},
		{"URL/all/1@example.org/t.mbox.gz", nil},
		{"URL/all/1@example.org/raw", nil},
		{"id:1@example.org", nil},
		{"https://patch.msgid.link/1@example.org", nil},
		{"https://lore.kernel.org/r/1@example.org", nil},
		{"https://patchwork.kernel.org/project/linux-security-module/patch/1@example.org/", nil},
		{"https://patchwork.kernel.org/project/linux-security-module/cover/1@example.org/", nil},
		{"<https://lore.kernel.org/r/1@example.org>", nil},
		{"lore.kernel.org/r/1@example.org", nil},
		{"msgid.link/1@example.org", nil},
		{"1@example.org", []http.HandlerFunc{cut(packed), cut(packed)}},
		{"1@example.org", []http.HandlerFunc{status(502), status(429), status(503)}},
	} {
		opts, asked := archiveServer(t, packed, tt.trouble...)
		name := strings.Replace(tt.name, "URL/all/", opts.Archive, 1)
		sets, err := Open(t.Context(), []string{name}, opts)
		if err != nil || len(sets) != 1 || len(sets[0].Patches) != 1 {
			t.Errorf("%s: %d sets, %v", name, len(sets), err)
			continue
		}
		if len(*asked) != len(tt.trouble)+1 {
			t.Errorf("%s: %d requests", name, len(*asked))
		}
		if m := sets[0].Patches[0].Message; !strings.HasPrefix(m, "a title\n\nFrom the archive.\n") {
			t.Errorf("%s: mboxrd quoting left: %q", name, m)
		}
	}
}

// TestPatchworkPages: the pages and the interface of a patchwork server lead to a mailbox, also where the server lies below a folder.
func TestPatchworkPages(t *testing.T) {
	for page, want := range map[string]string{
		"/series/7/": "/series/7/mbox/", "/patch/7": "/patch/7/mbox/", "/cover/7/": "/cover/7/mbox/", "/pw/series/7/": "/pw/series/7/mbox/",
		"/api/1.3/series/7/": "/series/7/mbox/", "/api/patches/7/": "/patch/7/mbox/", "/pw/api/1.1/covers/7": "/pw/cover/7/mbox/",
		"/project/lsm/list/?series=7&state=*": "/series/7/mbox/",
	} {
		asked := ""
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = r.URL.Path
			w.Write(lorePatch())
		}))
		sets, err := Open(t.Context(), []string{server.URL + page}, nil)
		server.Close()
		if err != nil || len(sets) != 1 || asked != want {
			t.Errorf("%s: asked for %s, %d sets, %v", page, asked, len(sets), err)
		}
	}
}

// TestFetchErrors: a mail that is not there is no reason to ask again.
func TestFetchErrors(t *testing.T) {
	packed := mailtest.Gzipped(t, lorePatch())
	for _, tt := range []struct {
		what, id      string
		body          []byte
		trouble       []http.HandlerFunc
		message, hint string
		requests      int
	}{
		{"unknown", "2@example.org", packed, nil, "does not know the mail <2@example.org>", "Message-ID complete", 1},
		{"empty", "1@example.org", nil, nil, "empty mailbox", "again later", 1},
		{"empty gzip", "1@example.org", mailtest.Gzipped(t, nil), nil, "empty mailbox", "again later", 1},
		{"down", "1@example.org", packed, []http.HandlerFunc{status(500), status(500), status(500), status(500)}, "500 Internal", "", 4},
		{"forbidden", "1@example.org", packed, []http.HandlerFunc{status(403)}, "403 Forbidden", "", 1},
		{"cut", "1@example.org", packed[:len(packed)-20], nil, "unexpected EOF", "", 4},
	} {
		opts, asked := archiveServer(t, tt.body, tt.trouble...)
		_, err := Open(t.Context(), []string{tt.id}, opts)
		if err == nil || !strings.Contains(err.Error(), tt.message) || !strings.Contains(hint.Of(err), tt.hint) {
			t.Errorf("%s: %v (hint: %s)", tt.what, err, hint.Of(err))
		}
		if len(*asked) != tt.requests {
			t.Errorf("%s: %d requests, want %d", tt.what, len(*asked), tt.requests)
		}
	}
	opts, _ := archiveServer(t, nil)
	_, err := Open(t.Context(), []string{"2@example.org"}, opts)
	var e *source.StatusError
	if !errors.As(err, &e) || e.Code != 404 {
		t.Errorf("not a StatusError: %v", err)
	}
	_, err = Open(t.Context(), []string{"2@example.org"}, &Options{Archive: "http://127.0.0.1:1", RetryPause: time.Millisecond})
	if hint.Of(err) == "" {
		t.Errorf("no hint without a network: %v", err)
	}
}

// TestNamedMail: the series that has the mail that was named is taken, whatever else its thread holds.
func TestNamedMail(t *testing.T) {
	other := "Other Author <other@example.net>"
	thread := slicesConcat(patchMail(cover("[PATCH 0/1] c", "0@x", "")), patchMail(patch("[PATCH 1/1] a", "a@x", "0@x")),
		patchMail(mailHead{subject: "[PATCH] otherwise", id: "1@example.org", parent: "a@x", from: other}),
		patchMail(reply("Re: [PATCH] otherwise", "r@x", "1@example.org", "No.")),
		patchMail(cover("[PATCH v2 0/1] c", "v0@x", "0@x")), patchMail(patch("[PATCH v2 1/1] a", "va@x", "v0@x")))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(mailtest.Gzipped(t, thread)) }))
	defer server.Close()
	for id, want := range map[string]string{
		"1@example.org": "v1: 1/1 otherwise, 1 replies",
		"r@x":           "v1: 1/1 otherwise, 1 replies",
		"a@x":           "v2: cover, 1/1 a; v1: cover, 1/1 a",
		"va@x":          "v2: cover, 1/1 a; v1: cover, 1/1 a",
	} {
		sets, err := Open(t.Context(), []string{id}, &Options{Archive: server.URL})
		if err != nil || describe(sets) != want {
			t.Errorf("%s: got %s, %v", id, describe(sets), err)
			continue
		}
		for _, set := range sets {
			if old := id == "a@x"; len(sets) == 2 && set.Named != (old == (set.Version == 1)) {
				t.Errorf("%s: v%d is named: %v", id, set.Version, set.Named)
			}
		}
	}
}
