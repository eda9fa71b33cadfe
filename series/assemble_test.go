// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// A mailHead is what a test says about a mail; patchMail fills in the rest.
type mailHead struct {
	subject, id, parent, from, text string
	noDiff                          bool
}

// patchMail writes a mail with a patch, in mbox form, as a list's archive has it.
func patchMail(h mailHead) []byte {
	var b bytes.Buffer
	b.WriteString("From mboxrd@z Thu Jan  1 00:00:00 1970\n")
	fmt.Fprintf(&b, "From: %s\nDate: Wed, 11 Mar 2026 05:09:01 +0100\nSubject: %s\n", cmp.Or(h.from, "A U Thor <a@example.org>"), h.subject)
	if h.id != "" {
		fmt.Fprintf(&b, "Message-ID: <%s>\n", h.id)
	}
	if h.parent != "" {
		fmt.Fprintf(&b, "In-Reply-To: <%s>\n", h.parent)
	}
	fmt.Fprintf(&b, "\n%s\n", cmp.Or(h.text, "Text."))
	if !h.noDiff {
		b.WriteString("\nSigned-off-by: A U Thor <a@example.org>\n---\n f | 2 +-\n\ndiff --git a/f b/f\nindex 1234567..89abcde 100644\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n-- \n2.39.5\n")
	}
	b.WriteString("\n")
	return b.Bytes()
}

// titles describes the patches of a set: "1/2 title, 2/2 other".
func titles(set *patchset.Set) string {
	var out []string
	if set.Cover != nil {
		out = append(out, "cover")
	}
	for _, p := range set.Patches {
		s := fmt.Sprintf("%d/%d %s", p.Index, set.Total, p.Title)
		if p.CarriedFrom != 0 {
			s += fmt.Sprintf(" (v%d)", p.CarriedFrom)
		}
		for _, r := range p.Received {
			s += " +" + r.Key
			if !r.BySender {
				s += "?"
			}
		}
		out = append(out, s)
	}
	if set.Pull {
		out = append(out, "pull")
	}
	if n := len(set.Replies); n > 0 {
		out = append(out, fmt.Sprintf("%d replies", n))
	}
	return strings.Join(out, ", ")
}

// describe describes sets: "v2: …; v1: …".
func describe(sets []*patchset.Set) string {
	var out []string
	for _, s := range sets {
		v := fmt.Sprintf("v%d", s.Version)
		if len(s.Prefixes) > 0 {
			v += " " + strings.Join(s.Prefixes, " ")
		}
		out = append(out, v+": "+titles(s))
	}
	return strings.Join(out, "; ")
}

func patch(subject, id, parent string) mailHead {
	return mailHead{subject: subject, id: id, parent: parent}
}

func cover(subject, id, parent string) mailHead {
	return mailHead{subject: subject, id: id, parent: parent, noDiff: true}
}

func reply(subject, id, parent, text string) mailHead {
	return mailHead{subject: subject, id: id, parent: parent, noDiff: true, from: "Re Viewer <re@example.com>", text: text}
}

// readEach returns every series of a mailbox, in all versions.
func readEach(tb testing.TB, mbox []byte) ([]*patchset.Set, error) {
	tb.Helper()
	var sets []*patchset.Set
	for set, err := range All(tb.Context(), []string{"-"}, &Options{Stdin: bytes.NewReader(mbox)}) {
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	return sets, nil
}

func TestAssemble(t *testing.T) {
	const reviewed = "> quoted\nReviewed-by: Re Viewer <re@example.com>"
	const other = "Other Author <other@example.net>"
	for _, tt := range []struct {
		name  string
		mails []mailHead
		want  string
	}{
		{"wrong order", []mailHead{
			patch("[PATCH 2/2] b", "2", "0"), patch("[PATCH 1/2] a", "1", "0"), cover("[PATCH 0/2] c", "0", ""),
		}, "v1: cover, 1/2 a, 2/2 b"},
		// A patch in an answer was dropped without a word where its subject has no brackets.
		{"no brackets", []mailHead{
			patch("PATCH 1/2: a", "1", ""), patch("PATCH 2/2: b", "2", "1"), {subject: "Re: PATCH 2/2: b", id: "3", parent: "2"},
		}, "v1: 1/2 PATCH 1/2: a, 2/2 PATCH 2/2: b, 1 replies"},
		// Its mail names what it answers alone, as some programs write it: the rest of the series was missing.
		{"a patch anew, deep in the talk about it", []mailHead{
			cover("[PATCH 0/2] c", "0", ""), patch("[PATCH 1/2] a", "1", "0"), patch("[PATCH 2/2] b", "2", "0"),
			{subject: "Re: [PATCH 1/2] a", id: "3", parent: "1"}, {subject: "Re: [PATCH 1/2] a", id: "4", parent: "3"}, patch("[PATCH v2 1/2] a", "5", "4"),
		}, "v2: 1/2 a, 2/2 b (v1); v1: cover, 1/2 a, 2/2 b, 2 replies"},
		// It was a series of its own, that lacks its first patch.
		{"a patch anew in the same version, deep in the talk about it", []mailHead{
			cover("[PATCH 0/2] c", "0", ""), patch("[PATCH 1/2] a", "1", "0"), patch("[PATCH 2/2] b", "2", "0"),
			{subject: "Re: [PATCH 2/2] b", id: "3", parent: "2", noDiff: true}, {subject: "[PATCH 2/2] b", id: "4", parent: "3", text: "Better."},
		}, "v1: cover, 1/2 a, 2/2 b, 1 replies"},
		// Its second patch went to a mail of long ago that lacks one, and to which no thread leads.
		{"a forgotten version beside half a series", []mailHead{
			patch("[PATCH 1/2] x", "9", "gone"), patch("[PATCH 1/2 v2] a", "1", ""), patch("[PATCH 2/2] b", "2", "1"),
		}, "v1: 1/2 x; v2: 1/2 a, 2/2 b"},
		// A patch that the sender passed on, or sent from another address, was missing, and a series of its own.
		{"a patch from another address", []mailHead{
			cover("[PATCH 0/2] c", "0", ""), patch("[PATCH 1/2] a", "1", "0"), {subject: "[PATCH 2/2] b", id: "2", parent: "0", from: other},
		}, "v1: cover, 1/2 a, 2/2 b"},
		{"a patch from another address, in a chain", []mailHead{
			patch("[PATCH 1/3] a", "1", ""), {subject: "[PATCH 2/3] b", id: "2", parent: "1", from: other}, patch("[PATCH 3/3] d", "3", "2"),
		}, "v1: 1/3 a, 2/3 b, 3/3 d"},
		{"somebody else's patch, first in the mailbox", []mailHead{
			patch("[PATCH 1/2] a", "1", ""), {subject: "[PATCH 2/2] x", id: "3", parent: "1", from: other}, patch("[PATCH 2/2] b", "2", "1"),
		}, "v1: 1/2 a, 2/2 b; v1: 2/2 x"},
		// All patches were there twice.
		{"sent again, with a cover letter that answers the first", []mailHead{
			cover("[PATCH 0/2] c", "0", ""), patch("[PATCH 1/2] a", "1", "0"), patch("[PATCH 2/2] b", "2", "0"),
			cover("[PATCH RESEND 0/2] c", "r0", "0"), {subject: "[PATCH RESEND 1/2] a", id: "r1", parent: "r0", text: "Anew."}, {subject: "[PATCH RESEND 2/2] b", id: "r2", parent: "r0", text: "Anew."},
		}, "v1 RESEND: cover, 1/2 a, 2/2 b; v1: cover, 1/2 a, 2/2 b"},
		{"sent again below the first patch", []mailHead{
			patch("[PATCH 1/2] a", "1", ""), patch("[PATCH 2/2] b", "2", "1"),
			{subject: "[PATCH RESEND 1/2] a", id: "r1", parent: "1", text: "Anew."}, {subject: "[PATCH RESEND 2/2] b", id: "r2", parent: "r1", text: "Anew."},
		}, "v1: 1/2 a, 2/2 b"},
		// They were one version with two patches of one number.
		{"two versions with one Message-ID", []mailHead{
			patch("[PATCH] a", "1", ""), patch("[PATCH v2] a", "1", ""),
		}, "v2: 1/1 a; v1: 1/1 a"},
		// One of them took the place of the other.
		{"two kernels in one thread", []mailHead{
			patch("[PATCH 6.1 1/2] a", "1", ""), patch("[PATCH 6.1 2/2] b", "2", "1"),
			patch("[PATCH 5.15 1/2] a", "3", "1"), patch("[PATCH 5.15 2/2] b", "4", "1"),
		}, "v1 6.1: 1/2 a, 2/2 b; v1 5.15: 1/2 a, 2/2 b"},
		{"two projects below one cover letter", []mailHead{
			cover("[PATCH 0/1] c", "0", ""), patch("[PATCH kernel 1/1] a", "1", "0"), patch("[PATCH tools 1/1] b", "2", "0"),
		}, "v1: cover, 1/1 a; v1 tools: 1/1 b"},
		{"sent again with a word", []mailHead{
			patch("[PATCH net 1/2] a", "1", ""), patch("[PATCH net 2/2] b", "2", "1"), patch("[PATCH RESEND net 2/2] b", "3", "2"),
		}, "v1 net: 1/2 a, 2/2 b"},
		{"a cover letter without a number within a thread", []mailHead{
			cover("[PATCH 0/1] c", "0", ""), patch("[PATCH 1/1] a", "1", "0"), cover("now the rest", "2", "0"),
			patch("[PATCH 1/2] d", "3", "2"), patch("[PATCH 2/2] e", "4", "2"),
		}, "v1: cover, 1/1 a; v1: cover, 1/2 d, 2/2 e"},
		// What reviewers gave to it was lost.
		{"a cover letter without a number, for one patch without", []mailHead{
			cover("make it better", "0", ""), patch("[PATCH] a", "1", "0"), reply("Re: make it better", "r", "0", reviewed),
		}, "v1: cover, 1/1 a, 1 replies"},
		// 1/3 was missing.
		{"a version on one of the patches", []mailHead{
			cover("[PATCH 0/3] c", "0", ""), patch("[PATCH 1/3,v2] a", "1", "0"), patch("[PATCH 2/3] b", "2", "0"), patch("[PATCH 3/3] d", "3", "0"),
		}, "v2: cover, 1/3 a, 2/3 b, 3/3 d"},
		// It was a series that has no patches.
		{"a word more on the cover letter", []mailHead{
			cover("[PATCH v2 0/2] c", "0", ""), patch("[PATCH v2 1/2] a", "1", "0"), patch("[PATCH v2 2/2] b", "2", "0"), cover("[PATCH v2 0/2] to: c", "3", "0"),
		}, "v2: cover, 1/2 a, 2/2 b, 1 replies"},
		// It was a series that lacks its first patch, its diff and its sign-off.
		{"a review without Re: of a mail that is not here", []mailHead{
			patch("[PATCH] a", "1", ""), {subject: "[PATCH 2/2] b", id: "2", parent: "gone", noDiff: true, from: "Re Viewer <re@example.com>",
				text: "A U Thor wrote:\n> Text.\n\nReviewed-by: Re Viewer <re@example.com>\n\n> ---\n> diff --git a/f b/f\n> @@ -1 +1 @@\n> -a\n> +b\n"},
		}, "v1: 1/1 a, 1 replies"},
		{"a talk that ends in a patch", []mailHead{
			cover("it is broken", "0", ""), reply("Re: it is broken", "r", "0", "Send a patch.\n\n"+reviewed), patch("[PATCH] a", "1", "0"),
		}, "v1: 1/1 a, 2 replies"},
		{"no cover letter", []mailHead{
			patch("[PATCH 1/2] a", "1", ""), patch("[PATCH 2/2] b", "2", "1"),
		}, "v1: 1/2 a, 2/2 b"},
		{"no threading", []mailHead{
			cover("[PATCH 0/2] c", "0", ""), patch("[PATCH 2/2] b", "2", ""), patch("[PATCH 1/2] a", "1", ""),
		}, "v1: cover, 1/2 a, 2/2 b"},
		{"threading to a mail that is not there", []mailHead{
			patch("[PATCH 2/2] b", "2", "gone"), patch("[PATCH 1/2] a", "1", "gone"),
		}, "v1: 1/2 a, 2/2 b"},
		{"prefixes of any kind", []mailHead{
			cover("[PATCH0/3] c", "0", ""), patch("[PATCH1/3] a", "1", "0"), patch("[Patch 2/3]b", "2", "0"), patch("[patch v1 03/03] d", "3", "0"),
		}, "v1: cover, 1/3 a, 2/3 b, 3/3 d"},
		{"tree, RFC and RESEND", []mailHead{
			patch("[PATCH net-next v3 02/11] b", "2", "1"), patch("[PATCH net-next v3 01/11] a", "1", ""),
			patch("[RFC PATCH v2 1/1] r", "3", ""), patch("[PATCH RESEND 1/1] s", "4", ""), patch("[RFC 1/1] t", "5", ""),
		}, "v3 net-next: 1/11 a, 2/11 b; v2 RFC: 1/1 r; v1 RESEND: 1/1 s; v1 RFC: 1/1 t"},
		{"two versions in one thread", []mailHead{
			cover("[PATCH 0/1] c", "0", ""), patch("[PATCH 1/1] a", "1", "0"),
			cover("[PATCH v2 0/2] c", "v2-0", "0"), patch("[PATCH v2 1/2] a", "v2-1", "v2-0"), patch("[PATCH v2 2/2] b", "v2-2", "v2-0"),
		}, "v2: cover, 1/2 a, 2/2 b; v1: cover, 1/1 a"},
		{"two versions, two threads, no cover", []mailHead{
			patch("[PATCH] a", "1", ""), patch("[PATCH v2] a", "2", ""), patch("[PATCH v10] a", "3", ""),
		}, "v10: 1/1 a; v2: 1/1 a; v1: 1/1 a"},
		{"a review of the version before, of a patch that did not change", []mailHead{
			patch("[PATCH] a", "1", ""), reply("Re: [PATCH] a", "r", "1", reviewed), patch("[PATCH v2] a", "2", ""),
		}, "v2: 1/1 a; v1: 1/1 a +Reviewed-by, 1 replies"},
		{"an RFC, and a version sent again", []mailHead{
			patch("[PATCH v2] a", "4", ""), patch("[PATCH] a", "1", ""), patch("[RFC PATCH] a", "0", ""),
			patch("[PATCH RESEND] a", "2", ""), patch("[PATCH RESEND v2] a", "5", ""),
		}, "v2 RESEND: 1/1 a; v2: 1/1 a; v1 RESEND: 1/1 a; v1: 1/1 a; v1 RFC: 1/1 a"},
		{"several authors, never sent", []mailHead{
			{subject: "[PATCH 1/3] a", from: "A <a@example.org>"}, {subject: "[PATCH 2/3] b", from: "B <b@example.org>"},
			{subject: "[PATCH 3/3] c", from: "A <a@example.org>"},
		}, "v1: 1/3 a, 2/3 b, 3/3 c"},
		{"two series", []mailHead{
			patch("[PATCH 1/2] a", "1", ""), patch("[PATCH 1/3] x", "x", ""), patch("[PATCH 2/2] b", "2", "1"),
			patch("[PATCH 2/3] y", "y", "x"), patch("[PATCH 3/3] z", "z", "x"),
		}, "v1: 1/2 a, 2/2 b; v1: 1/3 x, 2/3 y, 3/3 z"},
		{"two series of the same shape", []mailHead{
			cover("[PATCH 0/2] c", "0", ""), patch("[PATCH 1/2] a", "1", "0"), patch("[PATCH 2/2] b", "2", "0"),
			cover("[PATCH 0/2] d", "d0", ""), patch("[PATCH 1/2] e", "d1", "d0"), patch("[PATCH 2/2] f", "d2", "d0"),
		}, "v1: cover, 1/2 a, 2/2 b; v1: cover, 1/2 e, 2/2 f"},
		{"two that count the same", []mailHead{
			patch("[PATCH 1/1] a", "1", ""), patch("[PATCH 1/1] b", "2", ""),
		}, "v1: 1/1 a; v1: 1/1 b"},
		{"a mail that came by two lists", []mailHead{
			patch("[PATCH 1/2] a", "1", ""), patch("[PATCH 1/2] a", "1", ""), patch("[PATCH 2/2] b", "2", "1"),
		}, "v1: 1/2 a, 2/2 b"},
		// It was another patch of the same number, whose diff is damaged.
		{"a mail that came by two lists, and was cut by one", []mailHead{
			patch("[PATCH 1/2] a", "1", ""), {subject: "[PATCH 1/2] a", id: "1", text: "Te=", noDiff: true},
			{subject: "[PATCH 2/2] b", id: "2", parent: "1", text: "Te=", noDiff: true}, patch("[PATCH 2/2] b", "2", "1"),
		}, "v1: 1/2 a, 2/2 b"},
		{"partial reroll", []mailHead{
			cover("[PATCH 0/3] c", "0", ""), patch("[PATCH 1/3] a", "1", "0"), patch("[PATCH 2/3] b", "2", "0"), patch("[PATCH 3/3] d", "3", "0"),
			patch("[PATCH v2 2/3] b", "v2-2", "2"),
		}, "v2: 1/3 a (v1), 2/3 b, 3/3 d (v1); v1: cover, 1/3 a, 2/3 b, 3/3 d"},
		{"partial reroll without a number, and of a reroll", []mailHead{
			patch("[PATCH 1/2] a", "1", ""), patch("[PATCH 2/2] b", "2", "1"),
			patch("[PATCH v2] b", "v2", "2"), patch("[PATCH v3 1/2] a", "v3", "1"),
		}, "v3: 1/2 a, 2/2 b (v1); v2: 1/2 a (v1), 2/2 b; v1: 1/2 a, 2/2 b"},
		{"replies in between", []mailHead{
			patch("[PATCH 1/2] a", "1", ""), reply("Re: [PATCH 1/2] a", "r1", "1", reviewed), patch("[PATCH 2/2] b", "2", "1"),
			reply("Re: [PATCH 1/2] a", "r2", "r1", "Thanks."), reply("AW: [PATCH 2/2] b", "r3", "2", "Acked-by: Some One <else@example.net>"),
		}, "v1: 1/2 a +Reviewed-by, 2/2 b +Acked-by?, 3 replies"},
		{"a reply whose thread is broken", []mailHead{
			patch("[PATCH 1/2] a", "1", ""), patch("[PATCH 2/2] b", "2", "1"), reply("Re: [PATCH 2/2] b", "r", "gone", reviewed),
		}, "v1: 1/2 a, 2/2 b +Reviewed-by, 1 replies"},
		{"a reply with a diff", []mailHead{
			patch("[PATCH] a", "1", ""), {subject: "Re: [PATCH] a", id: "2", parent: "1", text: "Better so:"},
		}, "v1: 1/1 a, 1 replies"},
		{"a patch in answer to a patch", []mailHead{
			patch("[PATCH] a", "1", ""), patch("[PATCH] b", "2", "1"),
		}, "v1: 1/1 a; v1: 1/1 b"},
		{"a series in answer to another, by somebody else and by the same author", []mailHead{
			cover("[PATCH 0/2] c", "0", ""), patch("[PATCH 1/2] a", "1", "0"), patch("[PATCH 2/2] b", "2", "0"),
			{subject: "[PATCH 0/2] d", id: "d0", parent: "1", from: other, noDiff: true},
			{subject: "[PATCH 1/2] e", id: "d1", parent: "d0", from: other}, {subject: "[PATCH 2/2] f", id: "d2", parent: "d0", from: other},
			cover("[PATCH 0/2] g", "g0", "2"), patch("[PATCH 1/2] h", "g1", "g0"), patch("[PATCH 2/2] i", "g2", "g0"),
		}, "v1: cover, 1/2 a, 2/2 b; v1: cover, 1/2 e, 2/2 f; v1: cover, 1/2 h, 2/2 i"},
		{"another's v2 of other code", []mailHead{
			patch("[PATCH] a", "1", ""), {subject: "[PATCH v2] z", id: "2", parent: "1", from: other},
		}, "v1: 1/1 a; v2: 1/1 z"},
		{"a later version under another title", []mailHead{
			cover("[PATCH 0/1] c", "0", ""), patch("[PATCH 1/1] a", "1", "0"),
			cover("[PATCH v2 0/1] better", "v0", "0"), patch("[PATCH v2 1/1] better a", "v1", "v0"),
		}, "v2: cover, 1/1 better a; v1: cover, 1/1 a"},
		{"a cover letter without a number", []mailHead{
			cover("what all this is for", "0", ""), patch("[PATCH 1/2] a", "1", "0"), patch("[PATCH 2/2] b", "2", "0"),
			reply("Re: what all this is for", "r", "0", reviewed),
		}, "v1: cover, 1/2 a, 2/2 b, 1 replies"},
		{"a cover letter that says only PATCH", []mailHead{
			cover("[PATCH] c", "0", ""), patch("[PATCH 1/2] a", "1", "0"), patch("[PATCH 2/2] b", "2", "1"),
		}, "v1: cover, 1/2 a, 2/2 b"},
		{"a cover letter without a number over a patch without one", []mailHead{
			cover("[PATCH v7] what this is for", "0", ""), patch("[PATCH v7] a", "1", "0"),
		}, "v7: cover, 1/1 a"},
		{"a patch that ends a talk, and one sent again with its diff", []mailHead{
			cover("does this work?", "0", ""), reply("Re: does this work?", "r", "0", "No."), patch("[PATCH] a", "1", "0"),
			cover("[PATCH] b", "2", ""), patch("[PATCH] b", "3", "2"),
		}, "v1: 1/1 a; v1: 1/1 b; v1: 1/1 b"},
		{"a cover letter that counts otherwise", []mailHead{
			cover("[RFC v3,0/3] c", "0", ""), patch("[PATCH net 1/2] a", "1", "0"), patch("[PATCH net 2/2] b", "2", "0"),
		}, "v3 RFC: cover, 1/2 a, 2/2 b"},
		{"0/1 over a patch without a number", []mailHead{
			cover("[PATCH 0/1] c", "0", ""), patch("[PATCH] a", "1", "0"),
		}, "v1: cover, 1/1 a"},
		{"0/1 over two patches without numbers", []mailHead{
			cover("[PATCH 0/1] c", "0", ""), patch("[PATCH] a", "1", "0"), patch("[PATCH] b", "2", "0"),
		}, "v1: cover, 1/2 a, 2/2 b"},
		{"0/3 over two patches without numbers", []mailHead{
			cover("[PATCH 0/3] c", "0", ""), patch("[PATCH] a", "1", "0"), patch("[PATCH] b", "2", "0"),
		}, "v1: cover; v1: 1/1 a; v1: 1/1 b"},
		{"a version in answer to the last one's cover letter", []mailHead{
			cover("[PATCH 0/2] c", "0", ""), patch("[PATCH 1/2] a", "1", "0"), patch("[PATCH 2/2] b", "2", "0"),
			patch("[PATCH v2 1/2] a", "v1", "0"), patch("[PATCH v2 2/2] b", "v2", "0"),
		}, "v2: 1/2 a, 2/2 b; v1: cover, 1/2 a, 2/2 b"},
		{"replies without Re:", []mailHead{
			cover("[PATCH 0/1] c", "0", ""), patch("[PATCH 1/1] a", "1", "0"), reply("[PATCH 0/1] c", "r0", "0", reviewed),
			reply("[PATCH 1/1] a", "r1", "1", reviewed),
		}, "v1: cover, 1/1 a +Reviewed-by, 2 replies"},
		{"brackets in brackets, and counts in words", []mailHead{
			patch("[list] [PATCH [RFC] v3 1/2] [RESEND] a", "1", ""), patch("[PATCH v3 2 of 2] b", "2", "1"),
		}, "v3 list RFC RESEND: 1/2 v3 1/2] [RESEND] a, 2/2 b"},
		{"a charset that nobody knows", []mailHead{
			patch("=?x-odd?q?=5BPATCH_1/2=5D_a?=", "1", ""), patch("=?x-odd?b?W1BBVENIIDIvMl0gYg==?=", "2", "1"),
		}, "v1: 1/2 =?x-odd?q?=5BPATCH_1/2=5D_a?=, 2/2 =?x-odd?b?W1BBVENIIDIvMl0gYg==?="},
		{"pull request", []mailHead{
			cover("[GIT PULL] lsm fixes", "1", ""), reply("Re: [GIT PULL] lsm fixes", "2", "1", "Pulled."),
		}, "v1 GIT PULL: cover, pull, 1 replies"},
		{"mailbox without Message-IDs and numbers", []mailHead{
			patch("[PATCH] a", "", ""), patch("[PATCH] b", "", ""), patch("plain", "", ""),
		}, "v1: 1/3 a, 2/3 b, 3/3 plain"},
		{"no prefix at all", []mailHead{patch("mm: fix", "1", ""), cover("hello", "2", "")}, "v1: 1/1 mm: fix, 1 replies"},
		{"mails that answer nothing", []mailHead{
			patch("[PATCH] a", "1", ""), reply("Re: something else", "2", "gone", reviewed), patch("[PATCH v2] a", "3", ""), cover("hello", "4", ""),
		}, "v2: 1/1 a, 1 replies; v1: 1/1 a, 1 replies"},
		{"talk among several series", []mailHead{
			patch("[PATCH] a", "1", ""), reply("Re: something else", "2", "gone", reviewed), patch("[PATCH] b", "3", ""), cover("hello", "4", ""),
		}, "v1: 1/1 a; v1: 1/1 b"},
	} {
		var mbox bytes.Buffer
		for _, m := range tt.mails {
			mbox.Write(patchMail(m))
		}
		sets, err := readEach(t, mbox.Bytes())
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := describe(sets); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestFamilies: all versions of a series have one number, other series another.
func TestFamilies(t *testing.T) {
	mbox := slicesConcat(patchMail(patch("[PATCH] a", "1", "")), patchMail(patch("[PATCH] b", "2", "")), patchMail(patch("[PATCH v2] a", "3", "")))
	sets, err := readEach(t, mbox)
	if err != nil || describe(sets) != "v2: 1/1 a; v1: 1/1 a; v1: 1/1 b" {
		t.Fatal(describe(sets), err)
	}
	if sets[0].Family != 0 || sets[1].Family != 0 || sets[2].Family != 1 {
		t.Error(sets[0].Family, sets[1].Family, sets[2].Family)
	}
}

// TestThreadCircle: mails that answer each other end nothing in a loop.
func TestThreadCircle(t *testing.T) {
	mbox := slicesConcat(patchMail(reply("Re: x", "1", "2", "a")), patchMail(reply("Re: x", "2", "1", "b")),
		patchMail(patch("[PATCH 1/2] a", "3", "4")), patchMail(patch("[PATCH 2/2] b", "4", "3")))
	sets, err := readEach(t, mbox)
	if err != nil || describe(sets) != "v1: 1/2 a, 2/2 b, 2 replies" {
		t.Errorf("%s, %v", describe(sets), err)
	}
}

// TestAsTheyLie: what is no archive is one series in the order of its mails, as git am takes it, and
// where the subjects say otherwise that is told.
func TestAsTheyLie(t *testing.T) {
	const other = "Other Author <other@example.net>"
	for _, tt := range []struct {
		name  string
		mails []mailHead
		want  string
		order string
	}{
		{"as numbered", []mailHead{patch("[PATCH 1/2] a", "1", ""), patch("[PATCH 2/2] b", "2", "1")}, "v1: 1/2 a, 2/2 b", ""},
		{"one of three lost", []mailHead{patch("[PATCH 1/3] a", "1", ""), patch("[PATCH 3/3] c", "3", "1")}, "v1: 1/3 a, 3/3 c", ""},
		{"without numbers, by two authors", []mailHead{patch("[PATCH] a", "1", ""), {subject: "[PATCH] b", id: "2", from: other}}, "v1: 1/2 a, 2/2 b", ""},
		{"the last first", []mailHead{patch("[PATCH 2/2] b", "2", "1"), patch("[PATCH 1/2] a", "1", "")}, "v1: 1/2 b, 2/2 a", "lies behind"},
		{"two series", []mailHead{patch("[PATCH 1/1] a", "1", ""), patch("[PATCH 1/2] b", "2", ""), patch("[PATCH 2/2] c", "3", "2")}, "v1: 1/3 a, 2/3 b, 3/3 c", "of another series"},
		{"a number twice", []mailHead{patch("[PATCH 1/2] a", "1", ""), patch("[PATCH 1/2] b", "2", "")}, "v1: 1/2 a, 2/2 b", "lies behind"},
		{"a patch as number 0", []mailHead{patch("[PATCH 0/1] a", "1", ""), patch("[PATCH 1/1] b", "2", "1")}, "v1: 1/2 a, 2/2 b", "is number 0"},
		{"forwarded", []mailHead{patch("Re: [PATCH] a", "1", ""), patch("Re: [PATCH] b", "2", "1")}, "v1: 1/2 a, 2/2 b", "taken for a patch"},
		{"cover letter", []mailHead{cover("[PATCH 0/1] c", "0", ""), patch("[PATCH 1/1] a", "1", "0")}, "v1: cover, 1/1 a", ""},
		{"the same mail by two lists", []mailHead{patch("[PATCH] a", "1", ""), patch("[PATCH] b", "2", "1"), patch("[PATCH] a", "1", "")}, "v1: 1/2 a, 2/2 b", ""},
	} {
		var mbox []byte
		for _, m := range tt.mails {
			mbox = append(mbox, bytes.Replace(patchMail(m), []byte("From mboxrd@z Thu"), []byte("From a@example.org Thu"), 1)...)
		}
		sets, err := Read(bytes.NewReader(mbox), tt.name, nil)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := describe(sets); got != tt.want || (sets[0].Order == "") != (tt.order == "") || !strings.Contains(sets[0].Order, tt.order) {
			t.Errorf("%s:\n got %s (%s)\nwant %s (%s)", tt.name, got, sets[0].Order, tt.want, tt.order)
		}
	}
}

// TestArchiveMailboxes: in what lei or public-inbox wrote, mails lie as a search finds them, and the thread tells their order.
func TestArchiveMailboxes(t *testing.T) {
	mails := slicesConcat(patchMail(patch("[PATCH 2/2] b", "2", "1")), patchMail(patch("[PATCH 1/2] a", "1", "")))
	for from, want := range map[string]string{
		"mboxrd@z": "v1: 1/2 a, 2/2 b",
		"2f84e44d64c251e1c12320a6cb72bef8d77aeeca=99@mboxrd": "v1: 1/2 a, 2/2 b",
		"lei@mboxcl2":        "v1: 1/2 a, 2/2 b",
		"mboxrd@example.org": "v1: 1/2 b, 2/2 a",
	} {
		sets, err := Read(bytes.NewReader(bytes.ReplaceAll(mails, []byte("From mboxrd@z Thu"), []byte("From "+from+" Thu"))), from, nil)
		if err != nil || describe(sets) != want {
			t.Errorf("%s: %s, want %s; %v", from, describe(sets), want, err)
		}
	}
}

// TestLeftOut: a reader of one series learns which others there were.
func TestLeftOut(t *testing.T) {
	mbox := slicesConcat(patchMail(patch("[PATCH] a", "1", "")), patchMail(reply("Re: [PATCH] a", "r", "1", "Fine.")),
		patchMail(patch("[PATCH] b", "2", "")), patchMail(patch("[PATCH v2] b", "3", "2")))
	sets, err := Read(bytes.NewReader(mbox), "mbox", nil)
	if err != nil || describe(sets) != "v1: 1/1 a, 1 replies" {
		t.Fatal(describe(sets), err)
	}
	if got := strings.Join(sets[0].LeftOut, "|"); got != `"[PATCH v2] b" by A U Thor, 1 mail` || sets[0].Others != 1 {
		t.Errorf("%d: %s", sets[0].Others, got)
	}
}
