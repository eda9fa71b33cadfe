// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"time"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"
	"github.com/lsmpatch/lsmpatch/series/mail"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// bounded runs f and checks the time that it takes and the memory that it allocates.
func bounded(t *testing.T, what string, megabytes uint64, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := runtest.CPUTime()
	f()
	elapsed := runtest.CPUTime() - start
	runtime.ReadMemStats(&after)
	if elapsed > 20*time.Second {
		t.Errorf("%s: took %v", what, elapsed)
	}
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > megabytes {
		t.Errorf("%s: allocated %d MB, at most %d are fine", what, mb, megabytes)
	}
}

// TestHugeLine: a line of a gigabyte in a file is an error that names the place.
func TestHugeLine(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "huge.mbox")
	mailtest.Write(t, path, append(patchMail(mailHead{subject: "[PATCH] ok"}), patchMail(mailHead{subject: "[PATCH] huge"})...))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(1 << 30); err != nil { // a hole of NULs, without a line end
		t.Fatal(err)
	}
	bounded(t, "file", 10, func() {
		_, err = Open(t.Context(), []string{path}, nil)
	})
	if err == nil || !strings.Contains(err.Error(), "huge.mbox:22: a mail of more than 32 MB") {
		t.Errorf("file: %v", err)
	}
}

// TestPassOver: one mail that is too large kept all others of an archive from being read.
func TestPassOver(t *testing.T) {
	good := patchMail(patch("[PATCH] good", "g@x", ""))
	for what, large := range map[string][]byte{
		"headers": bytes.Replace(patchMail(patch("[PATCH] large", "l@x", "")), []byte("\nSubject:"), []byte("\nX-Filler: "+strings.Repeat("x", mail.MaxHead)+"\nSubject:"), 1),
		"text":    append(patchMail(patch("[PATCH] large", "l@x", "")), bytes.Repeat([]byte("x"), mail.MaxMail)...),
	} {
		dir := t.TempDir()
		mailtest.Write(t, filepath.Join(dir, "mbox"), slices.Concat(large, []byte("\n"), good))
		mailtest.Write(t, filepath.Join(dir, "maildir", "cur", "1"), large)
		mailtest.Write(t, filepath.Join(dir, "maildir", "new", "2"), good)
		for _, from := range []string{filepath.Join(dir, "mbox"), filepath.Join(dir, "maildir"), "inbox:" + writeInbox(t, large, good)} {
			var titles, told []string
			for set, err := range All(t.Context(), []string{from}, &Options{PassOver: func(err error) { told = append(told, err.Error()) }}) {
				if err != nil {
					t.Fatalf("%s, %s: %v", what, from, err)
				}
				titles = append(titles, set.Patches[0].Title)
			}
			if !slices.Equal(titles, []string{"good"}) || len(told) != 1 || !strings.Contains(told[0], " MB") {
				t.Errorf("%s, %s: %q, told %q", what, from, titles, told)
			}
		}
	}
}

// TestLongMail: a mail of the size that is just allowed is read.
func TestLongMail(t *testing.T) {
	mail := append(patchMail(mailHead{subject: "[PATCH] long"}), bytes.Repeat([]byte("x"), 20<<20)...)
	var sets []*patchset.Set
	bounded(t, "long", 400, func() {
		var err error
		if sets, err = Read(bytes.NewReader(mail), "long", nil); err != nil {
			t.Fatal(err)
		}
	})
	if len(sets) != 1 || len(sets[0].Patches[0].Files) != 1 {
		t.Error(describe(sets))
	}
}

// TestManyMails: mailboxes that would make a careless reader slow.
func TestManyMails(t *testing.T) {
	n := runtest.Short(2000, 10000)
	for _, tt := range []struct {
		what string
		mail func(i int) string
		sets int
	}{
		{"the same number again and again", func(i int) string {
			return fmt.Sprintf("Subject: [PATCH 1/2] a\nMessage-ID: <%d@x>\n\ndiff --git a/f b/f\n", i)
		}, n},
		{"a thread, the last mail first", func(i int) string {
			if i == n-1 {
				return fmt.Sprintf("Subject: [PATCH] a\nMessage-ID: <%d@x>\n\n", i)
			}
			return fmt.Sprintf("Subject: Re: a\nMessage-ID: <%d@x>\nIn-Reply-To: <%d@x>\n\n", i, i+1)
		}, 1},
		{"a thread of references", func(i int) string {
			return fmt.Sprintf("Subject: Re: a\nMessage-ID: <%d@x>\nReferences: <%d@x> <%d@x>\n\n", i, (i+7)%n, (i+1)%n)
		}, -1},
		{"series with cover letters", func(i int) string {
			return fmt.Sprintf("Subject: [PATCH %d/1] a\nMessage-ID: <%d@x>\nIn-Reply-To: <%d@x>\n\n", i%2, i, i-i%2)
		}, n / 2},
	} {
		var mbox bytes.Buffer
		for i := range n {
			mbox.WriteString("From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\n" + tt.mail(i))
		}
		bounded(t, tt.what, 1000, func() {
			sets, err := readEach(t, mbox.Bytes())
			if tt.sets < 0 {
				if !errors.Is(err, ErrNoPatches) {
					t.Errorf("%s: %v", tt.what, err)
				}
			} else if err != nil || len(sets) != tt.sets {
				t.Errorf("%s: %d sets, %v", tt.what, len(sets), err)
			}
		})
	}
}

// TestBombs: one mail each that would make a careless decoder slow or large.
func TestBombs(t *testing.T) {
	const n = 1 << 19
	head := "From: A <a@b>\nSubject: [PATCH] x\n"
	body := "\ntext\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"
	for what, mail := range map[string]string{
		"ten thousand headers":  head + strings.Repeat("X-Header: value\n", 10000) + body,
		"headers of one kind":   strings.Repeat("Subject: [PATCH] x\n", 10000) + head + body,
		"folded header":         head + "X: y\n" + strings.Repeat(" z\n", n/4) + body,
		"subject of brackets":   "From: A <a@b>\nSubject: [PATCH] " + strings.Repeat("[a]", n/4) + "x\n" + body,
		"subject of colons":     "From: A <a@b>\nSubject: [PATCH] " + strings.Repeat(": ", n/4) + "x\n" + body,
		"subject of Re:":        "From: A <a@b>\nSubject: [PATCH] " + strings.Repeat("Re:", n/4) + "x\n" + body,
		"encoded words":         "From: A <a@b>\nSubject: [PATCH] " + strings.Repeat("=?utf-8?q?a?= ", n/16) + "\n" + body,
		"comments in From":      "Subject: [PATCH] x\nFrom: " + strings.Repeat("(", n/2) + "<a@b>\n" + body,
		"recipients":            head + "To: " + strings.Repeat("a@b, ", n/8) + "\n" + body,
		"references":            head + "References: " + strings.Repeat("<a@b> ", n/8) + "\n" + body,
		"parts":                 head + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n", n/64) + "--b\n" + body,
		"parts in parts":        head + "Content-Type: multipart/mixed; boundary=b\n" + strings.Repeat("\n--b\nContent-Type: multipart/mixed; boundary=b\n", n/64) + body,
		"one line of base64":    head + "Content-Transfer-Encoding: base64\n\n" + strings.Repeat("Cg", n) + "\n",
		"soft line breaks":      head + "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=\n", n) + body,
		"flowed lines":          head + "Content-Type: text/plain; format=flowed\n\n" + strings.Repeat("a \n", n/2) + body,
		"folded in-body header": head + "\nFrom: A <a@b>\n" + strings.Repeat(" a\n", n/4) + body,
		"trailers":              head + "\ntext\n\n" + strings.Repeat("Reviewed-by: A <a@b>\n", n/16) + body[6:],
		"folded trailer":        head + "\ntext\n\nCc: a\n" + strings.Repeat(" b\n", n/8) + body[6:],
		"files":                 head + body + strings.Repeat("diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n", n/64),
		"names of spaces":       head + strings.ReplaceAll(body, "diff --git a/f b/f", "diff --git "+strings.Repeat(" ", n)),
		"a huge hunk count":     head + strings.Replace(body, "-1 +1", "-1,999999999 +1,999999999", 1),
	} {
		bounded(t, what, 1000, func() {
			sets, err := Read(strings.NewReader(mail), what, nil)
			if err != nil && !errors.Is(err, ErrNoPatches) || err == nil && len(sets) != 1 {
				t.Errorf("%s: %d sets, %v", what, len(sets), err)
			}
			for _, s := range sets {
				patchset.Summarize(s)
			}
		})
	}
}

// TestTruncatedMail: a mail cut off within its diff is read, and says so.
func TestTruncatedMail(t *testing.T) {
	raw := rustLSM(t).Mails[3].Raw
	cut := raw[:len(raw)*2/3]
	sets, err := Read(bytes.NewReader(cut), "cut", nil)
	if err != nil || len(sets) != 1 {
		t.Fatal(err)
	}
	if p := sets[0].Patches[0]; p.DiffErr == nil || p.Title == "" || p.Author.Email == "" || len(p.Trailers) == 0 {
		t.Errorf("%+v", p)
	}
}

// FuzzRead reads anything: no panic, and a set can be shown and written.
func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("mail/testdata/mails/*.eml")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seed mails: %v", err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add(rustLSM(f).Mbox())
	f.Fuzz(func(t *testing.T, raw []byte) {
		sets, err := Read(bytes.NewReader(raw), "fuzz", nil)
		if err != nil {
			return
		}
		for _, set := range sets {
			patchset.Summarize(set)
			if _, err := Am(io.Discard, set, nil); err != nil {
				t.Error(err)
			}
		}
	})
}
