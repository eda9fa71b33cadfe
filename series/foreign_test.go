// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"
	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/source"
)

const (
	hgHead      = "# HG changeset patch\n# User A <a@example.org>\n"
	stgitSample = "a: b\n\nFrom: A <a@example.org>\n\nBody.\n---\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n"
)

// TestForeignSet checks what the reader says of patches that are no mails.
func TestForeignSet(t *testing.T) {
	for _, tt := range []struct{ names, want string }{
		{"hg/3.patch hg/2.patch hg/1.patch", "c: was b|a: say drei, and add b|a: say zwei"},
		{"stgit/series", "a: say zwei|a: say drei, and add b"},
		{"stgit-dated", "a: say zwei|a: say drei, and add b"},
	} {
		var names []string
		for _, name := range strings.Fields(tt.names) {
			names = append(names, filepath.Join("testdata/formats", name))
		}
		sets, err := Open(t.Context(), names, nil)
		if err != nil || len(sets) != 1 {
			t.Fatalf("%s: %d sets, %v", tt.names, len(sets), err)
		}
		var titles []string
		for _, p := range sets[0].Patches {
			titles = append(titles, p.Title)
			if p.DecodeErr != nil || p.DiffErr != nil || len(p.Files) == 0 || p.Author.Email == "" {
				t.Errorf("%s: %+v", tt.names, p)
			}
		}
		if got := strings.Join(titles, "|"); got != tt.want {
			t.Errorf("%s: got %q", tt.names, got)
		}
	}
	text, err := os.ReadFile("testdata/formats/hg/1.patch")
	if err != nil {
		t.Fatal(err)
	}
	sets, err := Read(bytes.NewReader(mailtest.Gzipped(t, text)), "x", &Options{PatchFormat: "hg"})
	if err != nil || len(sets) != 1 || sets[0].Patches[0].Title != "a: say zwei" {
		t.Errorf("%v, %v", sets, err)
	}
}

// TestBadForeign wants one clear error for each bad input.
func TestBadForeign(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	patch := []byte(stgitSample)
	mailtest.Write(t, at("outside"), patch)
	mailtest.Write(t, at("in/inside"), patch)
	mailtest.Write(t, at("in/sub/deep"), patch)
	for link, to := range map[string]string{"link": "../outside", "absolute": at("outside"), "good": "sub/deep", "folder": "..", "loop": "loop"} {
		if err := os.Symlink(to, at("in/"+link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(at("in/fifo"), 0o666); err != nil {
		t.Fatal(err)
	}
	large := bytes.Repeat([]byte("x\n"), mail.MaxMail/2)
	mailtest.Write(t, at("in/large"), append(patch, large...))
	mailtest.Write(t, at("large.hg"), append([]byte(hgHead), large...))
	mailtest.Write(t, at("bad.hg"), []byte(hgHead+"# Date soon\nx\n"))
	for _, tt := range []struct{ listed, want string }{
		{"inside", ""}, {"sub/deep", ""}, {"./inside", ""}, {"good", ""}, {"sub/../inside", ""}, {"# ../x\n\ninside\r", ""},
		{"../outside", "leads out of the folder"}, {at("outside"), "leads out of the folder"}, {at("in/inside"), "leads out of the folder"},
		{"sub/../../outside", "leads out of the folder"}, {"link", "leads out of the folder"}, {"absolute", "leads out of the folder"},
		{"folder/outside", "leads out of the folder"}, {"/dev/zero", "leads out of the folder"},
		{"inside\n../outside", "leads out of the folder"},
		{"loop", "loop"}, {"fifo", "no regular file"}, {"sub", "no regular file"}, {"absent", "no such file"}, {"inside\nabsent", "no such file"},
		{"large", "a patch of more than 32 MB"}, {strings.Repeat("x", source.MaxList), "a series file of more than 1 MB"}, {"", "no patches"},
	} {
		mailtest.Write(t, at("in/list"), []byte("# This series applies on GIT commit 0123\n"+tt.listed+"\n"))
		_, err := Open(t.Context(), []string{at("in/list")}, nil)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.60q: %v, want %q", tt.listed, err, tt.want)
		}
	}
	// A list of quilt is held to the same.
	for _, listed := range []string{"link", "absolute", "folder/outside"} {
		mailtest.Write(t, at("in/series"), []byte("inside\n"+listed+"\n"))
		if _, err := Open(t.Context(), []string{at("in")}, nil); err == nil || !strings.Contains(err.Error(), "leads out of the folder") {
			t.Errorf("quilt: %q: %v", listed, err)
		}
	}
	for _, tt := range []struct {
		format, want string
		names        []string
	}{
		{"", "not the date of a Mercurial patch", []string{at("bad.hg")}},
		{"", "a patch of more than 32 MB", []string{at("large.hg")}},
		{"git", `no patch format is called "git"`, []string{at("in/inside")}},
		{"stgit-series", "no file", []string{"-"}},
		{"stgit-series", "and 1 name more", []string{at("in/list"), at("in/list")}},
	} {
		_, err := Open(t.Context(), tt.names, &Options{PatchFormat: tt.format, Stdin: strings.NewReader("x")})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q %q: %v", tt.format, tt.names, err)
		}
	}
}
