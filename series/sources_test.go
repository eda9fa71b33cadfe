// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"

	"github.com/ulikunitz/xz"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// rustLSM returns the mails of the embedded series.
func rustLSM(tb testing.TB) patchset.Carried {
	tb.Helper()
	c, ok := patchset.Builtin("rust-lsm")
	if !ok {
		tb.Fatal("no embedded series")
	}
	return c
}

func xzed(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err != nil {
		tb.Fatal(err)
	}
	w.Write(data)
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// TestSources reads the embedded series from everything that a name can stand for.
func TestSources(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	c := rustLSM(t)
	mbox := c.Mbox()
	mailtest.Write(t, at("a.mbox"), mbox)
	mailtest.Write(t, at("crlf"), bytes.ReplaceAll(mbox, []byte("\n"), []byte("\r\n")))
	mailtest.Write(t, at("a.mbox.gz"), mailtest.Gzipped(t, mbox))
	mailtest.Write(t, at("a.mbox.xz"), xzed(t, mbox))
	undated := strings.ReplaceAll(string(mbox), " Mon Sep 17 00:00:00 2001\n", "\n")
	mailtest.Write(t, at("undated"), []byte(undated))
	var files, list []string
	for i, m := range c.Mails {
		bare := mail.CutFromLine(m.Raw)
		mailtest.Write(t, at("folder/"+m.File), m.Raw)
		mailtest.Write(t, at("bare/"+m.File), bare)
		mailtest.Write(t, at("packed/"+m.File+".gz"), mailtest.Gzipped(t, m.Raw))
		mailtest.Write(t, at(fmt.Sprintf("maildir/cur/17000%d.%d.host:2,S", 100-i, i)), bare)
		mailtest.Write(t, at("quilt/patches/"+m.File), m.Raw)
		files = append(files, at("folder/"+m.File))
		list = append(list, "patches/"+m.File+" -p1 # comment")
	}
	mailtest.Write(t, at("maildir/new/.hidden"), []byte("x"))
	mailtest.Write(t, at("maildir/tmp/partial"), []byte("x"))
	mailtest.Write(t, at("quilt/series"), []byte("# quilt\n\n"+strings.Join(list, "\n")+"\n"))
	opts := &Options{
		Range: func(_ context.Context, spec string) ([]byte, error) {
			if spec != "v7.3..HEAD" {
				t.Errorf("range %q", spec)
			}
			return mbox, nil
		},
	}
	for _, names := range [][]string{
		{at("a.mbox")}, {at("crlf")}, {at("a.mbox.gz")}, {at("a.mbox.xz")}, {at("undated")}, {at("folder")}, {at("bare")},
		{at("packed")}, {at("maildir")}, {at("quilt")}, {at("quilt/series")}, files, {"-"}, {"builtin:rust-lsm"}, {"v7.3..HEAD"},
	} {
		name := strings.TrimPrefix(names[0], dir)
		opts.Stdin = bytes.NewReader(mbox)
		sets, err := Open(t.Context(), names, opts)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(sets) != 1 || sets[0].Cover == nil || len(sets[0].Patches) != 5 || sets[0].Total != 5 {
			t.Errorf("%s: %d sets; %+v", name, len(sets), patchset.Summarize(sets[0]))
			continue
		}
		for i, p := range sets[0].Patches {
			if want := mail.Parse(c.Mails[i+1].Raw, mail.Options{}); p.Index != i+1 || p.Title != want.Subject || !bytes.Equal(p.Diff, want.Patch) || p.DiffErr != nil {
				t.Errorf("%s: patch %d is %d %q, %v", name, i+1, p.Index, p.Title, p.DiffErr)
			}
		}
	}
}

// TestQuiltOrder: a quilt series is in the order of its file, whatever the subjects say.
func TestQuiltOrder(t *testing.T) {
	dir := t.TempDir()
	for name, subject := range map[string]string{"z.patch": "[PATCH 7/9] first", "a.patch": "second", "m.patch": "[PATCH v3] third"} {
		mailtest.Write(t, filepath.Join(dir, name), patchMail(mailHead{subject: subject}))
	}
	mailtest.Write(t, filepath.Join(dir, "series"), []byte("z.patch\na.patch -p0\nm.patch\n"))
	sets, err := Open(t.Context(), []string{dir}, nil)
	if err != nil || len(sets) != 1 {
		t.Fatalf("%d sets, %v", len(sets), err)
	}
	if got := titles(sets[0]); got != "1/3 first, 2/3 second, 3/3 third" {
		t.Error(got)
	}
}

// TestOpenErrors: each mistake has one clear message, and a hint where one helps.
func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	mailtest.Write(t, at("empty"), nil)
	mailtest.Write(t, at("blank"), []byte("\n \n"))
	mailtest.Write(t, at("folder/readme"), []byte("x"))
	mailtest.Write(t, at("garbage"), bytes.Repeat([]byte{0, 0xff, 0x80, '\n', 7}, 1000))
	mailtest.Write(t, at("bad.gz"), []byte("\x1f\x8b\x08broken"))
	mailtest.Write(t, at("replies"), slicesConcat(
		patchMail(mailHead{subject: "Re: [PATCH 1/2] a", id: "r1", parent: "x"}), patchMail(mailHead{subject: "Re: [PATCH 1/2] a", id: "r2", parent: "r1"})))
	mailtest.Write(t, at("up/series"), []byte("../a.patch\n"))
	mailtest.Write(t, at("page.html"), []byte("<!DOCTYPE html><html><body>no</body></html>"))
	for _, tt := range []struct{ name, message, hint string }{
		{at("empty"), "no patches: there is no mail", "Message-ID"},
		{at("blank"), "no patches: there is no mail", ""},
		{at("folder"), "no patches in this folder", "*.patch"},
		{at("garbage"), "none of them with a diff", "right file"},
		{at("bad.gz"), "gzip", ""},
		{at("replies"), "nothing but replies", "whole thread"},
		{at("up"), "leads out of the folder", ""},
		{at("page.html"), "none of a pipermail archive", ""},
		{at("nothing"), "file does not exist", "Message-ID"},
		{"a..b", "needs a tree", "--tree"},
		{"origin/next...v7.3", "needs a tree", "--tree"},
		{"../nothing", "file does not exist", ""},
		{"some/../nothing", "file does not exist", ""},
		{"-", "standard input", ""},
		{"builtin:none", "no embedded series", "patchset list"},
		{"https://lore.example/", "no mail is named", "Message-ID"},
	} {
		_, err := Open(t.Context(), []string{tt.name}, nil)
		if err == nil || !strings.Contains(err.Error(), tt.message) || !strings.Contains(hint.Of(err), tt.hint) {
			t.Errorf("%s: %v (hint: %s)", tt.name, err, hint.Of(err))
		}
	}
	_, err := Open(t.Context(), []string{at("replies")}, nil)
	if !errors.Is(err, ErrNoPatches) {
		t.Errorf("replies alone: %v", err)
	}
}

// TestFileWithoutPatch: of several files one that is empty, or has no patch, was left out without a word. A cover letter and
// a reply are none of these.
func TestFileWithoutPatch(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	mailtest.Write(t, at("1.patch"), patchMail(patch("[PATCH 1/2] a", "1", "")))
	mailtest.Write(t, at("3.patch"), patchMail(patch("[PATCH 2/2] b", "2", "1")))
	for name, text := range map[string]string{"": "\n\n", "just text": "just text\n", "no diff": "From: A <a@example.org>\nSubject: x\n\ntext\n"} {
		mailtest.Write(t, at("2.patch"), []byte(text))
		_, err := Open(t.Context(), []string{at("1.patch"), at("2.patch"), at("3.patch")}, nil)
		if !errors.Is(err, ErrNoPatches) || !strings.Contains(err.Error(), "2.patch: no patches in this file") || hint.Of(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	mailtest.Write(t, at("0.patch"), patchMail(cover("[PATCH 0/2] c", "0", "")))
	mailtest.Write(t, at("4.patch"), patchMail(reply("Re: [PATCH 2/2] b", "r", "2", "Fine.")))
	if sets, err := Open(t.Context(), []string{at("0.patch"), at("1.patch"), at("3.patch"), at("4.patch")}, nil); err != nil || titles(sets[0]) != "cover, 1/2 a, 2/2 b, 1 replies" {
		t.Errorf("%v", err)
	}
}

func slicesConcat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
