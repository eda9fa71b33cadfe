// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/ident"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// git runs git without the user's configuration and returns its standard output.
func git(stdin []byte, env []string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Stdin = bytes.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_DIR=/nonexistent", "LC_ALL=C", "TZ=UTC")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.Output()
	return string(out), err
}

// seedMails are mails of every form that the reader knows.
func seedMails(tb testing.TB) [][]byte {
	tb.Helper()
	names, err := filepath.Glob("testdata/mails/*.eml")
	if err != nil || len(names) == 0 {
		tb.Fatalf("no seed mails: %v", err)
	}
	var mails [][]byte
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		mails = append(mails, raw)
	}
	return mails
}

// FuzzMailinfo takes a mail apart with each option and compares with git mailinfo.
func FuzzMailinfo(f *testing.F) {
	for _, mail := range seedMails(f) {
		for option := range runtest.Short(1, len(optionVariants)) {
			f.Add(mail, uint8(option))
		}
	}
	f.Fuzz(func(t *testing.T, mail []byte, option uint8) {
		if unspecified(mail) {
			t.Skip()
		}
		o := optionVariants[int(option)%len(optionVariants)]
		compareMailinfo(t, strings.Join(o.args, " "), mail, o.opts, o.args...)
	})
}

// unspecified tells the mails that the oracle is no oracle for: those in a charset that iconv
// has and we have not, and those with an open quote or comment in From, where git before 2.43
// reads past the end of its buffer.
func unspecified(mail []byte) bool {
	r := &mailReader{in: mail, info: new(Info), inBodyStage: true}
	r.read()
	if openQuote(string(r.primary[hdrFrom].value)) || openQuote(string(r.inBody[hdrFrom].value)) {
		return true
	}
	lower := bytes.ToLower(mail)
	for _, word := range [][]byte{[]byte("charset="), []byte("=?")} {
		for rest := lower; ; {
			i := bytes.Index(rest, word)
			if i < 0 {
				break
			}
			rest = bytes.TrimPrefix(rest[i+len(word):], []byte(`"`))
			end := bytes.IndexAny(rest, "\"; \t\r\n?\x00")
			if end < 0 {
				end = len(rest)
			}
			if name := charsetName(string(rest[:end])); end > 0 && !isUTF8Name(name) && !knownCharset(name) {
				return true
			}
		}
	}
	return false
}

// openQuote reports whether a quoted string or a comment in s does not end.
func openQuote(s string) bool {
	quoted, depth := false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		}
	}
	return quoted || depth > 0
}

// FuzzMbox splits a mailbox and compares with git mailsplit.
func FuzzMbox(f *testing.F) {
	var all []byte
	for i, mail := range seedMails(f) {
		all = append(all, mail...)
		if i%7 == 0 {
			f.Add(bytes.Clone(all), uint8(i))
			all = all[:0]
		}
	}
	f.Add([]byte("From a@b Mon Sep 17 00:00:00 2001\r\nSubject: x\r\n\r\n>From y\r\n>>From z\r\n\r\nFrom c  Wed Mar 11 05:09:01 2026\nSubject: d\n\n"), uint8(3))
	f.Add([]byte("\n\n From x\nFrom y 1:12:13 99\nFrom z                1:12:13 1999"), uint8(0))
	f.Fuzz(func(t *testing.T, raw []byte, flags uint8) {
		keepCR, mboxrd := flags&1 != 0, flags&2 != 0
		first := bytes.TrimLeft(raw, GitSpace)
		if bytes.HasPrefix(first, []byte("From ")) && !isFromLine(first[:lineEnd(string(first), 0)]) || len(first) == 0 {
			t.Skip() // we split at undated From lines, and take an empty mailbox for no error
		}
		path := filepath.Join(t.TempDir(), "mbox")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		compareMailsplit(t, path, splitBytes(t, raw, keepCR, mboxrd), keepCR, mboxrd)
	})
}

// compareMailsplit checks that git mailsplit splits the file at path into mails.
func compareMailsplit(tb testing.TB, path string, mails [][]byte, keepCR, mboxrd bool) {
	tb.Helper()
	dir := tb.TempDir()
	args := []string{"mailsplit", "-b", "-o" + dir}
	if keepCR {
		args = append(args, "--keep-cr")
	}
	if mboxrd {
		args = append(args, "--mboxrd")
	}
	if out, err := exec.Command("git", append(args, path)...).CombinedOutput(); err != nil {
		tb.Fatalf("git mailsplit %s: %v: %s", path, err, out)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		tb.Fatal(err)
	}
	if len(names) != len(mails) {
		tb.Fatalf("%s: %d mails, git mailsplit finds %d", path, len(mails), len(names))
	}
	for i, name := range names {
		want, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		if string(want) != string(mails[i]) {
			tb.Errorf("%s: mail %d differs:\n got %q\nwant %q", path, i+1, mails[i], want)
		}
	}
}

// FuzzTrailers parses the trailers of a message and compares with git interpret-trailers.
func FuzzTrailers(f *testing.F) {
	for _, s := range []string{
		"t\n\nb\n\nSigned-off-by: A <a@b>\n",
		"t\n\nAcked-by: A <a@b>\nsome text\nSigned-off-by: A <a@b>\n[ a: note ]\n",
		"t\n\nFixes: 1234 (\"a\n b\")\nCc: stable\n\n",
		"t\n\nKey : value\n# comment\nother: x\n\n# end\n",
		"Signed-off-by: only\n", "t\n\n(cherry picked from commit abc)\nx\ny\nz\n",
		"t\n\nKey: a\n  b\n\tc\nKey:\n", "t\n\n---\nKey: a\n", "t\n\nA: b\nConflicts:\n\tx\n",
		"t\n\nA: b\n# ------------------------ >8 ------------------------\nC: d\n",
		"t\n\nA: b\n# ------------------------ >8 --------------------------\nC: s\n", // found by fuzzing: a longer line is no cut
		"\n0:0 \n 0", // found by fuzzing: space before a fold stays
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, message string) {
		if strings.IndexByte(message, 0) >= 0 {
			t.Skip() // no commit message
		}
		out, err := git([]byte(message), nil, "interpret-trailers", "--parse", "--no-divider")
		if err != nil {
			t.Skip()
		}
		if got := formatTrailers(ParseTrailers(message)); got != out {
			t.Errorf("%q:\n got %q\nwant %q", message, got, out)
		}
	})
}

func formatTrailers(trailers []patchset.Trailer) string {
	var out strings.Builder
	for _, tr := range trailers {
		out.WriteString(tr.Key + ": " + tr.Value + "\n")
	}
	return out.String()
}

// Behind a T git before 2.43 does not look for the short times of ISO 8601, nor take them back
// where they are none: the oracle is one for whole times alone. Of seconds whose year does not fit C's int,
// it takes the rest that the C library leaves.
var (
	reBehindT   = regexp.MustCompile(`T\d`)
	reWholeTime = regexp.MustCompile(`T(?:[01]\d:[0-5]\d:[0-5]\d|[01]\d[0-5]\d[0-5]\d)(\D|$)`)
	reHuge      = regexp.MustCompile(`\d{17}`)
)

// FuzzDate parses a date and compares with git's author date.
func FuzzDate(f *testing.F) {
	for _, s := range []string{
		"Wed, 11 Mar 2026 05:09:01 +0000", "Mon, 17 Sep 2001 00:00:00 -0730", "2026-03-11 05:09:01",
		"2026-03-11T05:09:01Z", "2026-03-11T05:09:01+05:30", "11.3.2026 5:09 PM", "3/11/26 1:2:3 EST", "1773205741 +0100",
		"@1773205741 -0200", "20260311T050901", "20260311 0509", "Thu Jan  1 00:00:00 1970", "31 Feb 2026 25:00:00",
		"Fri, 9 Jun 2006 00:44:16 -0700 (PDT)", "99 Dec 1 1:1:1 GMT", "12:30:15.125 2026.03.11",
		"@0 + 000", "@0 ++130",
		"07000000000", // found by fuzzing: seconds beyond 2099
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, date string) {
		if date == "" || strings.IndexByte(date, 0) >= 0 || reHuge.MatchString(date) ||
			reBehindT.MatchString(reWholeTime.ReplaceAllString(date, "$1")) {
			t.Skip()
		}
		out, err := git(nil, []string{"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=b", "GIT_AUTHOR_DATE=" + date}, "var", "GIT_AUTHOR_IDENT")
		if strings.HasPrefix(out, "a <b> 18446744") {
			t.Skip() // a day before 1970, which git takes for one in the far future
		}
		when, got := ParseDate(date)
		if (err == nil) != (got == nil) {
			t.Fatalf("%q: git: %q %v; we: %v %v", date, out, err, when, got)
		}
		want := fmt.Sprintf("a <b> %d %s\n", when.Unix(), when.Format("-0700"))
		if err == nil && out != want {
			t.Errorf("%q: got %q, want %q", date, want, out)
		}
	})
}

// FuzzIdent cleans a name and compares with git's author.
func FuzzIdent(f *testing.F) {
	for _, s := range []string{"A U Thor", " , A <b> \"", "Jr.", "Jörg", "'x'", "a\nb", "\\", "\xe9 <\xdc"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if strings.IndexByte(name, 0) >= 0 {
			t.Skip()
		}
		out, err := git(nil, []string{"GIT_AUTHOR_NAME=" + name, "GIT_AUTHOR_EMAIL=b", "GIT_AUTHOR_DATE=@0 +0000"}, "var", "GIT_AUTHOR_IDENT")
		if err != nil || strings.HasPrefix(strings.Trim(name, GitSpace), ".") || strings.HasSuffix(ident.Clean(name), ".") {
			t.Skip() // no name, or one with a full stop, which git before 2.48 cuts off
		}
		if got := ident.Clean(name) + " <b> 0 +0000\n"; got != out {
			t.Errorf("%q: got %q, want %q", name, got, out)
		}
	})
}

// FuzzMessage cleans a message up and compares with git stripspace.
func FuzzMessage(f *testing.F) {
	f.Add("subject", "text \n\n\n\tmore\r\n\n")
	f.Fuzz(func(t *testing.T, subject, text string) {
		out, err := git([]byte(subject+"\n\n"+text), nil, "stripspace")
		if err != nil {
			t.Fatal(err)
		}
		if got := commitMessage(subject, []byte(text)); got != out {
			t.Errorf("got %q, want %q", got, out)
		}
	})
}
