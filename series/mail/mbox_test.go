// SPDX-License-Identifier: GPL-2.0-only

package mail

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
	opts Options
	args []string
}{
	{Options{}, nil},
	{Options{Scissors: true}, []string{"--scissors"}},
	{Options{IgnoreInBody: true}, []string{"--no-inbody-headers"}},
	{Options{MessageID: true}, []string{"-m"}},
	{Options{KeepSubject: true}, []string{"-k"}},
	{Options{KeepNonPatch: true}, []string{"-b"}},
	{Options{StripQuotedCR: true}, []string{"--quoted-cr=strip"}},
}
