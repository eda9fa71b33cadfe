// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"
)

// TestFolderWithoutEndings: a folder whose files have no ending is a series of those that are mails, in the order
// of their names; where endings tell, they do.
func TestFolderWithoutEndings(t *testing.T) {
	dir := t.TempDir()
	_, first, _ := bytes.Cut(patchMail(patch("[PATCH 1/2] a", "1@x", "")), []byte("\n"))
	mailtest.Write(t, filepath.Join(dir, "0001"), first)
	mailtest.Write(t, filepath.Join(dir, "0010"), mailtest.Gzipped(t, patchMail(patch("Re: [PATCH 2/2] b", "2@x", ""))))
	mailtest.Write(t, filepath.Join(dir, "notes"), []byte("Remember: ask them.\n"))
	mailtest.Write(t, filepath.Join(dir, "data"), []byte{0, 1, 2})
	mailtest.Write(t, filepath.Join(dir, ".0000.swp"), first)
	mailtest.Write(t, filepath.Join(dir, "sub", "0003"), first)
	sets, err := Open(t.Context(), []string{dir}, nil)
	if err != nil || describe(sets) != "v1: 1/2 a, 2/2 b" {
		t.Errorf("%s, %v", describe(sets), err)
	}
	mailtest.Write(t, filepath.Join(dir, "0002.patch"), patchMail(patch("[PATCH] only", "3@x", "")))
	if sets, err = Open(t.Context(), []string{dir}, nil); err != nil || describe(sets) != "v1: 1/1 only" {
		t.Errorf("with an ending: %s, %v", describe(sets), err)
	}
	empty := t.TempDir()
	mailtest.Write(t, filepath.Join(empty, "notes"), []byte("Remember: ask them.\n"))
	if _, err := Open(t.Context(), []string{empty}, nil); !errors.Is(err, ErrNoPatches) {
		t.Errorf("no mails: %v", err)
	}
}

// TestPatchwork: each URL by which a patchwork server names a series or a patch leads to its mailbox.
func TestPatchwork(t *testing.T) {
	box := bytes.Join([][]byte{patchMail(patch("[1/2] a", "1@x", "")), patchMail(patch("[2/2] b", "2@x", ""))}, nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/series/123/mbox/" && r.URL.Path != "/patch/123/mbox/" {
			http.NotFound(w, r)
			return
		}
		w.Write(box)
	}))
	defer server.Close()
	for _, name := range []string{"patchwork:" + server.URL + "/123", "patchwork:" + server.URL + "/project/lsm/123/"} {
		sets, err := Open(t.Context(), []string{name}, nil)
		if err != nil || len(sets) != 1 || len(sets[0].Patches) != 2 {
			t.Errorf("%s: %s, %v", name, describe(sets), err)
		}
	}
	for name, want := range map[string]string{"patchwork:123": "a number alone names no server", "patchwork:x": "no series of a patchwork server", "patchwork:https://example.org/": "no series of a patchwork server"} {
		if _, err := Open(t.Context(), []string{name}, nil); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(hint.Of(err), "patchwork:https://HOST/NUMBER") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"/series/123/", "/series/123", "/series/123/mbox/", "/patch/123/", "/project/lsm/list/?series=123", "/project/lsm/list/?state=*&series=123&archive=both"} {
		sets, err := Open(t.Context(), []string{server.URL + name}, nil)
		if err != nil || len(sets) != 1 || len(sets[0].Patches) != 2 {
			t.Errorf("%s: %s, %v", name, describe(sets), err)
		}
	}
}

// TestLeiMaildir: a maildir as lei keeps it, with the flags of mails in their names and several threads in any
// order, by a Message-ID in it and whole.
func TestLeiMaildir(t *testing.T) {
	dir := t.TempDir()
	for name, m := range map[string][]byte{
		"cur/b1.abc:2,S":   patchMail(patch("[PATCH v2 1/1] a", "n1@x", "n0@x")),
		"cur/a9.abc:2,RS":  patchMail(cover("[PATCH v2 0/1] c", "n0@x", "")),
		"new/c2.abc":       patchMail(cover("[PATCH 0/1] c", "0@x", "")),
		"cur/d3.abc:2,FS":  patchMail(patch("[PATCH 1/1] a", "1@x", "0@x")),
		"cur/e4.abc:2,S":   patchMail(reply("Re: [PATCH 1/1] a", "r@x", "1@x", "Acked-by: Re Viewer <re@example.com>")),
		"cur/f5.abc:2,S":   patchMail(mailHead{subject: "[PATCH] other", id: "o@x", from: "Other <o@example.net>"}),
		"tmp/g6.abc":       []byte("half a ma"),
		"cur/.lei-private": []byte("x"),
	} {
		_, raw, _ := bytes.Cut(m, []byte("\n"))
		if raw == nil {
			raw = m
		}
		mailtest.Write(t, filepath.Join(dir, name), raw)
	}
	sets, err := Open(t.Context(), []string{"inbox:" + dir, "1@x"}, nil)
	if err != nil || describe(sets) != "v2: cover, 1/1 a +Acked-by; v1: cover, 1/1 a +Acked-by, 1 replies" || !sets[1].Named {
		t.Errorf("%s, %v", describe(sets), err)
	}
	if sets, err = Open(t.Context(), []string{"inbox:" + dir, "o@x"}, nil); err != nil || describe(sets) != "v1: 1/1 other" {
		t.Errorf("other: %s, %v", describe(sets), err)
	}
	if _, err = Open(t.Context(), []string{"inbox:" + dir, "none@x"}, nil); !errors.Is(err, ErrNoPatches) {
		t.Errorf("none: %v", err)
	}
	count := 0
	for _, err := range All(t.Context(), []string{dir}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		count++
	}
	if count != 3 {
		t.Errorf("%d sets", count)
	}
}

// TestPickedByHand: what a user put together is one series, whatever versions the subjects have; of files the rest was left out, and of a
// mailbox too.
func TestPickedByHand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := patchMail(mailHead{subject: "[PATCH v2 1/2] a", id: "1@x"}), patchMail(mailHead{subject: "[PATCH v3 2/2] b", id: "2@x"})
	again := patchMail(mailHead{subject: "[PATCH v3 1/2] a", id: "3@x"})
	files := map[string][]byte{
		"x1": one, "x2": two, "x3": again, "both.mbox": append(slices.Clone(one), two...), "versions.mbox": append(slices.Clone(one), again...),
		"thread.mbox": append(slices.Clone(one), patchMail(mailHead{subject: "[PATCH v3 1/2] c", id: "4@x", parent: "1@x"})...),
	}
	// A cover letter without a number says nothing of the total: 1 was taken.
	files["cover"] = patchMail(cover("of it all", "0@y", ""))
	files["y1"], files["y2"] = patchMail(patch("[PATCH 1/2] a", "1@y", "0@y")), patchMail(patch("[PATCH 2/2] b", "2@y", "0@y"))
	for name, content := range files {
		mailtest.Write(t, filepath.Join(dir, name), content)
	}
	for names, want := range map[string]string{
		"cover y1 y2":   "v1: cover, 1/2 a, 2/2 b",
		"cover y2":      "v1: cover, 2/2 b",
		"x1 x2":         "v3: 1/2 a, 2/2 b",
		"x2 x1":         "v3: 1/2 b, 2/2 a",
		"x1 x3":         "v3: 1/2 a, 2/2 a",
		"both.mbox":     "v3: 1/2 a, 2/2 b",
		"versions.mbox": "v3: 1/2 a; v2: 1/2 a",
		"thread.mbox":   "v3: 1/2 c; v2: 1/2 a",
	} {
		var paths []string
		for name := range strings.FieldsSeq(names) {
			paths = append(paths, filepath.Join(dir, name))
		}
		sets, err := Open(t.Context(), paths, nil)
		if got := describe(sets); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", names, got, err, want)
		}
	}
}
