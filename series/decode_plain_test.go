// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// TestPlainDiffNames: a diff without "diff --git" lines, as quilt writes it, named its files "b/…".
func TestPlainDiffNames(t *testing.T) {
	const hunk = "@@ -1 +1 @@\n-a\n+b\n"
	for _, tt := range []struct{ name, diff, want string }{
		{"quilt", "--- a/kernel/fork.c\n+++ b/kernel/fork.c\n" + hunk, "kernel/fork.c"},
		{"versions", "--- linux.orig/kernel/fork.c\n+++ linux/kernel/fork.c\n" + hunk, "kernel/fork.c"},
		{"git", "diff --git a/kernel/fork.c b/kernel/fork.c\n--- a/kernel/fork.c\n+++ b/kernel/fork.c\n" + hunk, "kernel/fork.c"},
	} {
		mail := "From: A <a@example.org>\nSubject: [PATCH] x: y\n\nz\n---\n\n" + tt.diff
		sets, err := Read(strings.NewReader(mail), tt.name, nil)
		if err != nil {
			t.Fatal(err)
		}
		files := sets[0].Patches[0].Files
		if len(files) != 1 || patchset.Path(files[0]) != tt.want {
			t.Errorf("%s: got %+v, want %s", tt.name, files, tt.want)
		}
	}
}
