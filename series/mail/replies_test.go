// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"strings"
	"testing"
)

// TestReceivedTrailers: what reviewers and their mail programs write, and what of it is a trailer.
func TestReceivedTrailers(t *testing.T) {
	const plain = "Content-Type: text/plain\n"
	const flowed = "Content-Type: text/plain; format=flowed\n"
	for _, tt := range []struct{ name, head, body, want string }{
		{"plain", plain, "Reviewed-by: Rob Reviewer <rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"quoted", plain, "> Reviewed-by: Rob Reviewer <rob@example.org>\n", ""},
		{"another address and a comment", plain, "Tested-by: Rob Reviewer <rob@example.net> # on arm64\n", "Tested-by: Rob Reviewer <rob@example.net> # on arm64"},
		{"of somebody else", plain, "Acked-by: Mary <mary@example.org>\n", "?Acked-by: Mary <mary@example.org>"},
		{"wrapped before the address", plain, "Reviewed-by: Rob Reviewer\n<rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"wrapped within the name", plain, "Reviewed-by: Rob\nReviewer <rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"behind a flowed quote", flowed, "> a long line \nReviewed-by: Rob Reviewer <rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"flowed", flowed, "Reviewed-by: Rob Reviewer \n<rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"mailto", plain, "Acked-by: Rob Reviewer <mailto:rob@example.org>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"mailto behind the address", plain, "Acked-by: Rob Reviewer <rob@example.org<mailto:rob@example.org>>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"mailto in square brackets", plain, "Acked-by: Rob Reviewer [mailto:rob@example.org]\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"a link of markdown", plain, "Acked-by: Rob Reviewer <[rob@example.org](mailto:rob@example.org)>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"a full stop", plain, "Acked-by: Rob Reviewer <rob@example.org>.\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"doubled brackets", plain, "Acked-by: Rob Reviewer <<rob@example.org>>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"entities", plain, "Acked-by: Rob Reviewer &lt;rob@example.org&gt;\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"bold", plain, "*Reviewed-by:* Rob Reviewer <rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"all bold", plain, "**Reviewed-by: Rob Reviewer <rob@example.org>**\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"as code", plain, "`Reviewed-by: Rob Reviewer <rob@example.org>`\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"in quotes", plain, "“Reviewed-by: Rob Reviewer <rob@example.org>”\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"a key in two words", plain, "Reviewed by: Rob Reviewer <rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"a dash in the key", plain, "Acked–by: Rob Reviewer <rob@example.org>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"a wide colon", plain, "Tested-by： Rob Reviewer <rob@example.org>\n", "Tested-by: Rob Reviewer <rob@example.org>"},
		{"no colon", plain, "Reviewed-by Rob Reviewer <rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"a sentence", plain, "It was reviewed by Rob Reviewer <rob@example.org>\n", ""},
		{"a sentence that goes on", plain, "Reviewed by Rob Reviewer <rob@example.org> in March\n", ""},
		{"two in a line", plain, "Reviewed-by: Rob Reviewer <rob@example.org> Tested-by: Rob Reviewer <rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>|Tested-by: Rob Reviewer <rob@example.org>"},
		{"the key twice", plain, "Acked-by: Acked-by: Rob Reviewer <rob@example.org>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"thanks", plain, "Acked-by: Rob Reviewer <rob@example.org> - thanks!\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"a face", plain, "Acked-by: Rob Reviewer <rob@example.org> :)\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"wide brackets", plain, "Acked-by: Rob Reviewer ＜rob＠example.org＞\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"without the address", plain, "Acked-by: Rob Reviewer\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"of somebody else, without the address", plain, "Acked-by: Mary Else\n", ""},
		{"Fixes without brackets", plain, "Fixes: 1da177e4c3f4 Linux-2.6.12-rc2\n", "+Fixes: 1da177e4c3f4 Linux-2.6.12-rc2"},
		{"Fixes", plain, "Fixes: 1da177e4c3f4 (\"Linux-2.6.12-rc2\")\n", "+Fixes: 1da177e4c3f4 (\"Linux-2.6.12-rc2\")"},
		{"Fixes that is talk", plain, "Fixes: tag please\n", ""},
		{"stable", plain, "Cc: stable@vger.kernel.org # v6.1+\n", "+Cc: stable@vger.kernel.org # v6.1+"},
		{"Cc of somebody", plain, "Cc: Mary <mary@example.org>\n", ""},
		{"headers in the text", plain, "Date: today\nSubject: [PATCH] x\nFrom: Mary <mary@example.org>\n", ""},
		{"behind the signature", plain, "-- \nReviewed-by: Rob Reviewer <rob@example.org>\n", ""},
		{"of a commit that git log shows", plain, "commit 1da177e4c3f41524e886b7f1b8a0c1fc7321cac2\nAuthor: Rob Reviewer <rob@example.org>\nDate:   today\n\n    x: y\n\n    Acked-by: Mary <mary@example.org>\n", ""},
		{"indented", plain, "    Acked-by: Rob Reviewer <rob@example.org>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"below such a commit", plain, "commit 1da177e4c3f41524e886b7f1b8a0c1fc7321cac2\n\n    x: y\n\nThat one. So\n    Acked-by: Rob Reviewer <rob@example.org>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"what it is for", plain, "Acked-by: Rob Reviewer <rob@example.org>\n[for the x86 part]\n", "Acked-by: Rob Reviewer <rob@example.org> [for the x86 part]"},
		{"what was left out", plain, "Acked-by: Rob Reviewer <rob@example.org>\n[...]\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"what a diff takes away", plain, "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-Acked-by: Rob Reviewer <rob@example.org>\n+x\n", ""},
		{"spaces that do not break", plain, "Acked-by:\u00a0Rob\u00a0Reviewer\u00a0<rob@example.org>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"an encoded word", plain, "Acked-by: =?UTF-8?q?R=C3=B6b?= Reviewer <rob@example.org>\n", "Acked-by: Röb Reviewer <rob@example.org>"},
		{"a hyphen that does not break", plain, "Acked\u2011by: Rob Reviewer <rob@example.org>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"a key in another language", plain, "Vu-p\u00e4r: Rob Reviewer <rob@example.org>\n", ""},
		{"Fixes by a short hash", plain, "Fixes: 1da177e (Linux-2.6.12-rc2) # v2.6\n", "+Fixes: 1da177e (Linux-2.6.12-rc2) # v2.6"},
		{"Fixes with a word", plain, "Fixes: commit 1da177e4c3f4 (\"Linux-2.6.12-rc2\")\n", "+Fixes: commit 1da177e4c3f4 (\"Linux-2.6.12-rc2\")"},
		{"stable by name", plain, "CC: stable <stable@kernel.org> [6.1+]\n", "+Cc: stable <stable@kernel.org> [6.1+]"},
		{"a URL with a mark", plain, "Closes: https://example.org/1 # [1]\nLink: <https://example.org/2>\nBugLink: https://example.org/3\n", "+Closes: https://example.org/1 # [1]|+Link: <https://example.org/2>|+BugLink: https://example.org/3"},
		{"a byte order mark", plain, "\ufeffReviewed-by: Rob Reviewer <rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"a link behind the address", plain, "Acked-by: Rob Reviewer <rob@example.org<https://links.example.com/?x=1>>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"mailto as a second address", plain, "Acked-by: Rob Reviewer <rob@example.org> <mailto:rob@example.org>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"two addresses", plain, "Acked-by: Rob Reviewer <rob@example.org> <rob@example.net>\n", "Acked-by: Rob Reviewer <rob@example.org> <rob@example.net>"},
		{"no space before the address", plain, "Acked-by: Rob Reviewer<rob@example.org>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"no brackets", plain, "Acked-by: Rob Reviewer rob@example.org\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"round brackets", plain, "Acked-by: Rob Reviewer (rob@example.org)\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"half a bracket", plain, "Acked-by: Rob Reviewer <rob@example.org\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"the other half", plain, "Acked-by: Rob Reviewer rob@example.org>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"an address alone", plain, "Acked-by: rob@example.org\n", "Acked-by: rob@example.org"},
		{"small letters", plain, "reviewed-by: Rob Reviewer <rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"quoted by Outlook", plain, "-----Original Message-----\nFrom: Rob Reviewer <rob@example.org>\nSent: today\n\nReviewed-by: Rob Reviewer <rob@example.org>\n", ""},
		{"quoted by Outlook below a line", plain, "________________________________\nFrom: Rob Reviewer\nSent: today\n\nReviewed-by: Rob Reviewer <rob@example.org>\n", ""},
		{"below a line", plain, "________________________________\nReviewed-by: Rob Reviewer <rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"quoted by Outlook with headers alone", plain, "From: Rob Reviewer <rob@example.org>\nSent: today\nTo: Mary\n\nReviewed-by: Rob Reviewer <rob@example.org>\n", ""},
		{"HTML beside plain text", "Content-Type: multipart/alternative; boundary=b\n", "--b\nContent-Type: text/plain\n\n> quoted\n\nAcked-by: Rob Reviewer <rob@example.org>\n--b\nContent-Type: text/html\n\nReviewed-by: Rob Reviewer &lt;rob@example.org&gt;<br>\nTested-by: Rob Reviewer <rob@example.org>\n--b--\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"HTML alone", "Content-Type: text/html; charset=utf-8\n", "<html><head><title>Reviewed-by: Rob Reviewer &lt;rob@example.org&gt;</title></head><body><div>Fine.</div><div>Acked-by:&nbsp;Rob Reviewer\n&lt;rob@example.org&gt;</div><blockquote><blockquote>x</blockquote>\n<p>Tested-by: Rob Reviewer &lt;rob@example.org&gt;</p></blockquote></body></html>\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"HTML alone, encoded", "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n", "PGRpdj5BY2tlZC1ieTogUm9iIFJldmlld2VyICZsdDtyb2JAZXhhbXBsZS5vcmcmZ3Q7PC9kaXY+\n", "Acked-by: Rob Reviewer <rob@example.org>"},
		{"below a diff", plain, "Like this?\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n Acked-by: Rob Reviewer <rob@example.org>\n+Tested-by: Rob Reviewer <rob@example.org>\n\nWith that:\n\nReviewed-by: Rob Reviewer <rob@example.org>\n", "Reviewed-by: Rob Reviewer <rob@example.org>"},
		{"no address", plain, "Reviewed-by: me\n", ""},
	} {
		m, _ := Read([]byte("From: Rob Reviewer <rob@example.org>\nSubject: Re: x\n"+tt.head+"\nText.\n\n"+tt.body), &Options{Quotes: true})
		var got []string
		for _, r := range ReceivedTrailers(m) {
			mark := ""
			switch {
			case r.Offered:
				mark = "+"
			case !r.BySender:
				mark = "?"
			}
			got = append(got, mark+r.Key+": "+r.Value)
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, s, tt.want)
		}
	}
}

// TestOneNameOfTwoAddresses: a long name without a space is one person's at any address; a short one may be anybody's.
func TestOneNameOfTwoAddresses(t *testing.T) {
	for name, want := range map[string]bool{"RobReviewer": true, "Rob": false} {
		if got := givenBy(name+" <rob@example.org>", name, "rob@example.net"); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, tt := range []struct {
		value, name, email string
		want               bool
	}{
		{"Rob Reviewer <r@example.org>", "Rob Reviewer Major", "x@example.net", true},
		{"Rob Reviewer <r@example.org>", "Reviewer, Rob", "x@example.net", true},
		{"Rob Reviewer <r@example.org>", "R\u00f3b Reviewer", "x@example.net", true},
		{"Rob Reviewer <robr@example.org>", "robr@example.net", "robr@example.net", true},
		{"Rob Reviewer <r@example.org>", "Rob Other", "x@example.net", false},
		{"Li Li <l@example.org>", "Li Na", "x@example.net", false},
		{"Rob Reviewer <rob@example.org>", "rob@example.net", "rob@example.net", true},
		{"Rob Reviewer <info@example.org>", "Mary", "info@example.net", false},
		{"Ro Berta Reviewer <r@example.org>", "roberta.reviewer", "roberta@example.net", true},
		{"Li Li <l@example.org>", "lili", "x@example.net", false},
		{"Rob Reviewer <rob@example.org>, Mary Else <mary@example.org>", "Rob Reviewer", "rob@example.org", false},
		{"Rob Reviewer <rob@example.org> # not mary@example.org", "Rob Reviewer", "rob@example.org", true},
	} {
		if got := givenBy(tt.value, tt.name, tt.email); got != tt.want {
			t.Errorf("%s by %s <%s>: %v", tt.value, tt.name, tt.email, got)
		}
	}
}
