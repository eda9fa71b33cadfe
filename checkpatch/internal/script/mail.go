// SPDX-License-Identifier: GPL-2.0-only

package script

import (
	"bytes"
	"fmt"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
)

var encoded = lazyregexp.New(`(?mi)^Content-Transfer-Encoding:\s*(?:base64|quoted-printable)\b|^Content-Type:\s*multipart/`)

// PlainMail returns the mail of p as a patch file that can be read line by line: the mail itself,
// or, where its body is encoded or it was never a mail, one with the same author, subject,
// message and diff.
func PlainMail(p *patchset.Patch) []byte {
	head, _, _ := bytes.Cut(p.Raw, []byte("\n\n"))
	if len(p.Raw) > 0 && !bytes.Contains(p.Raw, []byte("\r\n")) && !encoded.Match(head) {
		return p.Raw
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s <%s>\nSubject: [PATCH] %s\n\n", p.Author.Name, p.Author.Email, p.Title)
	_, body, _ := bytes.Cut([]byte(p.Message), []byte("\n"))
	b.Write(bytes.TrimLeft(body, "\n"))
	if !bytes.HasPrefix(p.Diff, []byte("---\n")) {
		b.WriteString("---\n")
	}
	b.Write(p.Diff)
	return b.Bytes()
}
