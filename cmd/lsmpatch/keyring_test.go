// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// TestKeyring: the keys of a ref, as patatt and b4 keep them, prove what those of a folder prove; and a ref is read as it
// was committed, whatever lies in the worktree.
func TestKeyring(t *testing.T) {
	const mail = "../../series/checks/testdata/checks/developer-signed/bad.mbox"
	folder := "../../series/attest/testdata/keyring"
	repo := t.TempDir()
	gittest.Git(t, repo, "init", "-q", "-b", "main")
	if err := os.CopyFS(filepath.Join(repo, "team/.keys"), os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	gittest.Git(t, repo, "add", "-A")
	gittest.Git(t, repo, "commit", "-q", "-m", "keys")
	gittest.Git(t, repo, "update-ref", "refs/meta/keyring", "HEAD")
	gittest.Git(t, repo, "rm", "-q", "-r", "team")
	gittest.Git(t, repo, "commit", "-q", "-m", "no keys")
	for keyring, want := range map[string]string{
		folder: "series/developer-signed",
		"ref:" + repo + ":refs/meta/keyring:team/.keys": "series/developer-signed",
		"ref:" + repo + ":refs/meta/keyring:team":       "series/developer-unverified",
		"ref:" + repo + "::team/.keys":                  "--keyring ref:" + repo,
		"ref:" + repo + ":nowhere:.keys":                "--keyring ref:" + repo,
		"ref:" + repo:                                   "hint: ref:::.keys",
		"ref:" + repo + ":main~1:team/../../../etc":     "--keyring ref:" + repo,
	} {
		var stdout, stderr bytes.Buffer
		run(t.Context(), []string{"series", "check", "--keyring", keyring, mail}, strings.NewReader(""), &stdout, &stderr)
		if !strings.Contains(stdout.String()+stderr.String(), want) {
			t.Errorf("--keyring %s: no %q:\n%s%s", keyring, want, stdout.String(), stderr.String())
		}
	}
}
