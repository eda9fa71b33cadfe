// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// oneMany is a plural behind a one. Words that are no plurals may stand there.
var (
	oneMany   = regexp.MustCompile(`\b1 [a-z]+s\b`)
	noPlurals = []string{"1 series", "1 is", "1 has", "1 does", "1 was", "1 lists", "1 adds", "1 changes", "1 fits"}
)

// TestPlurals runs the verbs over one of each thing: one mail, patch, file, hunk, line, finding, reply. None of them is "1 mails".
func TestPlurals(t *testing.T) {
	dir := t.TempDir()
	tree := filepath.Join(dir, "tree")
	if err := os.CopyFS(tree, os.DirFS("../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	version := func(v, body, diff string) string {
		m := strings.Replace(patchMail("To: l@example.org\n", body, diff), "[PATCH]", "[PATCH"+v+" 1/1]", 1)
		return strings.Replace(m, "<m@", "<m"+strings.TrimSpace(v)+"@", 1)
	}
	reply := "From x Mon Sep 17 00:00:00 2001\nFrom: R <r@example.org>\nDate: Tue, 24 Nov 2026 01:00:00 +0000\nSubject: Re: [PATCH 1/1] security: x\n" +
		"Message-ID: <r@example.org>\nIn-Reply-To: <m@example.org>\n\nReviewed-by: R <r@example.org>\n\n"
	lost := "diff --git a/kernel/fork.c b/kernel/fork.c\nindex 0..1 100644\n--- a/kernel/fork.c\n+++ b/kernel/fork.c\n@@ -1 +1 @@\n-not there\n+x\n"
	long := "A line of a message that is far too long for what the kernel asks of messages of commits."
	for name, text := range map[string]string{
		"one":      version("", "Text.", someDiff) + reply,
		"two":      version("", "Text.", someDiff) + version(" v2", long, strings.Replace(someDiff, "int a", "int  b", 1)),
		"conflict": version("", "Text.", lost),
		"others":   version("", "Text.", someDiff) + strings.Replace(version("", "Text.", lost), "<m@", "<o@", 1) + reply,
	} {
		file := filepath.Join(dir, name+".mbox")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, verb := range [][]string{
			{"series", "info", "FILE"}, {"series", "info", "--all", "FILE"}, {"series", "check", "--tree", "TREE", "FILE"}, {"series", "check", "--all", "FILE"},
			{"series", "diff", "FILE"}, {"series", "am", "-o", "OUT", "FILE"}, {"apply", "--check", "--tree", "TREE", "FILE"}, {"apply", "--check", "--keep-going", "--tree", "TREE", "FILE"},
			{"checkpatch", "--tree", "TREE", "FILE"}, {"hooks", "check", "--tree", "TREE", "FILE"}, {"premerge", "--tree", "TREE", "FILE"}, {"premerge", "--tree", "TREE", "--format", "html", "FILE"},
		} {
			args := slices.Clone(verb)
			for i := range args {
				args[i] = strings.NewReplacer("FILE", file, "TREE", tree, "OUT", filepath.Join(t.TempDir(), "out")).Replace(args[i])
			}
			var stdout, stderr bytes.Buffer
			run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
			for line := range strings.Lines(stdout.String() + stderr.String()) {
				for _, found := range oneMany.FindAllString(line, -1) {
					if !slices.Contains(noPlurals, found) {
						t.Errorf("%s %s: %q in %q", strings.Join(verb, " "), name, found, strings.TrimSpace(line))
					}
				}
			}
		}
	}
}
