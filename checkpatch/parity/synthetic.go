// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"fmt"
	"strings"
)

// mailBody is the diff of the synthetic mails.
const mailBody = `---
 init/version.c | 1 +
 1 file changed, 1 insertion(+)

diff --git a/init/version.c b/init/version.c
--- a/init/version.c
+++ b/init/version.c
@@ -16,4 +16,5 @@ static int __init early_hostname(char *arg)
 
 static int __init early_hostname(char *arg)
 {
+	pr_info("hello\n");
 	size_t bufsize = sizeof(init_uts_ns.name.nodename);
-- 
2.39.5
`

// signed is the sign-off of the author of the synthetic mails.
const signed = "Signed-off-by: A Person <person@example.org>"

// messages are commit messages for the rules about tags, references and text; lines starting with "H:" go into the header.
var messages = []string{
	"Say hello.\n\n" + signed,
	signed,
	"Say hello.",
	"Say hello.\n\nSigned-off-by: Other Person <other@example.org>",
	"Say hello.\n\nSigned-off-by: A. Person <person@example.org>",
	"Say hello.\n\nSigned-off-by: A Person <a.person@example.org>",
	"Say hello.\n\nSigned-off-by: A Person <person+kernel@example.org>",
	"Say hello.\n\nSigned-off-by: A Person (work) <person@example.org>",
	"Say hello.\n\nsigned-off-by: A Person <person@example.org>",
	"Say hello.\n\n Signed-off-by: A Person <person@example.org>",
	"Say hello.\n\nSigned-off-by:A Person <person@example.org>",
	"Say hello.\n\nSigned-off-by:  A Person <person@example.org>",
	"Say hello.\n\nSigned-of-by: A Person <person@example.org>\n" + signed,
	"Say hello.\n\nBlessed-by: The Pope <pope@example.org>\n" + signed,
	"Say hello.\n\nReviewed-by: B Person <b@example.org>\nReviewed-by: B Person <b@example.org>\n" + signed,
	"Say hello.\n\nReviewed-by: B Person\n" + signed,
	"Say hello.\n\nReviewed-by: B Person b@example.org\n" + signed,
	"Say hello.\n\nReviewed-by: \"B. Person\" <b@example.org>\n" + signed,
	"Say hello.\n\nReviewed-by: B. Person <b@example.org>\n" + signed,
	"Say hello.\n\nReviewed-by: b@example.org\n" + signed,
	"Say hello.\n\nReviewed-by: <b@example.org>\n" + signed,
	"Say hello.\n\nReviewed-by: B Person <b@example.org> (kernel)\nTested-by: C <c@example.org> # board\nAcked-by: D <d@example.org> [lib]\n" + signed,
	"Say hello.\n\nReviewed-by: B Person <b@example.org>, more\n" + signed,
	"Say hello.\n\nReviewed-by: B (one) (two) <b@example.org>\n" + signed,
	"Say hello.\n\nCc: stable@vger.kernel.org\n" + signed,
	"Say hello.\n\nCc: <stable@vger.kernel.org> # 5.10+\nFixes: 0123456789ab (\"init: a title\")\n" + signed,
	"Say hello.\n\nCc: stable <stable@vger.kernel.org>\n" + signed,
	"Say hello.\n\nCc: stable@vger.kernel.org, [v6.1]\n" + signed,
	"Say hello.\n\nCo-developed-by: B Person <b@example.org>\nSigned-off-by: B Person <b@example.org>\n" + signed,
	"Say hello.\n\nCo-developed-by: B Person <b@example.org>\n" + signed,
	"Say hello.\n\nCo-developed-by: A Person <person@example.org>\n" + signed,
	"Say hello.\n\n" + signed + "\nCo-developed-by: B Person <b@example.org>",
	"Say hello.\n\nReported-by: B Person <b@example.org>\n" + signed,
	"Say hello.\n\nReported-by: B Person <b@example.org>\nCloses: https://lore.kernel.org/all/1@example.org/\n" + signed,
	"Say hello.\n\nReported-and-tested-by: B Person <b@example.org>\nLink: https://lore.kernel.org/all/1@example.org/\n" + signed,
	"Say hello.\n\nAssisted-by: Agent:model-1 coccinelle\n" + signed,
	"Say hello.\n\nAssisted-by: LLM\n" + signed,
	"Say hello.\n\nAssisted-by:\n" + signed,
	"Say hello.\n\nassisted-by: LLM\n" + signed,
	"Say hello.\n\nFixes: 0123456789ab (\"init: a title\")\n" + signed,
	"Say hello.\n\nFixes: 01234567 (\"init: a title\")\n" + signed,
	"Say hello.\n\nFixes: commit 0123456789ab (init: a title)\n" + signed,
	"Say hello.\n\nfixes: 0123456789AB (\"init: a title\")\n" + signed,
	"Say hello.\n\nFixes: 0123456789ab\n" + signed,
	"KASAN says BUG: KASAN: use-after-free.\n\n" + signed,
	"UBSAN: shift out of bounds, found by syzkaller.\n\n" + signed,
	"This reverts commit 0123456789abcdef0123456789abcdef01234567.\n\nCc: stable@vger.kernel.org\n" + signed,
	"As commit 0123456789ab (\"init: a title\") says.\n\n" + signed,
	"As commit 0123456789ab (\"init: a title\nover lines\") says.\n\n" + signed,
	"As commit 01234567 says.\n\n" + signed,
	"As Commit  0123456789ab (init: a title) says.\n\n" + signed,
	"As said in commit\n0123456789ab (\"init: a title\"), hello.\n\n" + signed,
	"See 0123456789abcdef0123456789abcdef01234567 for that.\n\n" + signed,
	"See <0123456789abcdef> for that.\n\n" + signed,
	"See commit 0123456789abcdef0123456789abcdef0123456789 for that.\n\n" + signed,
	"A line of the message that goes on and on and on until it is much longer than anyone wants to read.\n\n" + signed,
	"Link: https://lore.kernel.org/all/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/\n\n" + signed,
	"drivers/net/ethernet/somewhere/deep/in/the/tree/file.c: In function the_function_with_a_long_name:\n\n" + signed,
	"  drivers/net/ethernet/somewhere/deep/in/the/tree/aaaaaaaaaaaaaaaaaaaaaaaaaaaa.c | 10 +-\n\n" + signed,
	"WARNING: CPU: 0 PID: 1 at kernel/foo.c:12 foo+0x12/0x34 and more that makes this line long\n[    1.234567] aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n\n" + signed,
	"Reference: https://example.org/1\nv2: https://example.org/2\nLink: ticket 12\nCloses: #12\n\n" + signed,
	"# a line that git drops\n\n" + signed,
	"*** BLURB HERE ***\n\n" + signed,
	"See https://lkml.org/lkml/2026/1/1/1 and https://marc.info/?l=linux-kernel.\n\n" + signed,
	"The file /home/person/linux/init/version.c is it, or /usr/src/linux/kernel/fork.c:123.\n\n" + signed,
	"Teh quick seperate fox recieve an user accross the the lake.\n\n" + signed,
	"The lake is is cold, long long way; ff ff be be, that that.\n\n" + signed,
	"--- a/file\n+++ b/file\n@@ -1,2 +1,2 @@\n\n" + signed,
	"  diff --git a/init/version.c b/init/version.c\n\n" + signed,
	"--- cut here ---\n\n" + signed,
	"Change-Id: I0123456789\n\n" + signed,
	"Say \xff hello.\n\n" + signed,
	"Say h\xc3\xa9llo.\n\n" + signed,
	"H:Content-Type: text/plain; charset=\"us-ascii\"\nSay h\xc3\xa9llo.\n\n" + signed,
	"H:Subject: [PATCH] init: fix checkpatch warnings\nSay hello.\n\n" + signed,
	"H:Subject: [PATCH] *** SUBJECT HERE ***\nSay hello.\n\n" + signed,
	"H:From: =?utf-8?q?Jos=C3=A9?= <jose@example.org>\nSay hello.\n\nSigned-off-by: Jos\xc3\xa9 <jose@example.org>",
	"H:From: Jos\xc3\xa9 <jose@example.org>\nSay hello.\n\nSigned-off-by: Jos\xc3\xa9 <jose@example.org>",
	"H:From: \"Person, A\" <person@example.org>\nSay hello.\n\nSigned-off-by: A Person <person@example.org>",
	"From: B Person <b@example.org>\n\nSay hello.\n\nSigned-off-by: B Person <b@example.org>",
	"Say hello.\n\nmode change 100644 => 100755 scripts/a\nrename from a\nnew file mode 100755\n\n" + signed,
	"Say hello.\n\nTo: A <a@example.org>\nCc: B <b@example.org>\nTested-By: C <c@example.org>\nACKED-BY: D <d@example.org>\n" + signed,
	"Say hello.\n\nSuggested-by: \xc3\x85 <a@example.org>\nReviewed-by: A \"B\" C <abc@example.org>\nTested-by: a@b@c\n" + signed,
}

// Synthetic returns mails with messages that real ones seldom have.
func Synthetic() []Sample {
	var samples []Sample
	for i, message := range messages {
		samples = append(samples, synthetic("synthetic", i, message))
	}
	return samples
}

// synthetic returns a mail with a message, whose lines that start with "H:" go into the header.
func synthetic(what string, i int, message string) Sample {
	from, subject, header := "From: A Person <person@example.org>\n", "Subject: [PATCH] init: say hello\n", ""
	for strings.HasPrefix(message, "H:") {
		line, rest, _ := strings.Cut(message[2:], "\n")
		switch {
		case strings.HasPrefix(line, "From:"):
			from = line + "\n"
		case strings.HasPrefix(line, "Subject:"):
			subject = line + "\n"
		default:
			header += line + "\n"
		}
		message = rest
	}
	mail := from + subject + "Date: Tue, 3 Nov 2026 10:00:00 +0000\n" + header + "\n" + message + "\n" + mailBody
	return Sample{Name: fmt.Sprintf("%s %d", what, i), Data: []byte(mail)}
}
