// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/series/thread"
)

// TestNotSubmissions: what a list's archive holds besides submissions is told, once, and judged by nothing else.
// What looks like it and is a patch is judged.
func TestNotSubmissions(t *testing.T) {
	const diff = "diff --git a/security/a.c b/security/a.c\nindex 1234567..89abcde 100644\n--- a/security/a.c\n+++ b/security/a.c\n@@ -1 +1 @@\n-a\n+b\n"
	const pulls = "The following changes since commit 0123456789abcdef0123456789abcdef01234567:\n\n  Linux 7.3 (2026-03-01)\n\n" +
		"are available in the Git repository at:\n\n  git://example.org/lsm.git tags/lsm\n\nfor you to fetch changes up to 89abcdef0123456789abcdef0123456789abcdef:\n"
	for _, tt := range []struct {
		name, from, subject, body, want string
	}{
		{"pull", "A U Thor <a@example.org>", "[GIT PULL] security for 7.4", "Please pull.\n", "asks to pull"},
		{"stable, by its header", "A U Thor <a@example.org>\nX-stable: review", "[PATCH 6.19 191/311] security: a: mend", "Because.\n\n[ Upstream commit 0123456789ab ]\n\nSigned-off-by: A U Thor <a@example.org>\n---\n" + diff, "under review"},
		{"and not by its text", "A U Thor <a@example.org>", "[PATCH] security: a: mend", "X-stable: review\n\nSigned-off-by: A U Thor <a@example.org>\n---\n" + diff, ""},
		{"pull in words", "A U Thor <a@example.org>", "Please pull lsm changes", "Hi,\n\n" + pulls, "asks to pull"},
		{"pull without a word", "A U Thor <a@example.org>", "lsm changes for 7.4", pulls + "\n" + diff, "asks to pull"},
		{"pull by hand", "A U Thor <a@example.org>", "please pull", "git pull git://example.org/lsm.git next\n", "asks to pull"},
		{"pull in a title", "A U Thor <a@example.org>", "pull up the lock", "Because it is so.\n\nSigned-off-by: A U Thor <a@example.org>\n---\n" + diff, ""},
		{"robot", "kernel test robot <lkp@intel.com>", "[t:b 7/76] security/a.c:1: warning: unused", "tree: x\n\n" + diff, "kernel test robot"},
		{"tip", "tip-bot2 for A U Thor <tip-bot2@linutronix.de>", "[tip: sched/core] sched: a: mend", "The following commit has been merged.\n\n" + diff, "a branch of tip"},
		{"mm", "Andrew Morton <akpm@linux-foundation.org>", "+ mm-a-mend.patch added to mm-hotfixes-unstable branch", "It is there.\n\n" + diff, "the -mm tree"},
		{"mm no more", "Andrew Morton <akpm@linux-foundation.org>", "[merged mm-stable] mm-a-mend.patch removed from -mm tree", "It is there.\n\n" + diff, "the -mm tree"},
		{"added", "G <g@linuxfoundation.org>", "patch \"usb: a: mend\" added to usb-next", "This is to tell.\n\n" + diff, "was applied"},
		{"tip by a person", "A U Thor <a@example.org>", "[tip: sched/core] sched: a: mend", "Because it is so.\n\nSigned-off-by: A U Thor <a@example.org>\n---\n" + diff, ""},
		{"talk", "A U Thor <a@example.org>", "a warning in -next", "I see this. Perhaps:\n\n" + diff, "nothing says that it is a patch"},
		{"for stable", "A U Thor <a@example.org>", "Apply 0123456789abcdef0123 to 6.1 and 6.6", "It mends a warning.\n\nSigned-off-by: A U Thor <a@example.org>\n---\n" + diff, "the stable maintainers"},
		{"for stable, in words", "A U Thor <a@example.org>", "a warning in 6.1", "Hi,\n\nplease apply the following commit to 6.1.\n\nSigned-off-by: A U Thor <a@example.org>\n---\n" + diff, "the stable maintainers"},
		{"for stable, in brackets", "A U Thor <a@example.org>", "[PATCH] Please apply 0123456789ab to 6.1.y", "It mends a warning.\n", "the stable maintainers"},
		{"words that begin so", "A U Thor <a@example.org>", "[PATCH] apply 0123456789ab to all devices", "Because it is so.\n\nSigned-off-by: A U Thor <a@example.org>\n---\n" + diff, ""},
		{"a bug tracker", "bugzilla-daemon@example.org", "[Bug 12345] [PATCH] a thing does not work", "https://example.org/12345\n\n--- Comment #7 from A U Thor ---\nIt works.\n", "a bug tracker"},
		{"a diff for syzbot", "A U Thor <a@example.org>", "Re: [syzbot] [lsm?] WARNING in a", "#syz test\n\n---\n security/a.c | 2 +-\n\n" + diff, "asks syzbot"},
		{"and of syzbot's list", "A U Thor <a@example.org>", "[syzbot] Re: [PATCH] security: a: mend", "#syz test: git://x y\n\n" + diff, "asks syzbot"},
		{"and below a patch", "A U Thor <a@example.org>", "Re: [PATCH v2] security: a: mend", "#syz test\n\n" + diff, "asks syzbot"},
		{"patch for syzbot as well", "A U Thor <a@example.org>", "[PATCH] security: a: mend", "Because it is so.\n\n#syz test\n\n" + diff, ""},
		{"patch", "A U Thor <a@example.org>", "[PATCH] security: a: mend", "Because it is so.\n\n" + diff, ""},
		{"signed", "A U Thor <a@example.org>", "security: a: mend", "Because it is so.\n\nSigned-off-by: A U Thor <a@example.org>\n\n" + diff, ""},
		{"exported", "A U Thor <a@example.org>", "security: a: mend", "Because it is so.\n---\n a.c | 2 +-\n\n" + diff, ""},
	} {
		box := "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: " + tt.from + "\nDate: Tue, 10 Mar 2026 12:00:00 +0000\nSubject: " + tt.subject +
			"\nMessage-ID: <1@x>\nTo: list@example.org\n\n" + tt.body
		sets, err := thread.Read(strings.NewReader(box), tt.name, thread.Options{})
		if err != nil {
			t.Fatal(tt.name, err)
		}
		findings := found(t, sets[0], nil)
		told := len(findings) == 1 && findings[0].Check == "series/not-a-submission" && strings.Contains(findings[0].Message, tt.want)
		if tt.want != "" && !told || tt.want == "" && len(findings) > 0 && findings[0].Check == "series/not-a-submission" {
			t.Errorf("%s: %+v", tt.name, findings)
		}
	}
}
