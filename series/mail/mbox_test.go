// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"strings"
	"testing"
)

// TestManyHeaders: beyond the first megabyte headers were not read, and nobody was told. A diff of one paragraph is no mail.
func TestManyHeaders(t *testing.T) {
	many := strings.Repeat("X-Filler: "+strings.Repeat("x", 90)+"\n", MaxHead/100)
	for head, told := range map[string]bool{
		"From: a@example.org\n" + many:                                                        true,
		"From 1234567890 Mon Sep 17 00:00:00 2001\n" + many:                                   true,
		"diff --git a/f b/f\n" + strings.Repeat("+"+strings.Repeat("x", 90)+"\n", MaxHead/90): false,
	} {
		err := Split(strings.NewReader(head+"\ntext\n"), func(s Span) error { return s.Beyond })
		if (err != nil) != told || told && err.Error() != "1: a mail with more than 1 MB of headers" {
			t.Errorf("%.20q: %v", head, err)
		}
	}
}

// TestBeyond: a mail that is too large ends where the next one begins, which is read as ever.
func TestBeyond(t *testing.T) {
	from := "From a@example.org Mon Sep 17 00:00:00 2001\n"
	for what, large := range map[string]string{
		"headers": strings.Repeat("X-Filler: "+strings.Repeat("x", 90)+"\n", MaxHead/90),
		"text":    "Subject: x\n\n" + strings.Repeat(strings.Repeat("x", 90)+"\n", MaxMail/90),
	} {
		box := from + "Subject: first\n\nx\n" + from + large + "\nx\n" + from + "Subject: last\n\ny\n"
		var got []string
		err := Split(strings.NewReader(box), func(s Span) error {
			if s.Beyond != nil {
				got = append(got, "beyond")
				return nil
			}
			got = append(got, string(s.Head)+box[s.Offset:s.Offset+s.Size])
			return nil
		})
		last := "Subject: last\n"
		if err != nil || len(got) != 3 || got[1] != "beyond" || got[2] != from+last+from+last+"\ny\n" {
			t.Errorf("%s: %.200q, %v", what, got, err)
		}
	}
}

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
