// SPDX-License-Identifier: GPL-2.0-only

package githook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// write lays mails with the subjects of a map into a folder.
func lay(t *testing.T, subjects map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, subject := range subjects {
		mail := "From 0123 Mon Sep 17 00:00:00 2001\nFrom: a@example.org\nSubject: " + subject + "\n\ntext\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(mail), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func bases(files []string) string {
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	return strings.Join(names, " ")
}

// An older git says one name at a time: the rest of the series is found by the subjects.
func TestSentBySubjects(t *testing.T) {
	dir := lay(t, map[string]string{
		"a": "[PATCH v2 2/2] two", "b": "[PATCH v2 1/2] one", "c": "[PATCH 1/2] of the version before", "d": "notes",
		"e": "[PATCH v2 0/2] cover", "f": "[RFC PATCH v2 1/3] another", "single": "[PATCH net] alone", "g": "=?utf-8?q?=5BPATCH_v3_1/1=5D_encoded?=",
	})
	for file, want := range map[string]string{"a": "e b a", "b": "e b a", "e": "e b a", "c": "c", "d": "", "f": "f", "single": "single", "g": "g"} {
		s := Sending{File: filepath.Join(dir, file), State: t.TempDir()}
		files, err := s.Sent()
		if err != nil || bases(files) != want {
			t.Errorf("beside %s: %q, %v, want %q", file, bases(files), err, want)
		}
	}
}

// TestSentReply: the draft of a reply, which premerge writes, was refused as a series without a patch.
func TestSentReply(t *testing.T) {
	dir := lay(t, map[string]string{"reply.eml": "Re: [PATCH v2 0/5] x", "1": "[PATCH v2 0/5] x"})
	s := Sending{File: filepath.Join(dir, "reply.eml"), State: t.TempDir()}
	if files, err := s.Sent(); err != nil || len(files) != 0 {
		t.Errorf("%q, %v", files, err)
	}
}

// What format-patch's --subject-prefix makes of a patch was taken for a mail that is none, and sent unjudged.
func TestSentWithAnotherPrefix(t *testing.T) {
	dir := lay(t, map[string]string{"a": "[PATCHv2 1/2] one", "b": "[RFC v2 2/2] two", "c": "[PATCH v2 0/2] cover", "d": "[linux-next:master 1/2] a robot", "e": "[RFC] alone"})
	f, err := os.OpenFile(filepath.Join(dir, "e"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("---\ndiff --git a/a b/a\n"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for file, want := range map[string]string{"a": "c a b", "b": "c a b", "d": "", "e": "e"} {
		s := Sending{File: filepath.Join(dir, file), State: t.TempDir()}
		if files, err := s.Sent(); err != nil || bases(files) != want {
			t.Errorf("beside %s: %q, %v, want %q", file, bases(files), err, want)
		}
	}
}

func TestSentTwiceTheSame(t *testing.T) {
	dir := lay(t, map[string]string{"a": "[PATCH 1/2] one", "b": "[PATCH 1/2] one, older", "c": "[PATCH 2/2] two"})
	s := Sending{File: filepath.Join(dir, "c")}
	if files, err := s.Sent(); err == nil || !strings.Contains(err.Error(), "patch 1 of 2") {
		t.Errorf("%q, %v", files, err)
	}
}

// From 2.41 on git says how many come: they are judged with the last, whatever their subjects say.
func TestSentByCount(t *testing.T) {
	dir := lay(t, map[string]string{"a": "[PATCH 1/2] one", "b": "[PATCH 2/2] two", "compose": "the cover letter", "c": "[PATCH 1/2] not sent"})
	state := filepath.Join(t.TempDir(), "state")
	for range 2 { // what an earlier run left does not count
		var got []string
		for i, file := range []string{"compose", "a", "b"} {
			s := Sending{File: filepath.Join(dir, file), State: state}
			env := map[string]string{"GIT_SENDEMAIL_FILE_COUNTER": string(rune('1' + i)), "GIT_SENDEMAIL_FILE_TOTAL": "3"}
			s.Counted(func(key string) string { return env[key] })
			files, err := s.Sent()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, bases(files))
		}
		if diff := cmp.Diff([]string{"", "", "a b"}, got); diff != "" {
			t.Error(diff)
		}
	}
}

// The verdict of a series is asked once, and again where a mail of it has changed.
func TestOnce(t *testing.T) {
	dir := lay(t, map[string]string{"a": "[PATCH] one"})
	s := Sending{State: filepath.Join(dir, "state")}
	files := []string{filepath.Join(dir, "a")}
	asked := 0
	ask := func(by string, verdict bool) bool {
		good, err := s.Once(files, by, func() (bool, error) { asked++; return verdict, nil })
		if err != nil {
			t.Fatal(err)
		}
		return good
	}
	if ask("x", false) || ask("x", true) || asked != 1 {
		t.Errorf("the same series was judged %d times", asked)
	}
	if !ask("y", true) || asked != 2 {
		t.Errorf("another base was not judged")
	}
	if err := os.WriteFile(files[0], []byte("Subject: [PATCH] other\n\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if ask("y", false) || asked != 3 {
		t.Errorf("another mail was not judged")
	}
}
