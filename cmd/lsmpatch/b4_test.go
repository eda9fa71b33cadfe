// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// TestB4 holds what we make of the threads of a list archive, that of $INBOX (make b4 INBOX=DIR, any public-inbox), against what b4
// makes of them: the same patches in the same order, with the same trailers of the replies. $THREADS of them, 200 by default, are
// taken from all over the archive. Each difference is told with its class, and with what each of both has.
func TestB4(t *testing.T) {
	dir := os.Getenv("INBOX")
	if dir == "" {
		t.Skip("no list archive: make b4 INBOX=DIR")
	}
	if _, err := exec.LookPath("b4"); err != nil {
		t.Skip("b4 is not installed")
	}
	want, _ := strconv.Atoi(os.Getenv("THREADS"))
	threads := sampleThreads(t, dir, cmp.Or(want, 200))
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte("[b4]\n\tattestation-policy = off\n[user]\n\tname = C\n\temail = c@example.org\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	classes := map[string]int{}
	patches := 0
	for _, th := range threads {
		mbox := filepath.Join(t.TempDir(), "thread.mbox")
		if err := os.WriteFile(mbox, th.mbox, 0o600); err != nil {
			t.Fatal(err)
		}
		ours, skipped := ourAm(t, mbox)
		theirs, said := theirAm(t, home, mbox, th.first)
		patches += len(ours)
		d := compareAm(ours, theirs, skipped, said)
		classes[d.class()]++
		if len(d.lines) > 0 {
			t.Logf("<%s> %s\n    %s", th.first, d.class(), strings.Join(d.lines, "\n    "))
		}
	}
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		t.Logf("%5d  %s", classes[class], class)
	}
	t.Logf("%d threads, %d patches, %d the same in both", len(threads), patches, classes["the same"])
}

// A listThread is the mails of one thread, and the first patch or cover letter among them.
type listThread struct {
	mbox  []byte
	first string
	cut   bool // its beginning may be older
}

// sampleThreads returns want threads with a patch, spread evenly over the newest $MAILS mails of the archive, 20,000 by default. A thread that may
// have more in front of these is left out.
func sampleThreads(t *testing.T, inbox string, want int) []listThread {
	t.Helper()
	mails, _ := strconv.Atoi(os.Getenv("MAILS"))
	mails = cmp.Or(mails, 20000)
	cur := filepath.Join(t.TempDir(), "cur")
	oldest, err := newestMails(inbox, mails, mails/8, cur)
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(cur) // by number, the oldest first
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]*listThread{}
	var all []*listThread
	for _, f := range files {
		raw, err := os.ReadFile(filepath.Join(cur, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		h := mail.ParseHeaders(raw)
		id := mail.FirstID(h.Get("Message-ID"))
		var th *listThread
		names := append(mail.MessageIDs(h.Get("References")), mail.FirstID(h.Get("In-Reply-To")), id)
		for _, name := range names {
			th = cmp.Or(th, of[name])
		}
		if th == nil {
			th = new(listThread)
			all = append(all, th)
		}
		for _, name := range names {
			if name != "" && of[name] == nil {
				of[name] = th
			}
		}
		th.add(raw, id, string(mail.DecodeLoosely(h.Get("Subject"))))
		th.cut = th.cut || oldest[id]
	}
	all = slices.DeleteFunc(all, func(th *listThread) bool { return th.first == "" || th.cut })
	want = min(want, len(all))
	var out []listThread
	for i := range want {
		out = append(out, *all[i*len(all)/want])
	}
	return out
}

// add adds a mail to the mailbox of the thread.
func (th *listThread) add(raw []byte, id, subject string) {
	n := mail.ParseSubject(subject)
	if n.Patch && !n.Reply && !n.Pull && th.first == "" && (n.Numbered && n.Index == 0 || bytes.Contains(raw, []byte("\n+++ "))) {
		th.first = id
	}
	raw = bytes.ReplaceAll(unfoldSubject(raw), []byte("\nFrom "), []byte("\n>From "))
	th.mbox = fmt.Appendf(th.mbox, "From mboxrd@z Thu Jan  1 00:00:00 1970\n%s\n\n", bytes.TrimRight(raw, "\n"))
}

// unfoldSubject writes the subject of a mail on one line: b4 0.12 ends with a traceback at one of several.
func unfoldSubject(raw []byte) []byte {
	head, body, _ := bytes.Cut(raw, []byte("\n\n"))
	var out bytes.Buffer
	subject := false
	for line := range bytes.Lines(append(bytes.Clone(head), '\n')) {
		if folded := line[0] == ' ' || line[0] == '\t'; subject && folded {
			out.Truncate(out.Len() - 1)
			line = append([]byte(" "), bytes.TrimLeft(line, " \t")...)
		} else {
			subject = len(line) > 8 && bytes.EqualFold(line[:8], []byte("Subject:"))
		}
		out.Write(line)
	}
	return append(append(out.Bytes(), '\n'), body...)
}

// An amPatch is a patch as it would be applied.
type amPatch struct {
	title, diff string
	trailers    map[string]bool // all lines of the message that look like trailers, by mail.TrailerKey
}

// ourAm returns what series am writes of a thread, and the trailers that it left out, by the words of the reason.
func ourAm(t *testing.T, mbox string) (patches []amPatch, skipped map[string]string) {
	t.Helper()
	sets, err := series.Open(t.Context(), []string{mbox}, nil)
	if err != nil {
		return nil, nil
	}
	var out bytes.Buffer
	done, err := series.Am(&out, sets[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	skipped = map[string]string{}
	for _, d := range done {
		for _, s := range d.Skipped {
			why := "not of the sender of the reply"
			if s.Offered {
				why = "offered"
			}
			skipped[mail.TrailerKey(s.Trailer)] = why
		}
	}
	return readAm(t, out.Bytes()), skipped
}

// theirAm returns what b4 am writes of it, and what it says.
func theirAm(t *testing.T, home, mbox, id string) (patches []amPatch, said string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "b4", "--offline-mode", "am", "-t", "-o", "-", "-m", mbox, id)
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CACHE_HOME="+home)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run() // it ends with an error where it finds no patches
	return readAm(t, stdout.Bytes()), stderr.String()
}

// readAm reads the patches of a mailbox for git am.
func readAm(t *testing.T, mbox []byte) (patches []amPatch) {
	t.Helper()
	err := mail.Split(bytes.NewReader(mbox), func(s mail.Span) error {
		m, info := mail.Read(mail.Unmail(mbox[s.Offset:s.Offset+s.Size], false, true), &mail.Options{})
		p, err := mail.NewPatch(m, info, &mail.Options{})
		if err != nil {
			return err
		}
		a := amPatch{title: mail.PlainTitle(p.Title), diff: cmp.Or(mail.PatchID(p.Diff), "no diff"), trailers: map[string]bool{}}
		for line := range strings.Lines(p.Message) {
			key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
			if ok && !strings.ContainsAny(key, " \t") && len(key) < 40 {
				a.trailers[mail.TrailerKey(patchset.Trailer{Key: key, Value: value})] = true
			}
		}
		patches = append(patches, a)
		return nil
	})
	if err != nil && len(mbox) > 0 {
		t.Log(err)
	}
	return patches
}

// An amDifference is how two readings of a thread differ.
type amDifference struct{ classes, lines []string }

// class names the worst difference.
func (d *amDifference) class() string {
	if len(d.classes) == 0 {
		return "the same"
	}
	return slices.Min(d.classes)
}

func (d *amDifference) add(class, format string, args ...any) {
	d.classes = append(d.classes, class)
	d.lines = append(d.lines, class+": "+fmt.Sprintf(format, args...))
}

// compareAm tells how they differ. Classes about patches sort before those about trailers.
func compareAm(ours, theirs []amPatch, skipped map[string]string, said string) *amDifference {
	d := new(amDifference)
	titles := func(list []amPatch) (out []string) {
		for _, p := range list {
			out = append(out, p.title)
		}
		return out
	}
	a, b := titles(ours), titles(theirs)
	shared := slices.ContainsFunc(a, func(title string) bool { return slices.Contains(b, title) })
	switch {
	case len(a) == 0 && len(b) == 0:
	case len(b) == 0 && strings.Contains(said, "Traceback"):
		d.add("patches: b4 ends with a traceback", "%q; %s", a, lastLine(said))
	case len(b) == 0:
		d.add("patches: b4 finds none", "%q; %s", a, lastLine(said))
	case len(a) == 0:
		d.add("patches: lsmpatch finds none", "%q", b)
	case !shared:
		d.add("patches: another series", "lsmpatch %q, b4 %q", a, b)
	case !slices.Equal(a, b) && len(a) == len(b):
		d.add("patches: another version or order", "lsmpatch %q, b4 %q", a, b)
	case len(a) > len(b):
		d.add("patches: more in lsmpatch", "lsmpatch %q, b4 %q", a, b)
	case len(a) < len(b):
		d.add("patches: more in b4", "lsmpatch %q, b4 %q", a, b)
	default:
		for i := range ours {
			d.patch(ours[i], theirs[i], skipped, said)
		}
	}
	return d
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// patch compares two readings of one patch.
func (d *amDifference) patch(ours, theirs amPatch, skipped map[string]string, said string) {
	if ours.diff != theirs.diff {
		d.add("patches: another diff", "%s", ours.title)
	}
	for _, key := range slices.Sorted(maps.Keys(theirs.trailers)) {
		if !ours.trailers[key] {
			name, _, _ := strings.Cut(key, ":")
			d.add("trailer: in b4 alone, "+cmp.Or(skipped[key], name), "%s: %s", ours.title, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(ours.trailers)) {
		_, value, _ := strings.Cut(key, ":")
		switch {
		case theirs.trailers[key]:
		case slices.ContainsFunc(strings.Split(said, "\n"), func(line string) bool {
			return strings.Contains(line, "! Trailer:") && strings.Contains(strings.ToLower(line), value)
		}):
			d.add("trailer: in lsmpatch alone, b4 asks for the same address", "%s: %s", ours.title, key)
		default:
			d.add("trailer: in lsmpatch alone", "%s: %s", ours.title, key)
		}
	}
}
