// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
	"testing"
)

// splitBytes returns the mails of an mbox as git mailsplit writes them.
func splitBytes(tb testing.TB, raw []byte, keepCR, mboxrd bool) [][]byte {
	tb.Helper()
	var mails [][]byte
	err := Split(bytes.NewReader(raw), func(s Span) error {
		mails = append(mails, Unmail(raw[s.Offset:s.Offset+s.Size], keepCR, mboxrd))
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return mails
}

// optionVariants are the options of git mailinfo, each with ours.
var optionVariants = []struct {
	opts MailOptions
	args []string
}{
	{MailOptions{}, nil},
	{MailOptions{Scissors: true}, []string{"--scissors"}},
	{MailOptions{IgnoreInBody: true}, []string{"--no-inbody-headers"}},
	{MailOptions{MessageID: true}, []string{"-m"}},
	{MailOptions{KeepSubject: true}, []string{"-k"}},
	{MailOptions{KeepNonPatch: true}, []string{"-b"}},
	{MailOptions{StripQuotedCR: true}, []string{"--quoted-cr=strip"}},
}
