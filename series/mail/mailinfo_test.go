// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// rawInfo formats i as the standard output of git mailinfo.
func rawInfo(i *Info) string {
	var out strings.Builder
	if i.has[hdrFrom] {
		fmt.Fprintf(&out, "Author: %s\nEmail: %s\n", i.Author, i.Email)
	}
	if i.has[hdrSubject] {
		for line := range strings.SplitSeq(i.Subject, "\n") {
			fmt.Fprintf(&out, "Subject: %s\n", line)
		}
	}
	if i.has[hdrDate] {
		fmt.Fprintf(&out, "Date: %s\n", i.date)
	}
	return out.String() + "\n"
}

// gitMailinfo runs git mailinfo on mail.
func gitMailinfo(tb testing.TB, mail []byte, args ...string) (info, message, patch string, ok bool) {
	tb.Helper()
	dir := tb.TempDir()
	cmd := exec.Command("git", append(append([]string{"mailinfo"}, args...), "msg", "patch")...)
	cmd.Dir = dir
	cmd.Stdin = bytes.NewReader(mail)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_DIR=/nonexistent", "LC_ALL=C")
	out, err := cmd.Output()
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			tb.Fatal(err)
		}
		return string(b)
	}
	// git before 2.43 spells the line that -m adds "Message-Id".
	message = strings.TrimPrefix(strings.ReplaceAll("\n"+read("msg"), "\nMessage-Id: ", "\nMessage-ID: "), "\n")
	return string(out), message, read("patch"), err == nil
}

// compareMailinfo checks that parseMail and git mailinfo agree on mail.
func compareMailinfo(tb testing.TB, name string, mail []byte, opts Options, args ...string) {
	tb.Helper()
	info, message, patch, ok := gitMailinfo(tb, mail, args...)
	got := Parse(mail, opts)
	if ok != (got.Problem == nil) {
		tb.Errorf("%s: git mailinfo accepts it: %v; we say: %v", name, ok, got.Problem)
	}
	if !ok {
		return
	}
	for _, c := range []struct{ what, got, want string }{
		{"info", rawInfo(got), info}, {"message", string(got.Message), message}, {"patch", string(got.Patch), patch},
	} {
		if c.got != c.want {
			tb.Errorf("%s: %s differs:\n got %q\nwant %q", name, c.what, c.got, c.want)
		}
	}
}

// TestCharsets compares every byte of the single-byte charsets that mails come in with git.
func TestCharsets(t *testing.T) {
	for _, name := range []string{"ISO-8859-1", "iso-8859-2", "ISO8859-5", "iso_8859-7", "8859_9", "latin1", "ISO-8859-15",
		"windows-1250", "windows-1251", "cp1252", "windows-1257", "koi8-r", "us-ascii", "x-unknown"} {
		var valid []byte
		invalid := -1
		for c := 0x80; c < 0x100; c++ {
			if _, err := toUTF8([]byte{byte(c)}, name); err == nil {
				valid = append(valid, byte(c))
			} else if invalid < 0 {
				invalid = c
			}
		}
		head := "Content-Type: text/plain; charset=" + name + "\nSubject: x\n\n"
		compareMailinfo(t, name, append([]byte(head), valid...), Options{})
		if invalid >= 0 {
			compareMailinfo(t, name, append([]byte(head), byte(invalid)), Options{})
		}
	}
}

// TestPlainAddress holds the short way for addresses, which most of a mail's are, against the long one.
func TestPlainAddress(t *testing.T) {
	for _, a := range []string{
		"A U Thor <a@example.org>", " A  U <a@example.org>", "a@example.org", `"Thor, A" <a@example.org>`, "=?utf-8?q?J=C3=B6rg?= <j@example.org>",
		"A (x) <a@b>", "A <a@b> (x)", "A <a b@c>", "A <a@b", "A <@b>", "A <a@>", "A@x <a@b>", "A <a@b@c>", "A\tB <a@b>", "Jörg <j@b>", "A <a@b>x",
		"\"A\" <a@b>", "A\\ <a@b>", strings.Repeat("x", 61) + " <a@b>", strings.Repeat("x", 60) + " <a@b>", "A  <a@b>", "A <<a@b>>", "A < a@b>", " <a@b>",
	} {
		short, ok := plainAddress(a)
		if !ok {
			continue
		}
		if name, email := ParseFrom(SqueezeSpace(DecodeHeader(a))); short != name+" <"+email+">" {
			t.Errorf("%q: %q, the long way gives %q and %q", a, short, name, email)
		}
	}
}
