// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// asGitAm has git am and apply take the mails, each in a copy of r, and compares what is in the worktree, what git says of it, and HEAD.
func (r *amRepo) asGitAm(t *testing.T, mails string, flags ...string) {
	t.Helper()
	r.write("mails", mails)
	theirs, ours := r.copy(t), r.copy(t)
	amOut, amErr := theirs.run("git", slices.Concat([]string{"am", "-q"}, flags, []string{filepath.Join(theirs.home, "mails")})...)
	out, err := ours.run("lsmpatch", slices.Concat([]string{"apply", "-q", "--tree", ours.dir}, flags, []string{filepath.Join(ours.home, "mails")})...)
	if (err != nil) != (amErr != nil) {
		t.Fatalf("git am: %v\n%s\nours: %v\n%s", amErr, amOut, err, out)
	}
	if err != nil {
		return
	}
	if want, got := theirs.git("rev-parse", "HEAD"), ours.git("rev-parse", "HEAD"); got != want {
		t.Errorf("%s, git am makes %s\n%s\n%s", got, want, ours.git("log", "-1", "--format=raw"), theirs.git("log", "-1", "--format=raw"))
	}
	if want, got := theirs.worktree(), ours.worktree(); !maps.Equal(got, want) {
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("%s: %q, of git am %q", name, got[name], want[name])
			}
		}
	}
}

// worktree returns what the files of init and the attributes hold.
func (r *amRepo) worktree() map[string]string {
	files := map[string]string{}
	for _, pattern := range []string{"init/*", "init/.gitattributes", ".gitattributes"} {
		names, err := filepath.Glob(filepath.Join(r.dir, pattern))
		if err != nil {
			r.t.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				r.t.Fatal(err)
			}
			rel, _ := filepath.Rel(r.dir, name)
			files[rel] = string(data)
		}
	}
	return files
}

// TestAttributesInASeries: a series that brings, changes or removes .gitattributes was written as these are in the end, where git am
// writes each patch as they are then.
func TestAttributesInASeries(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	template := newAmRepo(t)
	const crlf = "*.c text eol=crlf\n"
	for name, c := range map[string]struct {
		before  map[string]string
		commits []map[string]string // "" removes
	}{
		"brought with a change":       {nil, []map[string]string{{".gitattributes": crlf, "init/new.c": "int one;\nint 2;\n"}}},
		"brought before a change":     {nil, []map[string]string{{".gitattributes": crlf}, {"init/new.c": "int one;\nint 2;\n"}}},
		"of a folder":                 {nil, []map[string]string{{"init/.gitattributes": crlf}, {"init/b.c": "int b;\n", "init/new.c": "int 2;\n"}}},
		"removed before a change":     {map[string]string{".gitattributes": crlf}, []map[string]string{{".gitattributes": ""}, {"init/new.c": "int 2;\n"}}},
		"removed behind a change":     {map[string]string{".gitattributes": crlf}, []map[string]string{{"init/new.c": "int 2;\n"}, {".gitattributes": ""}}},
		"changed before a change":     {map[string]string{".gitattributes": crlf}, []map[string]string{{".gitattributes": "*.c text eol=lf\n"}, {"init/new.c": "int 2;\n"}}},
		"changed, and what is beside": {map[string]string{".gitattributes": crlf}, []map[string]string{{".gitattributes": "*.h text\n"}, {"init/b.h": "int b;\n"}}},
	} {
		t.Run(name, func(t *testing.T) {
			runtest.OneIn(t, 3)
			t.Parallel()
			r := template.copy(t)
			commit := func(files map[string]string) {
				for file, text := range files {
					if text == "" {
						r.git("rm", "-q", file)
						continue
					}
					r.write("tree/"+file, text)
				}
				r.git("add", "-A", "-f")
				r.git("commit", "-q", "-m", "init: change")
			}
			if c.before != nil {
				commit(c.before)
				r.git("rm", "-q", "--cached", "init/new.c")
				r.git("reset", "-q", "--hard") // with the line ends of the attributes
			}
			base := r.git("rev-parse", "HEAD")
			r.git("config", "core.attributesFile", "none")
			for _, files := range c.commits {
				commit(files)
			}
			mails := r.git("format-patch", "--stdout", base+"..") + "\n\n"
			r.git("read-tree", "--empty")
			r.git("reset", "-q", "--hard", base)
			r.git("clean", "-q", "-d", "-f", "-x")
			r.asGitAm(t, mails)
		})
	}
}

// TestTimesAfterARefusal: a file that git am had changed before a hook refused came back with another time, and a file whose line ends
// are not those of its attributes with others; of some patches (-P) that went for the first ones alone.
func TestTimesAfterARefusal(t *testing.T) {
	t.Parallel()
	r := newAmRepo(t)
	r.write("tree/.gitattributes", "init/new.c text eol=crlf\n")
	r.git("add", "-A", "-f")
	r.git("commit", "-q", "-m", "attributes")
	r.write("tree/.git/hooks/pre-applypatch", "#!/bin/sh\ngit diff --quiet HEAD -- init/new.c\n")
	if err := os.Chmod(filepath.Join(r.dir, ".git/hooks/pre-applypatch"), 0o755); err != nil {
		t.Fatal(err)
	}
	mail, err := os.ReadFile(r.mail)
	if err != nil {
		t.Fatal(err)
	}
	numbered := func(number, mail string) string {
		return strings.NewReplacer("[PATCH]", "[PATCH "+number+"]", "<m@", "<"+number+"@").Replace(mail)
	}
	file := filepath.Join(r.dir, "init/new.c")
	then := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := os.Chtimes(file, then, then); err != nil {
		t.Fatal(err)
	}
	r.git("update-index", "-q", "--refresh")
	r.write("three", numbered("1/3", patchMail("", "Text.", newFile("a", "a\n")))+numbered("2/3", patchMail("", "Text.", newFile("b", "b\n")))+numbered("3/3", string(mail)))
	for _, args := range [][]string{{r.mail}, {"-P", "2-3", filepath.Join(r.home, "three")}} {
		if out, err := r.run("lsmpatch", slices.Concat([]string{"apply", "-q", "--tree", r.dir}, args)...); err == nil {
			t.Errorf("%v: it landed: %s", args, out)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(file); err != nil || !info.ModTime().Equal(then) || string(data) != "int one;\nint two;\nint three;\n" {
			t.Errorf("%v: %v, %q, %v", args, info.ModTime(), data, err)
		}
		if left, err := filepath.Glob(filepath.Join(r.dir, ".git/lsmpatch*")); err != nil || left != nil {
			t.Errorf("%v: left: %v %v", args, left, err)
		}
	}
}

// TestKeepOfGitAm: of --keep, --keep-non-patch and their opposites the last counts.
func TestKeepOfGitAm(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	r := newAmRepo(t)
	mail, err := os.ReadFile(r.mail)
	if err != nil {
		t.Fatal(err)
	}
	mails := strings.Replace(string(mail), "[PATCH] init", "[PATCH v2] [RFC] Re: [x86] init", 1)
	for _, flags := range []string{"-k", "--keep-non-patch", "-k --keep-non-patch", "--keep-non-patch -k", "-k --no-keep", "--keep-non-patch --no-keep", "-k --no-keep-non-patch", "--no-keep"} {
		r.asGitAm(t, mails, strings.Fields(flags)...)
	}
}

// TestMailsThatNobodyCanRead: git am stops at a mail that is not in the charset which it names, or in one that iconv does not know; we
// took it for a cover letter, since no diff could be seen in it. And what iconv knows is read, if we have a table of it or not.
func TestMailsThatNobodyCanRead(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	r := newAmRepo(t)
	data, err := os.ReadFile(r.mail)
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	head, body, _ := strings.Cut(good, "\n\n")
	in := func(charset, transfer, body string) string {
		return strings.Replace(head, "<20260101-two@", "<other@", 1) + "\nMIME-Version: 1.0\nContent-Type: text/plain; charset=" + charset +
			"\nContent-Transfer-Encoding: " + transfer + "\n\n" + body + "\n"
	}
	var wide []byte
	for _, unit := range utf16.Encode([]rune(body)) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	for name, mail := range map[string]string{
		"UTF-16":                  in("utf-16", "8bit", string(wide)),
		"UTF-16 in base64":        in("utf-16le", "base64", base64.StdEncoding.EncodeToString(wide)),
		"unknown":                 in("x-none", "8bit", strings.Replace(body, "Hello", "Hellö", 1)),
		"a subject in UTF-7":      strings.Replace(good, "[PATCH] init", "[PATCH] =?utf-7?q?+ANY-?= init", 1),
		"a subject in no charset": strings.Replace(good, "[PATCH] init", "[PATCH] =?x-none?q?=F6?= init", 1),
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			r.asGitAm(t, mail)
			r.asGitAm(t, mail+"\n"+good)
		})
	}
}
