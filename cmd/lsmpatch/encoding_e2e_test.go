// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestE2ECommitEncoding holds commits in other encodings than UTF-8, and verdicts on mails that do not fit into
// them, against git am: mails in several charsets, for several encodings, with flags and hooks.
func TestE2ECommitEncoding(t *testing.T) {
	bin := binary(t)
	r := newAmRepo(t)
	mail, err := os.ReadFile(r.mail)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(mail), "For short.")
	base := r.git("rev-parse", "HEAD")
	text := func(from, subject, charset, message string) string {
		if charset != "" {
			charset = "MIME-Version: 1.0\nContent-Type: text/plain; charset=" + charset + "\nContent-Transfer-Encoding: 8bit\n"
		}
		return "From: " + from + "\nDate: Fri, 2 Jan 2026 10:00:00 +0100\nMessage-ID: <a@b>\nSubject: [PATCH] [x] " + subject + "\n" + charset + "\n" + message + body
	}
	mails := map[string]string{
		"ascii":        text("A <a@b>", "init: two", "", "For short."),
		"ascii, named": text("A <a@b>", "init: two", "us-ascii", "For short."),
		"Latin-1":      text("=?iso-8859-1?q?J=F6rg?= <j@b>", "=?ISO-8859-1?q?init=3A_zw=F6lf?=", "ISO-8859-1", "Gr\xfc\xdfe, <\xb5>, \xa4."),
		"UTF-8":        text("=?UTF-8?q?J=C3=B6rg?= <j@b>", "=?UTF-8?q?init=3A_zw=C3=B6lf?=", "UTF-8", "Grüße."),
		"in body":      text("x <x@b>", "init: two", "utf-8", "From: Jörg <j@b>\nSubject: init: zwölf\n\nGrüße."),
		"euro":         text("=?UTF-8?q?J=C3=B6rg?= <j@b>", "init: two", "UTF-8", "3 €."),
		"Russian":      text("=?koi8-r?B?6dfBzg==?= <i@b>", "=?UTF-8?B?0LTQstCw?=", "UTF-8", "Привет."),
		"Japanese":     text("=?EUC-JP?B?u7PFxA==?= <y@b>", "=?UTF-8?B?6KGo56S6?=", "UTF-8", "ソース表示、日本語。〜―\n"),
		"Shift_JIS":    text("=?UTF-8?B?5bGx55Sw?= <y@b>", "init: two", "Shift_JIS", "\x83\x5c\x81\x5b\x83\x58\x95\x5c."),
		"raw":          text("J\xf6rg <j@b>", "init: zw\xf6lf", "", "Gr\xfc\xdfe."),
		"raw UTF-8":    text("Jörg <j@b>", "init: zwölf", "", "Grüße.\uffff\ufdd0"),
		"emoji":        text("A <a@b>", "init: two", "UTF-8", "😀"),
		"unknown":      text("A <a@b>", "init: two", "x-unknown", "For short."),
		"wrong":        text("A <a@b>", "init: two", "UTF-8", "Gr\xfc\xdfe."),
	}
	for name, mail := range mails {
		r.write(name, mail)
	}
	for _, c := range []struct {
		encodings, flags []string
		hook             string
	}{
		{encodings: []string{"UTF-8", "utf8", "ISO-8859-1", "latin1", "ISO-8859-15", "koi8-r", "EUC-JP", "Shift_JIS", "ISO-2022-JP", "GB18030", "UTF-16", "x-unknown"}},
		{encodings: []string{"UTF-8", "iso-8859-1", "x-unknown"}, flags: []string{"--no-utf8"}},
		{encodings: []string{"iso-8859-1"}, flags: []string{"--no-utf8", "-u", "-s", "-m", "--keep-non-patch", "-3"}},
		{encodings: []string{"iso-8859-1", "EUC-JP"}, flags: []string{"-k", "--scissors", "--quoted-cr=strip", "-s"}},
		{encodings: []string{"iso-8859-1", "UTF-8"}, hook: "#!/bin/sh\nprintf 'gr\\303\\274n, gr\\374n\\n' >>$1\n"},
	} {
		if err := os.RemoveAll(filepath.Join(r.dir, ".git", "hooks")); err != nil {
			t.Fatal(err)
		}
		if c.hook != "" {
			r.write("tree/.git/hooks/applypatch-msg", c.hook)
		}
		for _, encoding := range c.encodings {
			r.git("config", "i18n.commitEncoding", encoding)
			fit := 0
			for name := range mails {
				file := filepath.Join(r.home, name)
				amOut, amErr := r.run("git", slices.Concat([]string{"am", "-q"}, c.flags, []string{file})...)
				want, wantCommit := r.git("rev-parse", "HEAD"), r.git("cat-file", "-p", "HEAD")
				if amErr != nil {
					_, _ = r.run("git", "am", "--abort")
				} else {
					fit++
				}
				r.git("reset", "-q", "--hard", base)
				out, err := r.run(bin, slices.Concat([]string{"apply", "--tree", r.dir}, c.flags, []string{file})...)
				got, gotCommit := r.git("rev-parse", "HEAD"), r.git("cat-file", "-p", "HEAD")
				r.git("reset", "-q", "--hard", base)
				if (err != nil) != (amErr != nil) || got != want && sameButSpelling(gotCommit, wantCommit) != "" {
					t.Errorf("%s for %s, %v: %v\n%s\n%q\ngit am: %v\n%s\n%q", name, encoding, c.flags, err, out, gotCommit, amErr, amOut, wantCommit)
				}
				if err != nil && encoding != "UTF-8" && encoding != "utf8" && strings.Contains(out, "cannot convert") && !strings.Contains(out, "hint: commits are to be in "+encoding) {
					t.Error(out)
				}
			}
			t.Logf("%s, %v: %d of %d mails fit", encoding, c.flags, fit, len(mails))
		}
	}
	r.git("config", "i18n.commitEncoding", "")
	if out, err := r.run(bin, "apply", "--tree", r.dir, filepath.Join(r.home, "ascii")); err == nil || !strings.Contains(out, "names no encoding") || r.git("rev-parse", "HEAD") != base {
		t.Errorf("%v: %s", err, out)
	}
}
