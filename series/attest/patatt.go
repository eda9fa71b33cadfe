// SPDX-License-Identifier: GPL-2.0-only

package attest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"golang.org/x/crypto/ssh"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// developerSignature is the header that patatt writes, and maxDeveloperSignatures how many of one mail
// are verified.
const (
	developerSignature     = "X-Developer-Signature"
	maxDeveloperSignatures = limit.Signatures
)

// VerifyDeveloper verifies the signatures that patatt, or b4, put into a mail: of its author, not of a
// server. Keys are files of keyring, as b4 keeps them: ALGORITHM/DOMAIN/LOCAL/SELECTOR, with the
// algorithm ed25519, openpgp or openssh, such as openpgp/example.org/ann/default. Domain of the result is
// the identity that signed. The best signature counts.
//
// A signature covers headers and text as git mailinfo reads them: what git am would commit.
func VerifyDeveloper(raw []byte, keyring fs.FS) Attestation {
	plain := mail.Unmail(raw, false, false)
	headers := mail.ParseHeaders(plain)
	best := Attestation{}
	n := 0
	for value := range headers.Each(developerSignature) {
		if n++; n > maxDeveloperSignatures {
			continue
		}
		if a := verifyDeveloper(plain, headers, value, keyring); a.State > best.State {
			best = a
		}
	}
	return best.ofFirst(n, maxDeveloperSignatures)
}

var reSignatureValue = lazyregexp.New(`(?:^|;)\s*b\s*=`)

func verifyDeveloper(plain []byte, headers mail.Headers, value string, keyring fs.FS) Attestation {
	value = mail.SqueezeSpace([]byte(value))
	at := reSignatureValue.FindStringIndex(value)
	if at == nil {
		return Attestation{State: Invalid, Err: errors.New("the signature has no b=")}
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(value, ";") {
		key, v, _ := strings.Cut(part, "=")
		fields[strings.TrimSpace(key)] = strings.Join(strings.Fields(v), "")
	}
	info := mail.Parse(plain, mail.Options{})
	identity := fields["i"]
	if identity == "" {
		_, identity = mail.ParseFrom(headers.Get("From"))
	}
	a := Attestation{Domain: identity}
	fail := func(state AttestationState, format string, args ...any) Attestation {
		a.State, a.Err = state, fmt.Errorf(format, args...)
		return a
	}
	signed := strings.Split(strings.ToLower(fields["h"]), ":")
	if !slices.Contains(signed, "from") || !slices.Contains(signed, "subject") {
		return fail(Invalid, "it does not cover From and Subject")
	}
	text, whole, ok := signedText(info, fields["l"])
	if !ok {
		return fail(BodyChanged, "the text is shorter than what was signed")
	}
	if sum := sha256.Sum256(text); base64.StdEncoding.EncodeToString(sum[:]) != fields["bh"] {
		return fail(BodyChanged, "the text is another one")
	}
	algorithm, _, _ := strings.Cut(fields["a"], "-")
	key, err := developerKey(keyring, algorithm, identity, fields["s"])
	if err != nil {
		return fail(Unverified, "%w", err)
	}
	verify := verifiers[algorithm]
	if verify == nil {
		return fail(Unverified, "unknown algorithm %q", fields["a"])
	}
	signature, err := base64.StdEncoding.DecodeString(fields["b"])
	if err != nil {
		return fail(Invalid, "b= is no base64")
	}
	digest := headerDigest(info, headers, signed, value[:at[1]])
	switch err := verify(signature, key, digest); {
	case errors.Is(err, pgperrors.ErrKeyExpired), errors.Is(err, pgperrors.ErrKeyRevoked), errors.Is(err, pgperrors.ErrSignatureExpired):
		return fail(Unverified, "%w", err) // it fits: mails outlive the keys that they were signed with
	case err != nil:
		return fail(Invalid, "%w", err)
	}
	switch _, froms := headerOf(plain, "From"); {
	case !strings.EqualFold(identity, info.Email):
		return fail(Unaligned, "the author is %s", info.Email)
	case froms > 1:
		return fail(Partial, "the mail has more than one From")
	case !whole:
		return fail(Partial, "it covers the first %s bytes of the text, and more follows", fields["l"])
	}
	a.State = Valid
	return a
}

// signedText returns the text as patatt signs it: message and patch of git mailinfo with CRLF and no empty
// lines at the end, or the first bytes of it where the signature says how many. A list's footer follows
// them, as a rule. ok is false where there are fewer.
func signedText(info *mail.Info, length string) (text []byte, whole, ok bool) {
	all := bytes.TrimRight(slices.Concat(info.Message, info.Patch), "\r\n")
	for line := range bytes.SplitSeq(all, []byte("\n")) {
		text = append(append(text, bytes.TrimRight(line, "\r\n")...), "\r\n"...)
	}
	if length == "" {
		return text, true, true
	}
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n > len(text) {
		return text, true, false
	}
	return text[:n], n == len(text), true
}

// headerDigest returns what was signed: the headers in relaxed form, in the order that the signature gives,
// and the signature's own up to its value.
func headerDigest(info *mail.Info, headers mail.Headers, signed []string, own string) []byte {
	h := sha256.New()
	left := map[string][]string{} // by name, what was not taken yet: a name that is there twice is signed from the last on
	for _, name := range signed {
		values, known := left[name]
		if !known {
			values = slices.Collect(headers.Each(name))
		}
		left[name] = values[:max(len(values)-1, 0)]
		if len(values) == 0 {
			continue
		}
		value := values[len(values)-1]
		switch name {
		case "from":
			value = info.Author + " <" + info.Email + ">"
		case "subject":
			value = info.Subject
		}
		io.WriteString(h, name+":"+strings.TrimSpace(mail.SqueezeSpace([]byte(value)))+"\r\n")
	}
	io.WriteString(h, strings.ToLower(developerSignature)+":"+strings.TrimSpace(own))
	return h.Sum(nil)
}

// maxKey is the size of the largest key that is read.
const maxKey = limit.KeyBytes

// developerKey reads the key of an identity. The selector is "default" where the signature has none.
func developerKey(keyring fs.FS, algorithm, identity, selector string) ([]byte, error) {
	local, domain, ok := strings.Cut(strings.ToLower(identity), "@")
	if !ok {
		return nil, fmt.Errorf("the identity %q is no address", identity)
	}
	if selector == "" {
		selector = "default"
	}
	name := path.Join(url.QueryEscape(algorithm), url.QueryEscape(domain), url.QueryEscape(local), url.QueryEscape(strings.ToLower(selector)))
	if keyring == nil || !fs.ValidPath(name) || strings.Count(name, "/") != 3 {
		return nil, fmt.Errorf("no key %s", name)
	}
	info, err := fs.Stat(keyring, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxKey {
		return nil, fmt.Errorf("the keyring has no key %s", name)
	}
	return fs.ReadFile(keyring, name)
}

var errOtherDigest = errors.New("the signature is of other headers")

// verifiers hold a signature against a key and a digest, by algorithm.
var verifiers = map[string]func(signature, key, digest []byte) error{
	"ed25519": verifyEd25519,
	"openpgp": verifyOpenPGP,
	"openssh": verifyOpenSSH,
}

// verifyEd25519 takes a signed message of NaCl, signature and digest in a row, and a key in base64.
func verifyEd25519(signature, key, digest []byte) error {
	public, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(key)))
	switch {
	case err != nil || len(public) != ed25519.PublicKeySize:
		return errors.New("the key is no ed25519 key")
	case len(signature) < ed25519.SignatureSize:
		return errors.New("the signature is too short")
	}
	message := signature[ed25519.SignatureSize:]
	if !ed25519.Verify(public, message, signature[:ed25519.SignatureSize]) {
		return errors.New("the signature is of another key")
	}
	if !bytes.Equal(message, digest) {
		return errOtherDigest
	}
	return nil
}

// verifyOpenPGP takes a signed message with the digest in it, and a key, armored or not.
func verifyOpenPGP(signature, key, digest []byte) error {
	keys, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(key))
	if err != nil {
		if keys, err = openpgp.ReadKeyRing(bytes.NewReader(key)); err != nil {
			return fmt.Errorf("reading the key: %w", err)
		}
	}
	md, err := openpgp.ReadMessage(bytes.NewReader(signature), keys, nil, nil)
	if err != nil {
		return err
	}
	message, err := io.ReadAll(io.LimitReader(md.UnverifiedBody, 1<<10))
	switch {
	case err != nil:
		return err
	case !md.IsSigned || md.SignedBy == nil:
		return errors.New("the signature is of another key")
	case !bytes.Equal(message, digest):
		return errOtherDigest
	}
	return md.SignatureError
}

// verifyOpenSSH takes a signature of ssh-keygen -Y sign -n patatt without its armor (PROTOCOL.sshsig), and a
// key as authorized_keys has it.
func verifyOpenSSH(signature, key, digest []byte) error {
	public, _, _, _, err := ssh.ParseAuthorizedKey(key)
	if err != nil {
		return fmt.Errorf("reading the key: %w", err)
	}
	const magic = "SSHSIG"
	rest, ok := bytes.CutPrefix(signature, []byte(magic))
	if !ok || len(rest) < 4 || binary.BigEndian.Uint32(rest) != 1 {
		return errors.New("the signature is none of OpenSSH")
	}
	var parts [5][]byte // key, namespace, reserved, hash, signature
	rest = rest[4:]
	for i := range parts {
		if parts[i], rest, ok = sshString(rest); !ok {
			return errors.New("the signature is cut off")
		}
	}
	var hashed hash.Hash
	switch string(parts[3]) {
	case "sha512":
		hashed = sha512.New()
	case "sha256":
		hashed = sha256.New()
	default:
		return fmt.Errorf("unknown hash %q", parts[3])
	}
	if string(parts[1]) != "patatt" || !bytes.Equal(parts[0], public.Marshal()) {
		return errors.New("the signature is of another key or purpose")
	}
	hashed.Write(digest)
	var sig ssh.Signature
	if err := ssh.Unmarshal(parts[4], &sig); err != nil {
		return err
	}
	return public.Verify(slices.Concat([]byte(magic), sshBytes(parts[1]), sshBytes(parts[2]), sshBytes(parts[3]), sshBytes(hashed.Sum(nil))), &sig)
}

func sshString(b []byte) (s, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}

func sshBytes(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}
