// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/object"
)

// encodeCommit writes a commit object as git does.
func encodeCommit(tree, parent []byte, s *Step) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "tree %x\n", tree)
	if parent != nil {
		fmt.Fprintf(&b, "parent %x\n", parent)
	}
	for _, who := range []struct {
		role string
		sig  *object.Signature
	}{{"author", &s.Author}, {"committer", &s.Committer}} {
		line, err := encodeSignature(who.sig)
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
	return b.Bytes(), nil
}

func encodeSignature(sig *object.Signature) (string, error) {
	name := cleanIdent(sig.Name)
	if name == "" {
		return "", fmt.Errorf("the name %q is empty", sig.Name)
	}
	return fmt.Sprintf("%s <%s> %d %s", name, cleanIdent(sig.Email), sig.When.Unix(), sig.When.Format("-0700")), nil
}

// cleanIdent takes off what git takes off the ends of names, and what must not be within.
func cleanIdent(s string) string {
	s = strings.TrimFunc(s, func(c rune) bool { return c <= 32 || strings.ContainsRune(".,:;<>\"\\'", c) })
	return strings.Map(func(c rune) rune {
		if c == '\n' || c == '<' || c == '>' {
			return -1
		}
		return c
	}, s)
}
