// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// maxSignature bounds what is read of a file of signatures, sums or keys. The keyring of all kernel developers
// is 30 MB.
const maxSignature = 64 << 20

// ErrSignature is matched by the error of an archive or list of sums that its signature does not prove:
// made by a key that is not in the keyring, expired, or made for something else.
var ErrSignature = errors.New("the signature does not prove it")

// verifyArchive holds an archive, whose sha256 is sum, against the checksum and the signature that opts name.
// The note says what could not be proved.
func verifyArchive(ctx context.Context, opts *Options, sum string) (note string, err error) {
	keys, err := readKeyring(opts.Keyring)
	if err != nil {
		return "", err
	}
	if opts.Signature != "" && keys == nil {
		return "", hint.Wrap(errors.New("a signature proves nothing without the keys to trust"),
			"name a file of them with --keyring; gpg --export ADDRESS… > FILE makes one")
	}
	if opts.SHA256 != "" {
		want, unproved, err := wantedSum(opts, keys)
		if err != nil {
			return "", err
		}
		if unproved {
			note = fmt.Sprintf("the signature of %s was not checked, since no keyring was named", opts.SHA256)
		}
		if want != sum {
			return "", hint.Wrap(fmt.Errorf("%s: its sha256 is %s, not %s", opts.Archive, sum, want), "download it again")
		}
	}
	if opts.Signature == "" {
		return note, nil
	}
	if err := verifySignature(ctx, opts.Archive, opts.Signature, keys); err != nil {
		return "", fmt.Errorf("%s, signed by %s: %w", opts.Archive, opts.Signature, err)
	}
	return note, nil
}

// readSmall reads a file that ought to be small.
func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSignature+1))
	if err == nil && len(data) > maxSignature {
		err = fmt.Errorf("%s: more than %d bytes", name, maxSignature)
	}
	return data, err
}

// readKeyring reads public keys as gpg --export writes them, armored or not; nil where no file is named.
func readKeyring(name string) (openpgp.EntityList, error) {
	if name == "" {
		return nil, nil
	}
	data, err := readSmall(name)
	if err != nil {
		return nil, err
	}
	blocks, err := dearmor(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var keys openpgp.EntityList
	for _, block := range blocks {
		more, err := openpgp.ReadKeyRing(bytes.NewReader(block))
		if err != nil {
			return nil, hint.Wrap(fmt.Errorf("%s: reading keys: %w", name, err), "gpg --export ADDRESS… > FILE writes a file of keys; GnuPG's own keybox is none")
		}
		keys = append(keys, more...)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s: it holds no keys", name)
	}
	return keys, nil
}

// dearmor returns the content of each armored block, or the data itself where it is binary.
func dearmor(data []byte) (blocks [][]byte, err error) {
	begin := []byte("-----BEGIN PGP ")
	if !bytes.HasPrefix(bytes.TrimSpace(data), begin) && !bytes.Contains(data, append([]byte("\n"), begin...)) {
		return [][]byte{data}, nil
	}
	for bytes.Contains(data, begin) {
		block, err := armor.Decode(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(block.Body)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, content)
		_, data, _ = bytes.Cut(data, begin)
	}
	return blocks, nil
}

// verifySignature looks whether a detached signature fits an archive. As kernel.org's are, it may be one of
// the archive without its compression.
func verifySignature(ctx context.Context, archive, signature string, keys openpgp.EntityList) error {
	data, err := readSmall(signature)
	if err != nil {
		return err
	}
	blocks, err := dearmor(data)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	packets := bytes.Join(blocks, nil)
	inner := !strings.HasPrefix(filepath.Base(signature), filepath.Base(archive))
	for range 2 {
		if err = verifyStream(ctx, archive, inner, packets, keys); !errors.As(err, new(pgperrors.SignatureError)) {
			break
		}
		// It is a good key's, but of something else: of the other form, perhaps.
		inner = !inner
	}
	return describeSignature(err, packets)
}

// verifyStream looks whether the signature fits the archive as it is, or what is in it.
func verifyStream(ctx context.Context, archive string, inner bool, packets []byte, keys openpgp.EntityList) error {
	var stream io.ReadCloser
	var err error
	if inner {
		stream, err = decompress(ctx, archive)
	} else {
		stream, err = os.Open(archive)
	}
	if err != nil {
		return err
	}
	defer stream.Close()
	signed := &io.LimitedReader{R: stream, N: maxArchiveBytes}
	sig, _, err := openpgp.VerifyDetachedSignature(keys, bufio.NewReaderSize(signed, 1<<20), bytes.NewReader(packets), nil)
	if signed.N == 0 {
		return fmt.Errorf("more than %d bytes: too large", int64(maxArchiveBytes))
	}
	if err == nil {
		err = checkDigest(sig)
	}
	if err == nil {
		err = stream.Close()
	}
	return err
}

// checkDigest refuses a signature over a digest for which somebody could make a second file.
func checkDigest(sig *packet.Signature) error {
	switch sig.Hash {
	case crypto.SHA1, crypto.MD5, crypto.RIPEMD160:
		return fmt.Errorf("%w: made with %s, which can be forged", ErrSignature, sig.Hash)
	}
	return nil
}

// describeSignature makes the error of a signature one that a person can act on.
func describeSignature(err error, packets []byte) error {
	var structural pgperrors.StructuralError
	var unsupported pgperrors.UnsupportedError
	var mismatch pgperrors.SignatureError
	switch {
	case err == nil, errors.Is(err, ErrSignature):
		return err
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		return hint.Wrap(fmt.Errorf("%w: made by key %s, which is not in the keyring", ErrSignature, issuer(packets)),
			"where you trust that key, add it to the keyring")
	case errors.Is(err, pgperrors.ErrKeyExpired), errors.Is(err, pgperrors.ErrSignatureExpired):
		return hint.Wrap(fmt.Errorf("%w: key %s or what it signed has expired", ErrSignature, issuer(packets)), "the keyring may be out of date")
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		return fmt.Errorf("%w: key %s was revoked", ErrSignature, issuer(packets))
	case errors.As(err, &mismatch):
		return hint.Wrap(fmt.Errorf("%w: %w", ErrSignature, err), "the archive is not what was signed: download it again")
	case errors.As(err, &structural), errors.As(err, &unsupported), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: not a signature: %w", ErrSignature, err)
	}
	return err
}

// issuer returns the ID of the key that made a signature.
func issuer(packets []byte) string {
	if p, err := packet.Read(bytes.NewReader(packets)); err == nil {
		if sig, ok := p.(*packet.Signature); ok && sig.IssuerKeyId != nil {
			return fmt.Sprintf("%016X", *sig.IssuerKeyId)
		}
	}
	return "unknown"
}

var sumOnly = lazyregexp.New(`^[0-9a-fA-F]{64}$`)

// wantedSum returns the sha256 that opts ask for: itself, or the line of the archive in a file of sums as
// sha256sum writes it, kernel.org's signed sha256sums.asc among them. Unproved tells that it is
// signed, and there is no key to prove it.
func wantedSum(opts *Options, keys openpgp.EntityList) (sum string, unproved bool, err error) {
	if sumOnly.MatchString(opts.SHA256) {
		return strings.ToLower(opts.SHA256), false, nil
	}
	list, err := readSmall(opts.SHA256)
	if err != nil {
		return "", false, hint.Wrap(fmt.Errorf("a sha256: %w", err), "it takes 64 hexadecimal digits, or a file as sha256sum writes it")
	}
	block, _ := clearsign.Decode(list)
	switch {
	case block != nil:
		list = block.Plaintext
		if unproved = keys == nil; !unproved {
			packets, err := io.ReadAll(block.ArmoredSignature.Body)
			if err == nil {
				var sig *packet.Signature
				sig, _, err = openpgp.VerifyDetachedSignature(keys, bytes.NewReader(block.Bytes), bytes.NewReader(packets), nil)
				if err == nil {
					err = checkDigest(sig)
				}
			}
			if err != nil {
				return "", false, fmt.Errorf("%s: %w", opts.SHA256, describeSignature(err, packets))
			}
		}
	case keys != nil && opts.Signature == "":
		return "", false, fmt.Errorf("%s: %w: there is none", opts.SHA256, ErrSignature)
	}
	for line := range strings.Lines(string(list)) {
		digits, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name = strings.TrimLeft(name, " *"); sumOnly.MatchString(digits) && name == filepath.Base(opts.Archive) {
			return strings.ToLower(digits), unproved, nil
		}
	}
	return "", false, hint.Wrap(fmt.Errorf("%s has no sum of %s", opts.SHA256, filepath.Base(opts.Archive)), "the archive must have the name that it was published under")
}
