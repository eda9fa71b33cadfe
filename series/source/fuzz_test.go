// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzPage: a page of an archive makes one mail, whose headers are ended by the first empty line, however it is made up.
func FuzzPage(f *testing.F) {
	f.Add([]byte("<!DOCTYPE HTML>\n<HTML><HEAD><TITLE> [PATCH] x\n</TITLE></HEAD><BODY><H1>[PATCH] x</H1>\n<B>A U Thor</B>\n" +
		"<A HREF=\"mailto:l%40example.org?Subject=x&In-Reply-To=%3C1%40example.org%3E\"\n TITLE=\"x\">a at example.org\n</A><BR>\n<I>Tue Nov 24 00:00:00 UTC 2026</I>\n" +
		"<HR>\n<!--beginarticle-->\n<PRE>Text &lt;x&gt;\n</PRE>\n<!--endarticle-->\n"))
	f.Add([]byte("<!DOCTYPE HTML>\n<H1>x</H1>\n<B>A</B>\n<A HREF=\"mailto:l@example.org?In-Reply-To=1%40example.org%0ASubject:%20forged\">a at example.org</A>\n" +
		"<I>x</I>\n<!--beginarticle-->\n<PRE>x</PRE>\n<!--endarticle-->\n"))
	f.Add([]byte("[PATCH] x\n\nA U Thor <a at example.org>\nTue Nov 24 00:00:00 UTC 2026\n\nText\n"))
	f.Add([]byte("From a at example.org  Tue Nov 24 00:00:00 2026\nFrom: a at example.org (A U Thor)\n\nText <b at example.org>\n"))
	f.Fuzz(func(t *testing.T, page []byte) {
		in := &Input{Name: "page", mem: page}
		if err := in.detect(); err != nil {
			return
		}
		in, err := in.sniff()
		if err != nil {
			return
		}
		r, err := in.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		text, err := io.ReadAll(io.NewSectionReader(r, 0, 1<<30))
		if err != nil {
			t.Fatal(err)
		}
		if in.Pipermail && !in.mbox {
			head, _, _ := bytes.Cut(text, []byte("\n\n"))
			for line := range strings.Lines(string(head)) {
				if name, _, ok := strings.Cut(line, ":"); !ok || strings.ContainsAny(name, " \t") || !strings.Contains("Subject From Date Message-ID Message-Id", name) {
					t.Errorf("the header %q of %q", line, page)
				}
			}
		}
		RestoreAddresses(text)
	})
}

// FuzzSeriesFile: a list of patches reads files below its folder alone, in its order.
func FuzzSeriesFile(f *testing.F) {
	f.Add("1.patch\n2.patch -p1 # a comment\n")
	f.Add("# This series applies on GIT commit 0123456789012345678901234567890123456789\n1.patch\n")
	f.Add("../secret.patch\nlink.patch\nsub/3.patch\n/etc/passwd\n")
	dir := f.TempDir()
	folder := filepath.Join(dir, "patches")
	for name, text := range map[string]string{"1.patch": "one", "2.patch": "two", "sub/3.patch": "three", "../secret.patch": "secret"} {
		name = filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.patch", filepath.Join(folder, "link.patch")); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, list string) {
		series := filepath.Join(folder, "series")
		if err := os.WriteFile(series, []byte(list), 0o644); err != nil {
			t.Fatal(err)
		}
		inputs, err := pathInputs(series, "")
		for _, in := range inputs {
			defer in.close()
		}
		if err != nil || len(inputs) > 0 && inputs[0].Name == series {
			return // the list may be taken for a mail
		}
		for _, in := range inputs {
			r, err := in.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(io.NewSectionReader(r, 0, 100))
			r.Close()
			if err != nil || !strings.Contains("one two three", strings.TrimSuffix(strings.TrimPrefix(string(text), "Subject: "), "\n")) {
				t.Errorf("%q read %q (%s), %v", list, text, in.Name, err)
			}
		}
	})
}
