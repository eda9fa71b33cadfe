// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"
)

// writeInbox makes a public-inbox of two epochs with these mails.
func writeInbox(t *testing.T, mails ...[]byte) string {
	t.Helper()
	dir := t.TempDir()
	for i, m := range mails {
		epoch := filepath.Join(dir, "git", fmt.Sprintf("%d.git", i%2))
		_, raw, _ := bytes.Cut(m, []byte("\n")) // without the line of the mailbox
		mailtest.Write(t, filepath.Join(epoch, "m"), raw)
		for _, args := range []string{"init -q", "add m", "commit -q -m mail"} {
			gitInEpoch(t, epoch, args)
		}
	}
	return dir
}

// gitInEpoch runs git in an epoch of a public-inbox.
func gitInEpoch(t *testing.T, epoch, args string) {
	t.Helper()
	cmd := exec.Command("git", strings.Fields(args)...)
	cmd.Dir = epoch
	cmd.Env = run.GitEnv("GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@x", "GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@x")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v: %s", args, err, out)
	}
}

// TestInbox: a mail of a local archive brings its thread, and the versions before and after it, and
// nothing else. No network is asked.
func TestInbox(t *testing.T) {
	dir := writeInbox(t,
		patchMail(cover("[PATCH 0/1] c", "0@x", "")), patchMail(patch("[PATCH 1/1] a", "1@x", "0@x")),
		patchMail(reply("Re: [PATCH 1/1] a", "r@x", "1@x", "From here on:\nReviewed-by: Re Viewer <re@example.com>")),
		patchMail(patch("[PATCH] other", "o@x", "")), patchMail(reply("Re: talk", "t@x", "gone@x", "Yes.")),
		patchMail(cover("[PATCH v2 0/1] c", "v0@x", "")), patchMail(patch("[PATCH v2 1/1] a", "v1@x", "v0@x")))
	for _, names := range [][]string{{"inbox:" + dir, "1@x"}, {"inbox:" + dir, "id:0@x"}, {"inbox:" + dir + " <r@x>"},
		{"inbox:" + dir, "https://lore.kernel.org/all/1@x/T/#u"}, {"inbox:" + dir, "patch.msgid.link/0@x"}} {
		sets, err := Open(t.Context(), names, nil)
		if err != nil || describe(sets) != "v2: cover, 1/1 a +Reviewed-by; v1: cover, 1/1 a +Reviewed-by, 1 replies" {
			t.Errorf("%q: %s, %v", names, describe(sets), err)
			continue
		}
		if !sets[1].Named || !strings.Contains(sets[1].Newer, "[PATCH v2 0/1] c") {
			t.Errorf("%q: named %v, newer %s", names, sets[1].Named, sets[1].Newer)
		}
	}
	if _, err := Open(t.Context(), []string{"inbox:" + dir, "absent@x"}, nil); err == nil || !strings.Contains(err.Error(), "does not have the mail <absent@x>") {
		t.Errorf("absent: %v", err)
	}
	if _, err := Open(t.Context(), []string{"inbox:" + t.TempDir(), "1@x"}, nil); err == nil || !strings.Contains(err.Error(), "no public-inbox") {
		t.Errorf("no inbox: %v", err)
	}
	maildir := t.TempDir()
	if err := os.Mkdir(filepath.Join(maildir, "cur"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(maildir, "cur", "1:2,S"), patchMail(patch("[PATCH] a", "1@x", "")), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), []string{"inbox:" + maildir, "absent@x"}, nil); err == nil || !strings.Contains(err.Error(), "the maildir does not have the mail <absent@x>") {
		t.Errorf("absent in a maildir: %v", err)
	}
	count := 0
	for set, err := range All(t.Context(), []string{"inbox:" + dir}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		count += len(set.Patches)
	}
	if count != 3 {
		t.Errorf("%d patches in the whole archive", count)
	}
}

// TestInboxInOneWord: the Message-ID may stand behind the folder in one argument, and the folder's name may have blanks.
func TestInboxInOneWord(t *testing.T) {
	spaced := filepath.Join(t.TempDir(), "my lists")
	if err := os.Rename(writeInbox(t, patchMail(patch("[PATCH] a", "1@x", ""))), spaced); err != nil {
		t.Fatal(err)
	}
	for _, names := range [][]string{{"inbox:" + spaced}, {"inbox:" + spaced, "1@x"}, {"inbox:" + spaced + " 1@x"}, {"inbox:" + spaced + "\t<1@x> "}, {"inbox:" + spaced + " id:1@x"},
		{"inbox:" + spaced + "  https://lore.kernel.org/all/1@x/"}} {
		sets, err := Open(t.Context(), names, nil)
		if err != nil || describe(sets) != "v1: 1/1 a" {
			t.Errorf("%q: %s, %v", names, describe(sets), err)
		}
		if places := Places(names, nil); len(places) != 1 || places[0] != "inbox:"+spaced {
			t.Errorf("%q: places %q", names, places)
		}
	}
	if _, err := Open(t.Context(), []string{"inbox:" + spaced + " some-id"}, nil); err == nil || !strings.Contains(hint.Of(err), "inbox:DIR MESSAGE-ID") {
		t.Errorf("no Message-ID: %v, hint %q", err, hint.Of(err))
	}
}

// TestTwins: of two mails with one Message-ID the first was taken without a word, whatever the second said.
func TestTwins(t *testing.T) {
	one, two := patchMail(patch("[PATCH] a", "1@x", "")), patchMail(patch("[PATCH v2] b", "1@x", ""))
	ack, nack := patchMail(reply("Re: [PATCH] a", "r@x", "1@x", "Acked-by: B <b@x>")), patchMail(reply("Re: [PATCH] a", "r@x", "1@x", "No.\n\nNacked-by: C <c@x>"))
	for _, c := range []struct {
		mails [][]byte
		want  string
	}{
		{[][]byte{one, two}, "1@x"}, {[][]byte{two, one}, "1@x"}, {[][]byte{one, one}, ""},
		{[][]byte{one, ack, nack}, "r@x"}, {[][]byte{one, nack, ack}, "r@x"}, {[][]byte{one, ack, ack}, ""}, {[][]byte{one, ack}, ""},
	} {
		for place, name := range everyPlace(t, c.mails) {
			if place == "server" {
				continue
			}
			sets, err := Open(t.Context(), []string{name, "1@x"}[:map[bool]int{true: 1, false: 2}[place == "mbox"]], nil)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, twin := range sets[0].Twins {
				got += twin.Taken.MessageID
			}
			if got != c.want {
				t.Errorf("%s of %d mails: %q, want %q", place, len(c.mails), got, c.want)
			}
		}
	}
}

// TestRemovedMail: a mail that the archive took away is not in it, and is no newer version; one that came again is.
func TestRemovedMail(t *testing.T) {
	first, second, again := patch("[PATCH] a", "1@x", ""), patch("[PATCH v2] a", "2@x", ""), patch("[PATCH v3] a", "3@x", "")
	dir := writeInbox(t, patchMail(first), patchMail(again), patchMail(reply("Re: talk", "t@x", "gone@x", "Yes.")), patchMail(second))
	epoch := filepath.Join(dir, "git", "1.git")
	// The second is removed, comes again, and is removed; the third is removed and comes again.
	for _, args := range []string{"mv m d", "mv d m", "mv m d", "rm -q d", "checkout -q HEAD~4^ m", "mv m d", "mv d m"} {
		gitInEpoch(t, epoch, args)
		gitInEpoch(t, epoch, "commit -q -m step")
	}
	if _, err := Open(t.Context(), []string{"inbox:" + dir, "2@x"}, nil); err == nil || !strings.Contains(err.Error(), "does not have the mail <2@x>") {
		t.Errorf("the removed mail: %v", err)
	}
	for _, names := range [][]string{{"inbox:" + dir, "1@x"}, {"inbox:" + dir}} {
		sets, err := Open(t.Context(), names, nil)
		if err != nil || strings.Contains(describe(sets), "v2") || !strings.Contains(describe(sets), "v3") {
			t.Errorf("%q: %s, %v", names, describe(sets), err)
		}
	}
}

// TestSameMailWithFooter: a mail that two lists archived, one with its own lines below the signature, is one patch.
func TestSameMailWithFooter(t *testing.T) {
	plain := patchMail(patch("[PATCH] a", "1@x", ""))
	other := append(bytes.Clone(bytes.TrimRight(plain, "\n")), "\n-- \n2.50\n\n_______\nponds mailing list\n\n"...)
	plain = append(bytes.Clone(bytes.TrimRight(plain, "\n")), "\n-- \n2.50\n\n"...)
	for _, mails := range [][][]byte{{plain, other}, {other, plain}} {
		sets, err := Open(t.Context(), []string{"inbox:" + writeInbox(t, mails...), "1@x"}, nil)
		if err != nil || describe(sets) != "v1: 1/1 a" {
			t.Errorf("%s, %v", describe(sets), err)
		}
	}
	lone := writeInbox(t, patchMail(reply("Re: [PATCH] far", "r@x", "far@x", "Yes.")))
	if _, err := Open(t.Context(), []string{"inbox:" + lone, "r@x"}, nil); err == nil || hint.Of(err) != "what they answer is not in it: look in another archive" {
		t.Errorf("a reply alone: %v, hint %q", err, hint.Of(err))
	}
}
