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

// TestE2EConfigurationOfGitAm is TestConfigurationOfGitAm with all settings, each in both ways.
func TestE2EConfigurationOfGitAm(t *testing.T) { configurationOfGitAm(t, true) }

// TestE2ESignedByGPG has git verify a commit that GnuPG signed with the key of the committer, in a repository
// of either hash.
func TestE2ESignedByGPG(t *testing.T) {
	bin := binary(t)
	for _, format := range []string{"sha1", "sha256"} {
		r := newAmRepo(t)
		r.gnupg = gnupgHome(t)
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

// gnupgHome makes a GNUPGHOME: the path of the agent's socket in it must be short.
func gnupgHome(t *testing.T) string {
	home, err := os.MkdirTemp("", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	return home
}

// gpgsmCertificate makes a key without a passphrase and a certificate that it signs itself, and prints the
// fingerprint.
const gpgsmCertificate = `set -e
printf 'Key-Type: RSA\nKey-Length: 2048\nKey-Usage: sign\nSerial: random\nName-DN: CN=Main Tainer\nName-Email: m@example.org\n' |
	gpgsm -q --batch --pinentry-mode loopback --passphrase-fd 3 --gen-key --output "$GNUPGHOME/certificate" 3</dev/null 2>"$GNUPGHOME/log"
echo disable-crl-checks >"$GNUPGHOME/gpgsm.conf"
gpgsm -q --batch --import "$GNUPGHOME/certificate" 2>>"$GNUPGHOME/log"
print=$(gpgsm --with-colons -K | awk -F: '$1 == "fpr" { print $10 }')
echo "$print S relax" >"$GNUPGHOME/trustlist.txt"
gpgconf --reload gpg-agent
echo "$print"`

// TestE2ESignedByX509 has git verify commits that gpgsm signed with a certificate of its own, as it verifies
// those of git am, and holds them without their signature against each other.
func TestE2ESignedByX509(t *testing.T) {
	bin, r := binary(t), newAmRepo(t)
	r.gnupg = gnupgHome(t)
	defer r.run("gpgconf", "--kill", "all")
	print, err := r.run("sh", "-c", gpgsmCertificate)
	if err != nil {
		t.Fatalf("%v: %s", err, print)
	}
	print = strings.TrimSpace(print)
	r.write("my-gpgsm", "#!/bin/sh\necho used >>"+r.home+"/used\nexec gpgsm \"$@\"\n")
	base := r.git("rev-parse", "HEAD")
	r.git("config", "gpg.format", "x509")
	signature := regexp.MustCompile(`gpgsig (.*\n )*.*\n`)
	for name, c := range map[string]struct {
		config  [][]string
		flags   []string
		refused bool
	}{
		"commit.gpgSign": {config: [][]string{{"commit.gpgSign", "true"}, {"user.signingKey", "m@example.org"}}},
		// gpgsm knows no certificate by a name and an address.
		"of the committer":    {config: [][]string{{"commit.gpgSign", "true"}}, refused: true},
		"--gpg-sign":          {flags: []string{"--gpg-sign=" + print}},
		"gpg.x509.program":    {config: [][]string{{"gpg.x509.program", r.home + "/my-gpgsm"}, {"user.signingKey", print}}, flags: []string{"-S"}},
		"gpg.program":         {config: [][]string{{"gpg.program", "/nowhere"}, {"user.signingKey", print}}, flags: []string{"-S"}},
		"of somebody else":    {config: [][]string{{"user.signingKey", "x@example.org"}}, flags: []string{"-S"}, refused: true},
		"a program not there": {config: [][]string{{"gpg.x509.program", "/nowhere"}}, flags: []string{"-S"}, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, key := range []string{"commit.gpgSign", "user.signingKey", "gpg.program", "gpg.x509.program"} {
				_, _ = r.run("git", "config", "--unset", key)
			}
			for _, set := range c.config {
				r.git(append([]string{"config"}, set...)...)
			}
			commit := func(name string, args ...string) (string, error) {
				r.git("reset", "-q", "--hard", base)
				out, err := r.run(name, append(args, append(c.flags, r.mail)...)...)
				if err != nil {
					_, _ = r.run("git", "am", "--abort")
					if head := r.git("rev-parse", "HEAD"); head != base {
						t.Errorf("%s: %v, and HEAD is %s", name, err, head)
					}
					return out, err
				}
				r.git("verify-commit", "HEAD")
				r.git("fsck", "--strict")
				commit := r.git("cat-file", "-p", "HEAD")
				if !strings.Contains(commit, "\ngpgsig -----BEGIN SIGNED MESSAGE-----\n") {
					t.Errorf("%s: %s", name, commit)
				}
				return signature.ReplaceAllString(commit, ""), nil
			}
			want, wantErr := commit("git", "am", "-q")
			got, err := commit(bin, "apply", "-q", "--tree", r.dir)
			switch {
			case (err != nil) != (wantErr != nil):
				t.Errorf("%v: %s\ngit am: %v: %s", err, got, wantErr, want)
			case err == nil && got != want:
				t.Errorf("without the signature:\n%s\ngit am:\n%s", got, want)
			case err != nil && !strings.Contains(got, "--no-gpg-sign leaves commits without"):
				t.Error(got)
			}
			if c.refused != (err != nil) {
				t.Errorf("%v: %s", err, got)
			}
		})
	}
	if used, err := os.ReadFile(filepath.Join(r.home, "used")); err != nil || strings.Count(string(used), "used") != 4 {
		t.Errorf("gpg.x509.program ran %q, %v: to sign and to verify, for git am and for us", used, err)
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
