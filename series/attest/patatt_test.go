// SPDX-License-Identifier: GPL-2.0-only

package attest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"golang.org/x/crypto/ssh"
)

// A developer is a key of each algorithm, with what it signs by.
type developer struct {
	algorithm string
	key       []byte
	sign      func(digest []byte) []byte
}

func developers(t *testing.T) []developer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	entity, err := openpgp.NewEntity("Ann", "", "ann@example.org", nil)
	if err != nil {
		t.Fatal(err)
	}
	var pgp bytes.Buffer
	if err := entity.Serialize(&pgp); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return []developer{
		{"ed25519", []byte(base64.StdEncoding.EncodeToString(public) + "\n"), func(digest []byte) []byte {
			return append(ed25519.Sign(private, digest), digest...)
		}},
		{"openpgp", pgp.Bytes(), func(digest []byte) []byte {
			var out bytes.Buffer
			w, err := openpgp.Sign(&out, entity, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			w.Write(digest)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			return out.Bytes()
		}},
		{"openssh", ssh.MarshalAuthorizedKey(signer.PublicKey()), func(digest []byte) []byte {
			sum := sha512.Sum512(digest)
			head := bytes.Join([][]byte{sshBytes([]byte("patatt")), sshBytes(nil), sshBytes([]byte("sha512"))}, nil)
			sig, err := signer.Sign(rand.Reader, bytes.Join([][]byte{[]byte("SSHSIG"), head, sshBytes(sum[:])}, nil))
			if err != nil {
				t.Fatal(err)
			}
			return bytes.Join([][]byte{[]byte("SSHSIG\x00\x00\x00\x01"), sshBytes(signer.PublicKey().Marshal()), head, sshBytes(ssh.Marshal(sig))}, nil)
		}},
	}
}

const developerText = "Why it is so.\n\nSigned-off-by: Ann <ann@example.org>\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"

// signMail writes a mail that d signed, as patatt documents it: relaxed headers, the text of git mailinfo
// with CRLF.
func signMail(d developer, identity string, length int) string {
	const from, subject, id = "Ann <ann@example.org>", "lsm: mend it", "<1@example.org>"
	text := strings.ReplaceAll(developerText, "\n", "\r\n")
	if length == 0 {
		length = len(text)
	}
	sum := sha256.Sum256([]byte(text[:length]))
	own := fmt.Sprintf("v=1; a=%s-sha256; l=%d; i=%s; h=from:subject:message-id; bh=%s; b=", d.algorithm, length, identity, base64.StdEncoding.EncodeToString(sum[:]))
	digest := sha256.Sum256([]byte("from:" + from + "\r\nsubject:" + subject + "\r\nmessage-id:" + id + "\r\nx-developer-signature:" + own))
	value := base64.StdEncoding.EncodeToString(d.sign(digest[:]))
	folded := ""
	for len(value) > 70 {
		folded, value = folded+value[:70]+"\n ", value[70:]
	}
	return "From: " + from + "\nSubject: [PATCH 1/2] " + subject + "\nMessage-ID: " + id + "\nX-Developer-Signature: " +
		strings.ReplaceAll(own, "; h=", ";\n h=") + folded + value + "\n\n" + developerText
}

// TestVerifyDeveloper: each algorithm, and what a signature does not prove.
func TestVerifyDeveloper(t *testing.T) {
	for _, d := range developers(t) {
		keyring := fstest.MapFS{d.algorithm + "/example.org/ann/default": {Data: d.key}, d.algorithm + "/example.net/eve/default": {Data: d.key}}
		mail := signMail(d, "ann@example.org", 0)
		for _, tt := range []struct {
			name, mail string
			want       AttestationState
		}{
			{"as sent", mail, Valid},
			{"another prefix, as lists write it", strings.Replace(mail, "[PATCH 1/2]", "[list] [PATCH 1/2]", 1), Valid},
			{"another subject", strings.Replace(mail, "mend it", "break it", 1), Invalid},
			{"another author", strings.Replace(mail, "From: Ann <ann@", "From: Eve <eve@", 1), Invalid},
			{"another author in the text", strings.Replace(mail, "\n\nWhy", "\n\nFrom: Eve <eve@example.net>\n\nWhy", 1), Invalid},
			{"another text", strings.Replace(mail, "\n+b\n", "\n+c\n", 1), BodyChanged},
			{"a text that was cut", strings.Replace(mail, "@@ -1 +1 @@\n-a\n+b\n", "", 1), BodyChanged},
			{"a footer", mail + "___\nlist@example.org\n", Partial},
			{"no key", strings.Replace(mail, "i=ann@", "i=bob@", 1), Unverified},
			{"somebody else's signature", signMail(d, "eve@example.net", 0), Unaligned},
			{"half of the text", signMail(d, "ann@example.org", 40), Partial},
			{"another signature", strings.Replace(mail, "b=", "b=AAAA", 2), Invalid},
			{"no signature", developerText, Unsigned},
		} {
			if got := VerifyDeveloper([]byte(tt.mail), keyring); got.State != tt.want {
				t.Errorf("%s: %s: got %s (%v), want %s", d.algorithm, tt.name, got.State, got.Err, tt.want)
			}
		}
		if got := VerifyDeveloper([]byte(mail), nil); got.State != Unverified {
			t.Errorf("%s: without a keyring: %s", d.algorithm, got.State)
		}
	}
}

// TestOutlived: who signed a mail was told to have forged it once the key had expired, or was revoked.
func TestOutlived(t *testing.T) {
	long := time.Now().Add(-24 * time.Hour)
	old := &packet.Config{Time: func() time.Time { return long }, KeyLifetimeSecs: 3600}
	for _, isRevoked := range []bool{false, true} {
		entity, err := openpgp.NewEntity("Ann", "", "ann@example.org", old)
		if isRevoked {
			if entity, err = openpgp.NewEntity("Ann", "", "ann@example.org", nil); err == nil {
				err = entity.RevokeKey(packet.KeyCompromised, "lost", nil)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		var key bytes.Buffer
		if err := entity.Serialize(&key); err != nil {
			t.Fatal(err)
		}
		d := developer{"openpgp", key.Bytes(), func(digest []byte) []byte {
			var out bytes.Buffer
			signer := *entity
			signer.Revocations = nil
			w, err := openpgp.Sign(&out, &signer, nil, &packet.Config{Time: func() time.Time {
				if isRevoked {
					return time.Now()
				}
				return long.Add(time.Minute)
			}})
			if err != nil {
				t.Fatal(err)
			}
			w.Write(digest)
			w.Close()
			return out.Bytes()
		}}
		keyring := fstest.MapFS{"openpgp/example.org/ann/default": {Data: d.key}}
		mail := signMail(d, "ann@example.org", 0)
		if got := VerifyDeveloper([]byte(mail), keyring); got.State != Unverified || got.Err == nil {
			t.Errorf("revoked: %v: got %s (%v)", isRevoked, got.State, got.Err)
		}
		if got := VerifyDeveloper([]byte(strings.Replace(mail, "mend it", "break it", 1)), keyring); got.State != Invalid {
			t.Errorf("revoked: %v, another subject: got %s (%v)", isRevoked, got.State, got.Err)
		}
	}
}

// TestKeyOutside: an identity is no way out of the keyring.
func TestKeyOutside(t *testing.T) {
	for _, identity := range []string{"../../etc@passwd", "a@..", "@", "a@b/../../c", ""} {
		if key, err := developerKey(fstest.MapFS{}, "ed25519", identity, ".."); err == nil {
			t.Errorf("%q: %q", identity, key)
		}
	}
}

// FuzzVerifyDeveloper: any signature and any key is refused in peace.
func FuzzVerifyDeveloper(f *testing.F) {
	f.Add([]byte("From: a@b\nSubject: x\nX-Developer-Signature: v=1; a=openssh-sha256; h=from:subject; bh=x; b=U1NIU0lH\n\nx\n"), []byte("ssh-ed25519 AAAA"))
	f.Fuzz(func(t *testing.T, raw, key []byte) {
		for algorithm, verify := range verifiers {
			if verify(raw, key, key) == nil && algorithm != "ed25519" {
				t.Errorf("%s takes %q", algorithm, raw)
			}
		}
		if got := VerifyDeveloper(raw, fstest.MapFS{"ed25519/b/a/default": {Data: key}}); got.State == Valid {
			t.Errorf("%q is valid", raw)
		}
	})
}
