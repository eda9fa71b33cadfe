// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"github.com/go-git/go-git/v5/plumbing"
)

// A Hash is the name of a git object in hexadecimal: 40 digits, or 64 in a SHA-256 repository,
// which is why go-git's plumbing.Hash, of 20 bytes, would not do. The zero value is "".
type Hash string

// Short returns the first twelve digits, as the kernel's documents print hashes.
func (h Hash) Short() string { return string(h[:min(len(h), 12)]) }

// IsZero tells whether h is no hash at all, or the null hash of git.
func (h Hash) IsZero() bool {
	for _, c := range h {
		if c != '0' {
			return false
		}
	}
	return true
}

// Raw returns the bytes that h stands for; nil where it is no hash.
func (h Hash) Raw() []byte {
	b, err := hex.DecodeString(string(h))
	if err != nil {
		return nil
	}
	return b
}

// HashOf returns the hash of 20 or 32 bytes.
func HashOf(raw []byte) Hash { return Hash(hex.EncodeToString(raw)) }

// An Format is the hash function of a repository.
type Format struct {
	Name string
	Size int
	New  func() hash.Hash
}

// SHA1 and SHA256 are the formats that git has.
var (
	SHA1   = Format{"sha1", sha1.Size, sha1.New}
	SHA256 = Format{"sha256", sha256.Size, sha256.New}
)

// FormatNamed returns the format that extensions.objectFormat names; "" is SHA-1.
func FormatNamed(name string) (Format, error) {
	switch name {
	case "", "sha1":
		return SHA1, nil
	case "sha256":
		return SHA256, nil
	}
	return Format{}, fmt.Errorf("unknown object format %q", name)
}

// Null returns the null hash, by which git says that there is no object.
func (f Format) Null() []byte { return make([]byte, f.Size) }

// Sum returns the name of the object of type t with the given content.
func (f Format) Sum(t plumbing.ObjectType, content []byte) []byte {
	h := f.New()
	fmt.Fprintf(h, "%s %d\x00", t, len(content))
	h.Write(content)
	return h.Sum(nil)
}

// BlobHash returns the name that content has as a blob in a SHA-1 repository, the name that
// the "index" lines of a patch abbreviate.
func BlobHash(content []byte) Hash {
	return HashOf(SHA1.Sum(plumbing.BlobObject, content))
}

// IsHex tells whether s is an abbreviated or full object name of lower or upper case digits.
func IsHex(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}
