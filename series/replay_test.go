// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/source"
)

// TestReplay sorts a whole list archive into series, that of $INBOX (make replay INBOX=DIR, any
// public-inbox), else a small one of our own. No patch mail may get lost: each stands in a series, once. One that was sent
// again as it was, to another list or by mistake, is there already. What it said of real lists stands in docs/series.md.
func TestReplay(t *testing.T) {
	dir := os.Getenv("INBOX")
	if dir == "" {
		dir = writeInbox(t,
			patchMail(cover("what this is for", "0@x", "")), patchMail(patch("[PATCH 1/2] a", "1@x", "0@x")), patchMail(patch("[PATCH 2/2] b", "2@x", "1@x")),
			patchMail(reply("Re: [PATCH 1/2] a", "r@x", "1@x", "Reviewed-by: Re Viewer <re@example.com>")),
			patchMail(mailHead{subject: "[PATCH 1/2] otherwise", id: "o1@x", parent: "r@x", from: "Re Viewer <re@example.com>"}),
			patchMail(mailHead{subject: "[PATCH 2/2] otherwise, too", id: "o2@x", parent: "o1@x", from: "Re Viewer <re@example.com>"}),
			patchMail(patch("[PATCH v2 2/2] b", "v2@x", "2@x")), patchMail(patch("[PATCH] lone", "l@x", "")))
	}
	posted, mails := patchMails(t, dir)
	start := time.Now()
	found, titles, series, patches := map[string]int{}, map[string]bool{}, 0, 0
	for set, err := range All(t.Context(), []string{"inbox:" + dir}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		series++
		for _, p := range set.Patches {
			if p.CarriedFrom == 0 {
				patches++
				found[p.MessageID]++
				titles[mail.ParseSubject(p.Subject).Title] = true
			}
		}
	}
	lost, twice, again := 0, 0, 0
	for id, subjects := range posted {
		subject := subjects[0]
		switch {
		case found[id] == 0 && titles[mail.ParseSubject(subject).Title]:
			again++
		case found[id] == 0:
			if lost++; lost <= 10 {
				t.Logf("in no series: <%s> %s", id, subject)
			}
		case found[id] > len(subjects):
			if twice++; twice <= 10 {
				t.Logf("in %d series: <%s> %s", found[id], id, subject)
			}
		}
	}
	t.Logf("%d mails, %d series, %d patches in %v; %d of %d patch mails sent again as they were, %d in no series, %d in two",
		mails, series, patches, time.Since(start).Round(time.Millisecond), again, len(posted), lost, twice)
	if lost > 0 || twice > 0 {
		t.Error("patch mails got lost, or stand in several series")
	}
}

// patchMails returns the subjects of the mails of an archive that post a patch, by Message-ID, and how many
// mails there are. Of one Message-ID there are two where somebody sent a mail anew as another version.
func patchMails(t *testing.T, dir string) (posted map[string][]string, mails int) {
	t.Helper()
	inputs, err := source.Resolve(t.Context(), []string{"inbox:" + dir}, &source.Options{})
	defer source.CloseAll(inputs)
	if err != nil {
		t.Fatal(err)
	}
	r, err := inputs[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	posted = map[string][]string{}
	err = mail.Split(io.NewSectionReader(r, 0, math.MaxInt64), func(s mail.Span) error {
		mails++
		h := mail.ParseHeaders(mail.Unmail(s.Head, false, false))
		subject := string(mail.DecodeLoosely(h.Get("Subject")))
		n := mail.ParseSubject(subject)
		encoded := strings.Contains(strings.ToLower(h.Get("Content-Transfer-Encoding")), "base64")
		if n.Patch && !n.Reply && !n.Pull && s.Diff && !encoded && !(n.Numbered && n.Index == 0) {
			if id := mail.FirstID(h.Get("Message-ID")); !slices.Contains(posted[id], subject) {
				posted[id] = append(posted[id], subject)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return posted, mails
}
