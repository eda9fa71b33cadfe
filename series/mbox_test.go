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
	err := splitMbox(bytes.NewReader(raw), func(s mailSpan) error {
		mails = append(mails, unmail(raw[s.offset:s.offset+s.size], keepCR, mboxrd))
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return mails
}

// optionVariants are the options of git mailinfo, each with ours.
var optionVariants = []struct {
	opts mailOptions
	args []string
}{
	{mailOptions{}, nil},
	{mailOptions{scissors: true}, []string{"--scissors"}},
	{mailOptions{ignoreInBody: true}, []string{"--no-inbody-headers"}},
	{mailOptions{messageID: true}, []string{"-m"}},
	{mailOptions{keepSubject: true}, []string{"-k"}},
	{mailOptions{keepNonPatch: true}, []string{"-b"}},
	{mailOptions{stripQuotedCR: true}, []string{"--quoted-cr=strip"}},
}
