// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"os"
	"strings"
	"testing"
)

// TestE2ESignedByGPG has git verify a commit that GnuPG signed with the key of the committer, in a repository
// of either hash.
func TestE2ESignedByGPG(t *testing.T) {
	bin := binary(t)
	for _, format := range []string{"sha1", "sha256"} {
		r := newAmRepo(t)
		// The path of the agent's socket must be short.
		home, err := os.MkdirTemp("", "gpg")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(home)
		r.gnupg = home
		if out, err := r.run("gpg", "--batch", "-q", "--passphrase", "", "--quick-gen-key", "Main Tainer <m@example.org>", "ed25519", "sign", "1d"); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		defer r.run("gpgconf", "--kill", "all")
		if format == "sha256" {
			if err := os.RemoveAll(r.dir + "/.git"); err != nil {
				t.Fatal(err)
			}
			r.git("init", "-q", "--object-format=sha256")
			r.git("add", "-A", "-f")
			r.git("commit", "-q", "-m", "minilinux")
		}
		r.git("config", "commit.gpgSign", "true")
		r.git("config", "gpg.program", "gpg")
		if out, err := r.run(bin, "apply", "-q", "--tree", r.dir, r.mail); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		r.git("verify-commit", "HEAD")
		r.git("fsck", "--strict")
		if commit := r.git("cat-file", "-p", "HEAD"); !strings.Contains(commit, "\ngpgsig"+map[string]string{"sha1": "", "sha256": "-sha256"}[format]+" -----BEGIN PGP") {
			t.Error(commit)
		}
	}
}
