// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// TestE2ESignedBySSH has git verify commits that are signed with an SSH key, and holds them without their
// signature against those of git am.
func TestE2ESignedBySSH(t *testing.T) {
	bin, template := binary(t), newAmRepo(t)
	for _, name := range []string{"commit.gpgSign", "--gpg-sign", "literal key", "literal key, an agent", "defaultKeyCommand", "--no-gpg-sign"} {
		t.Run(name, func(t *testing.T) {
			r := template.copy(t)
			key := filepath.Join(r.home, "key")
			if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
				t.Fatalf("%v %s", err, out)
			}
			public, err := os.ReadFile(key + ".pub")
			if err != nil {
				t.Fatal(err)
			}
			r.write("signers", "m@example.org "+string(public))
			base := r.git("rev-parse", "HEAD")
			r.git("am", "-q", r.mail)
			want := r.git("cat-file", "-p", "HEAD")
			r.git("reset", "-q", "--hard", base)
			r.git("config", "gpg.format", "ssh")
			r.git("config", "gpg.ssh.allowedSignersFile", filepath.Join(r.home, "signers"))
			r.git("config", "user.signingKey", "~/key")
			args := []string{"apply", "-q", "--tree", r.dir, r.mail}
			if name == "--gpg-sign" {
				args = append(args, "--gpg-sign="+key)
				r.git("config", "user.signingKey", "/nowhere")
			} else {
				r.git("config", "commit.gpgSign", "true")
			}
			run := func() (string, error) { return r.run(bin, args...) }
			agent := []string{"sh", "-c", `ssh-add -q "$0" && exec "$@"`, key, bin}
			switch literal := strings.TrimSpace(string(public)); name {
			case "--no-gpg-sign":
				args = append(args, name)
			case "literal key, an agent":
				r.git("config", "user.signingKey", literal)
				run = func() (string, error) { return r.run("ssh-agent", append(agent, args...)...) }
			case "defaultKeyCommand":
				r.git("config", "--unset", "user.signingKey")
				r.git("config", "gpg.ssh.defaultKeyCommand", "echo 'key::"+literal+"'")
				run = func() (string, error) { return r.run("ssh-agent", append(agent, args...)...) }
			case "literal key":
				// Only an agent can sign with it, and none is there.
				r.git("config", "user.signingKey", "key::"+literal)
				if out, err := r.run(bin, args...); err == nil || !strings.Contains(out, "--no-gpg-sign leaves commits without") || r.git("rev-parse", "HEAD") != base {
					t.Errorf("%v: %s", err, out)
				}
				return
			}
			if out, err := run(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			commit := r.git("cat-file", "-p", "HEAD")
			if got := regexp.MustCompile(`gpgsig (.*\n )*.*\n`).ReplaceAllString(commit, ""); got != want {
				t.Errorf("without the signature:\n%s\ngit am:\n%s", got, want)
			}
			if strings.Contains(commit, "gpgsig") == (name == "--no-gpg-sign") {
				t.Error(commit)
			} else if name != "--no-gpg-sign" {
				r.git("verify-commit", "HEAD")
			}
			r.git("fsck", "--strict")
		})
	}
}
