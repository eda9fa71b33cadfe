// SPDX-License-Identifier: GPL-2.0-only

package pull

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// signature judges the tag that was fetched.
func (p *pulling) signature() error {
	kind, err := p.git("cat-file", "-t", pulled)
	if err != nil {
		return err
	}
	if strings.TrimSpace(kind) != "tag" {
		p.tell("pull/no-tag", 0, "%s is no signed tag but a branch, of which nobody vouches for what it holds", p.request.Ref)
		return nil
	}
	tag, err := p.git("cat-file", "tag", pulled)
	if err != nil {
		return err
	}
	if !strings.Contains(tag, "-----BEGIN ") {
		p.tell("pull/unsigned", 0, "the tag %s is not signed", p.request.Ref)
		return nil
	}
	verify, both := p.command("verify-tag", "--raw", pulled), new(bytes.Buffer)
	verify.Tee = both // git prints what a good signature says where errors go
	_, err = run.Output(p.ctx, verify)
	said := both.String()
	who := signer(said)
	switch {
	case slices.ContainsFunc(bad, func(words string) bool { return strings.Contains(said, words) }):
		p.tell("pull/signature-bad", 0, "the signature of the tag %s is not that of its content", p.request.Ref)
	case strings.Contains(said, "REVKEYSIG") || strings.Contains(said, "EXPKEYSIG") || strings.Contains(said, "EXPSIG"):
		p.tell("pull/signature-expired", 0, "the tag %s is signed by a key or with a signature that has expired or was revoked: %s", p.request.Ref, who)
	case err == nil && who != "":
		p.tell("pull/signature-valid", 0, "the tag %s is signed by %s", p.request.Ref, who)
	default:
		p.tell("pull/signature-unknown", 0, "who signed the tag %s is not known here: %s", p.request.Ref, firstLine(said))
		p.hint("--signers names a file with the keys of those who may sign: an OpenPGP keyring, or ssh's allowed signers")
	}
	return nil
}

// bad are words of gpg, and of ssh-keygen, about a signature that is not of the content, or is none.
var bad = []string{"BADSIG", "Signature verification failed", "incorrect signature", ": invalid format", "unsupported hash algorithm", "namespace"}

// signer returns who signed, by what gpg's status lines or ssh-keygen say, or "".
func signer(said string) string {
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if _, rest, ok := strings.Cut(line, "SIG "); ok && strings.HasPrefix(line, "[GNUPG:] ") && !strings.Contains(line, "ERRSIG") && !strings.Contains(line, "VALIDSIG") && !strings.Contains(line, "NEWSIG") {
			if _, name, ok := strings.Cut(rest, " "); ok {
				return name
			}
		}
		if rest, ok := strings.CutPrefix(line, `Good "git" signature for `); ok {
			return rest
		}
	}
	return ""
}

func firstLine(s string) string {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(strings.TrimPrefix(line, "[GNUPG:] ")); line != "" && !strings.HasPrefix(line, "NEWSIG") {
			return fmt.Sprintf("%.120s", line)
		}
	}
	return "no key fits"
}
