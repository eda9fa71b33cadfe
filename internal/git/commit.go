// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/ident"
)

// A Draft is what a new commit says, beside its tree and its parent.
type Draft struct {
	// Author and Committer are written as git writes them: names and addresses lose surrounding
	// blanks and punctuation, and '<', '>' and line ends within; the time has seconds and the
	// offset of its location.
	Author, Committer object.Signature
	// Message is the whole message, with its final newline. Without Encoding, bytes that are not UTF-8 are
	// taken for Latin-1, in names as well; else all is written byte for byte.
	Message string
	// Encoding is the value of the commit's encoding header; "" writes none (UTF-8).
	Encoding string
}

// EncodeCommit writes a commit object as git does.
func EncodeCommit(tree, parent []byte, s *Draft) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "tree %x\n", tree)
	if parent != nil {
		fmt.Fprintf(&b, "parent %x\n", parent)
	}
	for _, who := range []struct {
		role string
		sig  *object.Signature
	}{{"author", &s.Author}, {"committer", &s.Committer}} {
		line, err := EncodeSignature(who.sig)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", who.role, err)
		}
		fmt.Fprintf(&b, "%s %s\n", who.role, line)
	}
	if s.Encoding != "" {
		fmt.Fprintf(&b, "encoding %s\n", s.Encoding)
	}
	if strings.ContainsRune(s.Message, 0) {
		return nil, fmt.Errorf("a commit message must not hold a NUL byte")
	}
	fmt.Fprintf(&b, "\n%s", s.Message)
	if s.Encoding == "" {
		return validUTF8(b.Bytes()), nil
	}
	return b.Bytes(), nil
}

// validUTF8 returns text with what git does not take for UTF-8 read as Latin-1, as git does with commits.
func validUTF8(text []byte) []byte {
	if utf8.Valid(text) && !bytes.ContainsFunc(text, isNoncharacter) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/2)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 || isNoncharacter(r) {
			r, n = rune(text[0]), 1
		}
		out, text = utf8.AppendRune(out, r), text[n:]
	}
	return out
}

// isNoncharacter reports whether r is one of the code points that are never characters.
func isNoncharacter(r rune) bool { return r&0xfffe == 0xfffe || 0xfdd0 <= r && r <= 0xfdef }

// EncodeSignature writes who did something, and when, as commits and reflogs do. A name that is empty is an error.
func EncodeSignature(sig *object.Signature) (string, error) {
	name := ident.Committed(sig.Name)
	if name == "" {
		return "", fmt.Errorf("the name %q is empty", sig.Name)
	}
	return fmt.Sprintf("%s <%s> %d %s", name, ident.Committed(sig.Email), sig.When.Unix(), sig.When.Format("-0700")), nil
}
