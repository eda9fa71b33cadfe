// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestRefusalsOfApply holds the whole state of a repository before a run of apply that refuses against the one after it,
// for each option that may leave something behind, with a series that fits but for what is in the way, and one that does not.
func TestRefusalsOfApply(t *testing.T) {
	gittest.KeepTemplates(t.TempDir())
	source := gittest.SeriesRepo(t)
	fits := filepath.Join(t.TempDir(), "fits.mbox")
	gittest.Write(t, fits, gittest.Git(t, source, "format-patch", "--stdout", "base..series~1")+"\n")
	unfit := filepath.Join(t.TempDir(), "unfit.mbox")
	gittest.Write(t, unfit, gittest.Git(t, source, "format-patch", "--stdout", "base..series~1")+"\n"+misfit)
	file := func(name, content string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { gittest.Write(t, filepath.Join(dir, name), content) }
	}
	refusals := map[string]func(t *testing.T, dir string){
		"a change":          file("kernel/fork.c", "mine\n"),
		"an untracked file": file("security/rust/lsm.c", "mine\n"),
		"a lock":            file(".git/index.lock", ""),
		"an ignored file": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, ".git/info/exclude"), "*\n")
			gittest.Write(t, filepath.Join(dir, "security/rust/lsm.c"), "a week of work\n")
		},
		"staged": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, "mine"), "mine\n")
			gittest.Git(t, dir, "add", "mine")
		},
		"an am": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, ".git/rebase-apply/applying"), "")
			gittest.Write(t, filepath.Join(dir, ".git/rebase-apply/next"), "1\n")
			gittest.Write(t, filepath.Join(dir, ".git/rebase-apply/last"), "1\n")
		},
		"a merge": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, ".git/MERGE_HEAD"), gittest.Git(t, dir, "rev-parse", "HEAD")+"\n")
		},
		"a guard refuses": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, ".git/hooks/pre-applypatch"), "#!/bin/sh\nexit 1\n")
			gittest.Must(t, os.Chmod(filepath.Join(dir, ".git/hooks/pre-applypatch"), 0o755))
			gittest.Git(t, dir, "update-index", "--assume-unchanged", "swap")
		},
		"a guard refuses the last": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, ".git/hooks/pre-applypatch"), "#!/bin/sh\ntest ! -e security/rust/lsm.c\n")
			gittest.Must(t, os.Chmod(filepath.Join(dir, ".git/hooks/pre-applypatch"), 0o755))
		},
		"a guard of refs": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, ".git/hooks/reference-transaction"), "#!/bin/sh\ntest $1 != prepared\n")
			gittest.Must(t, os.Chmod(filepath.Join(dir, ".git/hooks/reference-transaction"), 0o755))
		},
	}
	base := gittest.BaseRepo(t)
	gittest.Git(t, base, "config", "user.name", "C")
	gittest.Git(t, base, "config", "user.email", "c@example.org")
	for name, spoil := range refusals {
		for _, options := range []string{"", "--3way", "--reject", "--resolve", "--base auto", "--land-fitting", "--keep-going", "--fuzz 2", "--keep-going --land-fitting"} {
			for _, series := range []string{fits, unfit} {
				guard := strings.HasPrefix(name, "a guard")
				if guard && (series == unfit || strings.Contains(options, "fuzz")) {
					continue // a conflict, or another reason, is told first
				}
				t.Run(name+"/"+options+"/"+filepath.Base(series), func(t *testing.T) {
					runtest.OneIn(t, 16)
					t.Parallel()
					dir := filepath.Join(t.TempDir(), "repo")
					gittest.CopyRepo(t, base, dir)
					spoil(t, dir)
					state := gittest.State
					if guard { // git am has shown it the worktree, and taken that back
						state = shown
					}
					before := state(t, dir)
					var stdout, stderr bytes.Buffer
					args := append([]string{"apply", "-q", "--tree", dir, series}, strings.Fields(options)...)
					if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code == 0 {
						t.Errorf("it landed:\n%s%s", &stdout, &stderr)
					}
					if diff := cmp.Diff(before, state(t, dir)); diff != "" {
						t.Errorf("refused with (-before +after):\n%s%s%s", &stdout, &stderr, diff)
					}
				})
			}
		}
	}
}

// shown is what git shows of a repository, and what it is in the midst of.
func shown(t testing.TB, dir string) string {
	t.Helper()
	begun, _ := filepath.Glob(filepath.Join(dir, ".git/rebase-*"))
	for _, name := range []string{"ORIG_HEAD", "logs/HEAD", "logs/refs/heads/main", "index"} {
		content, _ := os.ReadFile(filepath.Join(dir, ".git", name))
		begun = append(begun, string(content))
	}
	return gittest.Git(t, dir, "status", "--porcelain") + gittest.Git(t, dir, "for-each-ref") + strings.Join(begun, " ") + gittest.Listing(t, dir)
}

// misfit is a patch that fits nowhere.
const misfit = `From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: A U Thor <author@example.org>
Date: Fri, 2 Jan 2026 10:00:00 +0100
Subject: [PATCH] misfit

---
diff --git a/kernel/fork.c b/kernel/fork.c
--- a/kernel/fork.c
+++ b/kernel/fork.c
@@ -1 +1 @@
-nowhere
+somewhere
`
