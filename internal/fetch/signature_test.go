// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// newKey makes a key, and returns it with what gpg --export would write.
func newKey(t *testing.T, config *packet.Config) (*openpgp.Entity, []byte) {
	t.Helper()
	config.Algorithm = packet.PubKeyAlgoEdDSA
	key, err := openpgp.NewEntity("A U Thor", "", "author@example.org", config)
	gittest.Must(t, err)
	var b bytes.Buffer
	gittest.Must(t, key.Serialize(&b))
	return key, b.Bytes()
}

func armored(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := armor.Encode(&b, openpgp.PublicKeyType, nil)
	gittest.Must(t, err)
	_, err = w.Write(data)
	gittest.Must(t, errors.Join(err, w.Close()))
	return append(b.Bytes(), '\n')
}

// signSHA1 makes a signature of a kind that openpgp only makes by hand.
func signSHA1(t *testing.T, key *openpgp.Entity, data []byte) []byte {
	t.Helper()
	sig := &packet.Signature{
		Version: 4, SigType: packet.SigTypeBinary, PubKeyAlgo: key.PrivateKey.PubKeyAlgo, Hash: crypto.SHA1,
		CreationTime: time.Now(), IssuerKeyId: &key.PrivateKey.KeyId,
	}
	h, err := sig.PrepareSign(nil)
	gittest.Must(t, err)
	h.Write(data)
	off := false
	gittest.Must(t, sig.Sign(h, key.PrivateKey, &packet.Config{NonDeterministicSignaturesViaNotation: &off}))
	var b bytes.Buffer
	gittest.Must(t, sig.Serialize(&b))
	return b.Bytes()
}

// TestFetchArchiveSigned takes archives with the signatures that are published for them, and no others.
func TestFetchArchiveSigned(t *testing.T) {
	t.Parallel()
	long := func() time.Time { return time.Now().Add(-48 * time.Hour) }
	key, keyring := newKey(t, &packet.Config{})
	_, others := newKey(t, &packet.Config{})
	old, oldKeyring := newKey(t, &packet.Config{Time: long, KeyLifetimeSecs: 3600})
	revoked, _ := newKey(t, &packet.Config{})
	raw := makeTar(t, smallLinux)
	sign := func(k *openpgp.Entity, data []byte, config *packet.Config) []byte {
		var b bytes.Buffer
		gittest.Must(t, openpgp.DetachSign(&b, k, bytes.NewReader(data), config))
		return b.Bytes()
	}
	armoredSign := func(data []byte) []byte {
		var b bytes.Buffer
		gittest.Must(t, openpgp.ArmoredDetachSign(&b, key, bytes.NewReader(data), nil))
		return b.Bytes()
	}
	early := sign(revoked, raw, nil)
	gittest.Must(t, revoked.RevokeKey(packet.KeyCompromised, "stolen", nil))
	var revokedKeyring bytes.Buffer
	gittest.Must(t, revoked.Serialize(&revokedKeyring))
	files := compressed(t, raw)
	packed, err := os.ReadFile(files[".xz"])
	gittest.Must(t, err)
	flipped := sign(key, raw, nil)
	flipped[len(flipped)-5] ^= 1
	tests := []struct {
		name, file         string // of the signature
		signature, keyring []byte
		want               string // in the error
	}{
		{"kernel.org's", "linux-7.3.tar.sign", armoredSign(raw), keyring, ""},
		{"of the compressed archive", "linux-7.3.tar.xz.asc", armoredSign(packed), keyring, ""},
		{"binary, named otherwise", "signature", sign(key, packed, nil), keyring, ""},
		{"two signatures, the other key unknown", "linux-7.3.tar.sign", append(sign(old, raw, &packet.Config{Time: long}), sign(key, raw, nil)...), keyring, ""},
		{"armored keyring of two", "linux-7.3.tar.sign", sign(key, raw, nil), append(armored(t, others), armored(t, keyring)...), ""},
		{"of something else", "linux-7.3.tar.sign", armoredSign([]byte("else")), keyring, "is not what was signed"},
		{"damaged", "linux-7.3.tar.sign", flipped, keyring, "download it again"},
		{"key missing", "linux-7.3.tar.sign", armoredSign(raw), others, "which is not in the keyring"},
		{"key expired", "linux-7.3.tar.sign", sign(old, raw, &packet.Config{Time: long}), oldKeyring, "has expired"},
		{"key revoked", "linux-7.3.tar.sign", early, revokedKeyring.Bytes(), "revoked"},
		{"SHA-1", "linux-7.3.tar.sign", signSHA1(t, key, raw), keyring, "SHA-1"},
		{"signature expired", "linux-7.3.tar.sign", sign(key, raw, &packet.Config{Time: func() time.Time { return time.Now() }, SigLifetimeSecs: 1}), keyring, "has expired"},
		{"no signature", "linux-7.3.tar.sign", []byte("garbage"), keyring, "not a signature"},
		{"cut short", "linux-7.3.tar.sign", sign(key, raw, nil)[:30], keyring, "not a signature"},
		{"empty", "linux-7.3.tar.sign", nil, keyring, "not in the keyring"},
		{"no keyring", "linux-7.3.tar.sign", armoredSign(raw), nil, "--keyring"},
		{"garbage for a keyring", "linux-7.3.tar.sign", armoredSign(raw), []byte("garbage"), "gpg --export"},
	}
	time.Sleep(2 * time.Second) // for the signature that lives a second
	for _, test := range tests {
		dir := t.TempDir()
		opts := &Options{Dir: filepath.Join(dir, "tree"), Archive: files[".xz"], Signature: filepath.Join(dir, test.file)}
		gittest.Must(t, os.WriteFile(opts.Signature, test.signature, 0o666))
		if test.keyring != nil {
			opts.Keyring = filepath.Join(dir, "keyring")
			gittest.Must(t, os.WriteFile(opts.Keyring, test.keyring, 0o666))
		}
		_, err := Fetch(context.Background(), opts)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error()+"\n"+hint.Of(err), test.want)) {
			t.Errorf("%s: %v\n%s; want %q", test.name, err, hint.Of(err), test.want)
		}
		if left, err := os.ReadDir(opts.Dir); test.want != "" && (err != nil || len(left) > 0) {
			t.Errorf("%s: left behind: %v, %v", test.name, left, err)
		}
	}
}

// TestFetchArchiveSums takes the checksum out of a list, as kernel.org publishes it.
func TestFetchArchiveSums(t *testing.T) {
	t.Parallel()
	key, keyring := newKey(t, &packet.Config{DefaultHash: crypto.SHA512})
	_, others := newKey(t, &packet.Config{})
	long := func() time.Time { return time.Now().Add(-48 * time.Hour) }
	old, oldKeyring := newKey(t, &packet.Config{Time: long, KeyLifetimeSecs: 3600})
	revoked, _ := newKey(t, &packet.Config{})
	archive := compressed(t, makeTar(t, smallLinux))[".gz"]
	sum, err := hashFile(archive)
	gittest.Must(t, err)
	list := strings.Repeat("0", 64) + "  linux-7.2.tar.gz\n" + sum + "  linux-7.3.tar.gz\n"
	signedBy := func(k *openpgp.Entity, config *packet.Config) string {
		var b bytes.Buffer
		w, err := clearsign.Encode(&b, k.PrivateKey, config)
		gittest.Must(t, err)
		_, err = io.WriteString(w, list)
		gittest.Must(t, errors.Join(err, w.Close()))
		return b.String()
	}
	signed, early := signedBy(key, nil), signedBy(revoked, nil)
	gittest.Must(t, revoked.RevokeKey(packet.KeyCompromised, "stolen", nil))
	var revokedKeyring bytes.Buffer
	gittest.Must(t, revoked.Serialize(&revokedKeyring))
	tests := []struct {
		name, list string
		keyring    []byte
		want       string // in the error
	}{
		{"plain", list, nil, ""},
		{"binary mode", sum + " *linux-7.3.tar.gz\n", nil, ""},
		{"signed", signed, keyring, ""},
		{"signed, nobody to trust", signed, nil, ""},
		{"signed by another", signed, others, "not in the keyring"},
		{"changed", strings.Replace(signed, "linux-7.2", "linux-7.1", 1), keyring, "does not prove it"},
		{"signed by a revoked key", early, revokedKeyring.Bytes(), "was revoked"},
		{"signed by an expired key", signedBy(old, &packet.Config{Time: long}), oldKeyring, "has expired"},
		{"not signed, with a keyring", list, keyring, "does not prove it"},
		{"wrong", strings.Repeat("0", 64) + "  linux-7.3.tar.gz\n", nil, "its sha256 is"},
		{"not listed", strings.Repeat("0", 64) + "  linux-7.2.tar.gz\n", nil, "has no sum of"},
	}
	for _, test := range tests {
		dir := t.TempDir()
		opts := &Options{Dir: filepath.Join(dir, "tree"), Archive: archive, SHA256: filepath.Join(dir, "sha256sums.asc")}
		gittest.Must(t, os.WriteFile(opts.SHA256, []byte(test.list), 0o666))
		if test.keyring != nil {
			opts.Keyring = filepath.Join(dir, "keyring")
			gittest.Must(t, os.WriteFile(opts.Keyring, test.keyring, 0o666))
		}
		got, err := Fetch(context.Background(), opts)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v; want %q", test.name, err, test.want)
		}
		if noted := err == nil && got.Note != ""; noted != (test.name == "signed, nobody to trust") {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

// TestKeyringOfBrokenPackets: a signature with an empty subpacket made the parser panic, once.
func TestKeyringOfBrokenPackets(t *testing.T) {
	signature := "\xc2\x0f\x04\x13\x01\x08\x00\x02\x01\x04\x00\x00\xab\xcd\x00\x01\x01" // hashed: one subpacket, of type 4 and no content
	name := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(name, []byte(signature), 0o666); err != nil {
		t.Fatal(err)
	}
	if keys, err := readKeyring(name); err == nil || keys != nil {
		t.Errorf("%v, %v", keys, err)
	}
}
