// SPDX-License-Identifier: GPL-2.0-only

package attest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/series/thread"
)

func TestVerifyDKIM(t *testing.T) {
	file, err := os.Open(filepath.Join("testdata", "dkim", "keys.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	keys, err := ReadKeys(file)
	if err != nil {
		t.Fatal(err)
	}
	fixture, err := os.Open(filepath.Join("..", "checks", "testdata", "checks", "dkim-valid", "bad.mbox"))
	if err != nil {
		t.Fatal(err)
	}
	defer fixture.Close()
	sets, err := thread.Read(fixture, "fixture", thread.Options{})
	if err != nil {
		t.Fatal(err)
	}
	mail := sets[0].Patches[0].Raw
	change := func(old, new string) []byte {
		if !bytes.Contains(mail, []byte(old)) {
			t.Fatalf("the mail has no %q", old)
		}
		return bytes.Replace(mail, []byte(old), []byte(new), 1)
	}
	noKey := func(string) ([]string, error) { return nil, &net.DNSError{Err: "no such host", IsNotFound: true} }
	noServer := func(string) ([]string, error) {
		return nil, &net.DNSError{Err: "timeout", IsTimeout: true, IsTemporary: true}
	}
	published := func(records ...string) func(string) ([]string, error) {
		return func(string) ([]string, error) { return records, nil }
	}
	otherKey := published("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
	for _, tt := range []struct {
		name   string
		mail   []byte
		lookup func(string) ([]string, error)
		want   AttestationState
	}{
		{"as sent", mail, keys, Valid},
		{"CRLF", bytes.ReplaceAll(mail, []byte("\n"), []byte("\r\n")), keys, Valid},
		{"header that is not signed", change("MIME-Version: 1.0\n", "MIME-Version: 1.0\nX-Spam: no\n"), keys, Valid},
		{"body changed", change("sample_flags = 0", "sample_flags = 1"), keys, BodyChanged},
		{"subject changed", change("clear the flags", "set the flags"), keys, Invalid},
		{"other key", mail, otherKey, Invalid},
		{"damaged signature", change("v=1", "v=2"), keys, Unverified},
		{"no From signed", change("h=From:", "h=X:"), keys, Invalid},
		{"key gone", mail, noKey, Unverified},
		{"no server", mail, noServer, Unverified},
		{"a short key", mail, published(shortKey(t)), Unverified},
		{"a weak hash", change("-sha256", "-sha1"), keys, Unverified},
		{"two keys of one name", mail, published("v=DKIM1; p=MCow", "v=DKIM1; p=MCow"), Unverified},
		{"a key that is none", mail, published("v=DKIM1; k=ed25519; p=%"), Unverified},
		{"unsigned", change("DKIM-Signature:", "X-Signature:"), keys, Unsigned},
		{"empty", nil, keys, Unsigned},
		{"no header", []byte("just text"), keys, Unsigned},
		{"header cut off", []byte("DKIM-Signature: v=1"), keys, Invalid},
	} {
		if got := VerifyDKIM(tt.mail, tt.lookup); got.State != tt.want {
			t.Errorf("%s: got %s (%v), want %s", tt.name, got.State, got.Err, tt.want)
		}
	}
}

// shortKey returns a record with an RSA key of 512 bits, which nobody takes any more.
func shortKey(t *testing.T) string {
	t.Helper()
	key, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 512), big.NewInt(1)), E: 65537})
	if err != nil {
		t.Fatal(err)
	}
	return "v=DKIM1; p=" + base64.StdEncoding.EncodeToString(key)
}

// TestVerifyDKIMQuotedFrom: a mailbox quotes lines that start with "From ", which are signed without
// the quote.
func TestVerifyDKIMQuotedFrom(t *testing.T) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var signed bytes.Buffer
	mail := "From: A <a@example.org>\r\nSubject: x\r\n\r\nFrom here on it works.\r\n>From there as well.\r\n"
	if err := dkim.Sign(&signed, strings.NewReader(mail), &dkim.SignOptions{
		Domain: "example.org", Selector: "s", Signer: key, HeaderKeys: []string{"From", "Subject"}}); err != nil {
		t.Fatal(err)
	}
	asked := 0
	lookup := AskOnce(func(string) ([]string, error) {
		asked++
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	})
	raw := regexp.MustCompile(`(?m)^(>*From )`).ReplaceAll(signed.Bytes(), []byte(">$1"))
	if got := VerifyDKIM(raw, lookup); got.State != Valid {
		t.Errorf("quoted: got %s (%v)", got.State, got.Err)
	}
	raw = bytes.Replace(raw, []byte("works"), []byte("fails"), 1)
	if got := VerifyDKIM(raw, lookup); got.State != BodyChanged {
		t.Errorf("quoted and changed: got %s (%v)", got.State, got.Err)
	}
	if asked != 1 {
		t.Errorf("asked %d times for one key", asked)
	}
}

func TestReadKeys(t *testing.T) {
	keys, err := ReadKeys(strings.NewReader("# comment\n\nS._domainkey.Example.org.\t\"v=DKIM1; \" \"p=abc\"\nt._domainkey.example.org  v=DKIM1; p=def\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"s._domainkey.example.org": "v=DKIM1; p=abc", "T._domainkey.example.org.": "v=DKIM1; p=def"} {
		if got, err := keys(name); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	var temporary net.Error
	if _, err := keys("u._domainkey.example.org"); !errors.As(err, &temporary) {
		t.Errorf("got %v, want an error that DNS would call temporary", err)
	}
	if _, err := ReadKeys(strings.NewReader("example.org p=abc\n")); err == nil || hint.Of(err) == "" {
		t.Errorf("got %v, want an error with a hint", err)
	}
}

// TestManySignatures: a mail with more signatures than are looked at, the right one last, was said to have an invalid one, and
// not that others were left out.
func TestManySignatures(t *testing.T) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}
	var signed bytes.Buffer
	if err := dkim.Sign(&signed, strings.NewReader("From: A <a@example.org>\r\nSubject: x\r\n\r\ntext\r\n"), &dkim.SignOptions{
		Domain: "example.org", Selector: "s", Signer: key, HeaderKeys: []string{"From", "Subject"}}); err != nil {
		t.Fatal(err)
	}
	wrong := strings.Replace(signed.String()[:strings.Index(signed.String(), "\r\nFrom:")+2], "b=", "b=AAAA", 1)
	for n, want := range map[int]AttestationState{maxSignatures - 1: Valid, maxSignatures: Invalid} {
		got := VerifyDKIM([]byte(strings.Repeat(wrong, n)+signed.String()), lookup)
		if got.State != want || (got.Err != nil) != (want != Valid) || got.Err != nil && !strings.Contains(got.Err.Error(), "of its 6 signatures the first 5") {
			t.Errorf("%d wrong ones before it: %s (%v), want %s", n, got.State, got.Err, want)
		}
	}
}

// TestReach: a signature that fits proves no more than it covers, and nothing about other domains. One of
// a domain of the forger's own, or of the From alone, was called valid.
func TestReach(t *testing.T) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}
	const from, subject = "From: A <a@example.org>\r\n", "Subject: x\r\n"
	for _, tt := range []struct {
		name, domain string
		signed       []string
		add          string // a header put before the signed ones
		want         AttestationState
	}{
		{"all", "example.org", []string{"From", "Subject"}, "", Valid},
		{"a host of the domain", "mail.example.org", []string{"from", "subject", "Date"}, "", Valid},
		{"another domain", "example.net", []string{"From", "Subject"}, "", Unaligned},
		{"another below the same public suffix", "org", []string{"From", "Subject"}, "", Unaligned},
		{"no Subject", "example.org", []string{"From"}, "", Partial},
		{"a second From", "example.org", []string{"From", "Subject"}, "From: B <b@example.org>\r\n", Partial},
		{"a second Subject", "example.org", []string{"From", "Subject"}, "Subject: y\r\n", Partial},
		{"one type", "example.org", []string{"From", "Subject"}, "Content-Type: text/plain\r\n", Valid},
		{"a second type", "example.org", []string{"From", "Subject"}, "Content-Type: text/plain\r\nContent-type: text/html\r\n", Partial},
		{"a second encoding", "example.org", []string{"From", "Subject"}, "Content-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: base64\r\n", Partial},
	} {
		var signed bytes.Buffer
		if err := dkim.Sign(&signed, strings.NewReader(from+subject+"\r\ntext\r\n"), &dkim.SignOptions{
			Domain: tt.domain, Selector: "s", Signer: key, HeaderKeys: tt.signed}); err != nil {
			t.Fatal(err)
		}
		if got := VerifyDKIM(append([]byte(tt.add), signed.Bytes()...), lookup); got.State != tt.want || (got.Err == nil) != (tt.want == Valid) {
			t.Errorf("%s: got %s (%v), want %s", tt.name, got.State, got.Err, tt.want)
		}
	}
}

// TestDecodedFrom: the author of the commit is read from the decoded From. A name in an encoded word that holds somebody
// else's address made that one the author, and the mail was called valid.
func TestDecodedFrom(t *testing.T) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}
	for _, tt := range []struct {
		from, text string
		want       AttestationState
		author     string
	}{
		{"=?utf-8?q?Ann_=3Cann=40kernel.example=3E?= <x@example.org>", "", Unaligned, ""},
		{"=?utf-8?b?QW5uIDxhbm5Aa2VybmVsLmV4YW1wbGU+?= <x@example.org>", "", Unaligned, ""},
		{"=?utf-8?q?J=C3=B6rg?= <x@example.org>", "", Valid, ""},
		{"X <x@example.org>", "From: Ann <ann@kernel.example>\r\n\r\n", Valid, "ann@kernel.example"},
		{"X <x@example.org>", "From: Ann <ann@example.org>\r\n\r\n", Valid, ""},
	} {
		var signed bytes.Buffer
		if err := dkim.Sign(&signed, strings.NewReader("From: "+tt.from+"\r\nSubject: x\r\n\r\n"+tt.text+"text\r\n---\r\ndiff --git a/a b/a\r\n"), &dkim.SignOptions{
			Domain: "example.org", Selector: "s", Signer: key, HeaderKeys: []string{"From", "Subject"}}); err != nil {
			t.Fatal(err)
		}
		if got := VerifyDKIM(signed.Bytes(), lookup); got.State != tt.want || got.Author != tt.author {
			t.Errorf("%s: got %s (%v), author %q", tt.from, got.State, got.Err, got.Author)
		}
	}
}
