// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// The pieces that random mails are made of: what the reader has a rule for, whole and broken.
var (
	headerPieces = []string{
		"From: A U Thor <a@example.org>\n", "from:b@example.org (B (C) D)\n", "From: \"Q, R\" <q@example.org> (x)\n", "From: Bogus <bogus>\n",
		"From: =?utf-8?q?J=C3=B6rg?= =?iso-8859-1?b?/A==?= <j@example.org>\n", "From: x@y, z@w\n", "From:\n", "From: <only@example.org>\n",
		"Subject: [PATCH 1/2] title\n", "Subject: Re: [a][PATCH] re: b [c]\n", "Subject: =?utf-8?b?w7w=?=\n =?utf-8?q?_x?= y\n", "Subject: =?bad\n",
		"subject:x\n\ty  z\n", "Subject: =?latin1?Q?=E4?= =?utf-8?q??=\n", "Subject: [unclosed\n", "Subject: \n",
		"Date: Wed, 11 Mar 2026 05:09:01 +0100\n", "date:\tx\n", "Message-ID: <1@example.org>\n", "Message-Id:<2@example.org>\n", "X-Other: y\n  z\n",
		"Content-Type: text/plain; charset=utf-8\n", "Content-Type: text/plain; charset=\"ISO-8859-1\"\n", "Content-type: text/plain; format=flowed\n",
		"Content-Type: text/plain; charset=us-ascii; Format=\"Flowed\"; DelSp=yes\n", "Content-Type: multipart/mixed; boundary=\"b\"\n",
		"Content-Type: multipart/mixed;\n boundary=c; charset=utf-8\n", "Content-Type: text/plain; charset=koi8-r\n",
		"Content-Transfer-Encoding: base64\n", "Content-Transfer-Encoding: quoted-printable\n", "Content-Transfer-Encoding: 8bit\n",
		"From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n", ">From x\n", "not a header\n", ": y\n", "X\x00: y\n", "Subject: a\x00b\n",
	}
	bodyPieces = []string{
		"\n", "\n", "text\n", "trailing  \n", " indented\n", "-- \n", "--\n", "---\n", "--- \n", "--- a/f\n", "----\n", "diff --git a/f b/f\n", "Index: f\n",
		"--b\n", "--b\n", "--b--\n", "--c\n", "--c--\n", "-- >8 --\n", "- - - 8< - - cut\n", "text >8 text ------\n", " -- >8 --\n",
		"From: In Body <i@example.org>\n", "Subject: in body\n", "Date: in body\n", "subject:[PATCH] x\n  folded\n", "[PATCH] in brackets\n", ">From y\n",
		">From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n", "From: =?utf-8?q?=C3=B6?= <o@example.org>\n",
		"VGV4dAo=\n", "VGV4dCB3aXRoIMO8Cg==\n", "ZGlmZiAtLWdpdCBhL2YgYi9mCg==\n", "Zmxvd2VkIA0K\n", "QQ\n", "LS0tCg==\n", "YQBiCg==\n", "RnJvbTogYUBiCg==\n",
		"=C3=BC soft=\n", "=E4\n", "=3D=\n", "a=20\n", "=0D\n", "=ZZ=4\n", "=00\n", "flowed \n", "  stuffed \n", " \n", "\xc3\xbc\n", "\xe4\n", "a\x00b\n", "cr\r\n", "\r\n",
		"Content-Type: text/plain; charset=iso-8859-1\n", "Content-Transfer-Encoding: base64\n", "Content-Transfer-Encoding: quoted-printable\n",
		"Content-Type: multipart/alternative; boundary=c\n", "Content-Type: text/plain; format=flowed\n", "@@ -1 +1 @@\n", "-a\n", "+b\n", "no line end",
	}
)

// randomMail puts pieces together.
func randomMail(r *rand.Rand) []byte {
	var b strings.Builder
	for range 1 + r.IntN(7) {
		b.WriteString(headerPieces[r.IntN(len(headerPieces))])
	}
	b.WriteString([]string{"\n", "\n", "\n", ""}[r.IntN(4)])
	for range r.IntN(20) {
		b.WriteString(bodyPieces[r.IntN(len(bodyPieces))])
	}
	return []byte(b.String())
}

// compareRandom compares n random mails with git mailinfo.
func compareRandom(t *testing.T, seed uint64, n int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range n {
		mail := randomMail(r)
		o := optionVariants[r.IntN(len(optionVariants))]
		if unspecified(mail) {
			continue
		}
		compareMailinfo(t, fmt.Sprintf("mail %d %v: %q", i, o.args, mail), mail, o.opts, o.args...)
	}
}

func TestRandomMails(t *testing.T) { compareRandom(t, 1, 100) }
