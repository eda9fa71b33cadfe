// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// The formats of git am --patch-format. A patch of StGit or Mercurial becomes a mail where its
// input is opened, as git am makes one; all else reads mails alone.
const (
	formatMbox        = "mbox"
	formatMboxRD      = "mboxrd"
	FormatStGit       = "stgit"
	formatStGitSeries = "stgit-series" // also of each patch that such a file lists
	FormatHg          = "hg"
)

// PatchFormats returns the values that the option PatchFormat takes.
func PatchFormats() []string {
	return []string{formatMbox, formatMboxRD, FormatStGit, formatStGitSeries, FormatHg}
}

func checkFormat(format string) error {
	if format == "" || slices.Contains(PatchFormats(), format) {
		return nil
	}
	return hint.Wrap(fmt.Errorf("no patch format is called %q", format), "the formats are "+strings.Join(PatchFormats(), ", "))
}

// IsForeign reports whether the input is one patch that is no mail yet.
func (in *Input) IsForeign() bool {
	return in.format == FormatStGit || in.format == formatStGitSeries || in.format == FormatHg
}

// detect sets the format of an input that has none.
func (in *Input) detect() error {
	if in.format != "" {
		return nil
	}
	r, err := in.openRaw()
	if err != nil {
		return err
	}
	defer r.Close()
	in.format = detectFormat(io.NewSectionReader(r, 0, mail.MaxHead))
	return nil
}

// detectFormat tells the format by the first lines of a file, as git am does. What git does not
// know is taken for a mailbox.
func detectFormat(r io.Reader) string {
	br := bufio.NewReader(r)
	var err error
	next := func() string {
		var line string
		line, err = br.ReadString('\n')
		if cut, ok := strings.CutSuffix(line, "\n"); ok {
			line = strings.TrimSuffix(cut, "\r")
		}
		return line
	}
	first := next()
	for first == "" && err == nil {
		first = next()
	}
	switch {
	case strings.HasPrefix(first, "From ") || strings.HasPrefix(first, "From: "):
		return formatMbox
	case strings.HasPrefix(first, "# This series applies on GIT commit"):
		return formatStGitSeries
	case string(mail.CString([]byte(first))) == "# HG changeset patch":
		return FormatHg
	}
	second, third := next(), next()
	if first != "" && second == "" && (strings.HasPrefix(third, "From:") || strings.HasPrefix(third, "Author:") || strings.HasPrefix(third, "Date:")) {
		return FormatStGit
	}
	return formatMbox
}

// mail makes a mail of an input that is foreign.
func (in *Input) mail() ([]byte, error) {
	r, err := in.openRaw()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	raw, err := io.ReadAll(io.NewSectionReader(r, 0, mail.MaxMail+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	if len(raw) > mail.MaxMail {
		return nil, fmt.Errorf("%s: a patch of more than %d MB", in.Name, mail.MaxMail>>20)
	}
	if in.format != FormatHg {
		return stgitMail(raw), nil
	}
	mail, err := hgMail(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	return mail, nil
}

// stgitMail makes a mail of a patch that stg export wrote: the title, lines that start with
// From, Author and Date, then the text.
func stgitMail(raw []byte) []byte {
	var out []byte
	titled := false
	for len(raw) > 0 {
		var line []byte
		line, raw, _ = bytes.Cut(raw, []byte("\n"))
		line = mail.CString(line)
		author, isAuthor := bytes.CutPrefix(line, []byte("Author:"))
		switch {
		case len(bytes.TrimLeft(line, mail.GitSpace)) == 0:
		case isAuthor:
			out = fmt.Appendf(out, "From:%s\n", author)
		case bytes.HasPrefix(line, []byte("From")) || bytes.HasPrefix(line, []byte("Date")):
			out = fmt.Appendf(out, "%s\n", line)
		case !titled:
			out = fmt.Appendf(out, "Subject: %s\n", line)
			titled = true
		default:
			return append(fmt.Appendf(out, "\n%s\n", line), raw...)
		}
	}
	return out
}

// hgMail makes a mail of a patch that hg export wrote: comments, with User and Date among them,
// then the message and the diff. The mail has no Subject: git takes the first line of the text.
func hgMail(raw []byte) ([]byte, error) {
	var out []byte
	for len(raw) > 0 {
		var line []byte
		line, raw, _ = bytes.Cut(raw, []byte("\n"))
		line = mail.CString(line)
		user, isUser := bytes.CutPrefix(line, []byte("# User "))
		date, isDate := bytes.CutPrefix(line, []byte("# Date "))
		switch {
		case isUser:
			out = fmt.Appendf(out, "From: %s\n", user)
		case isDate:
			value, err := hgDate(string(date))
			if err != nil {
				return nil, fmt.Errorf("the line %.60q: %w", line, err)
			}
			out = fmt.Appendf(out, "Date: %s\n", value)
		case bytes.HasPrefix(line, []byte("# ")):
		default:
			return append(fmt.Appendf(out, "\n%s\n", line), raw...), nil
		}
	}
	return out, nil
}

var errHgDate = errors.New("not the date of a Mercurial patch")

// hgDate writes a date of Mercurial, seconds since 1970 and seconds west of UTC, as mails do.
func hgDate(s string) (string, error) {
	stamp, s, stampErr := cNumber(s)
	s, ok := strings.CutPrefix(s, " ")
	west, rest, westErr := cNumber(s)
	if stampErr != nil || westErr != nil || !ok || rest != "" {
		return "", errHgDate
	}
	const farFuture, farWest = 1 << 55, 100 * 60 * 60
	if stamp < 0 || stamp > farFuture || west <= -farWest || west >= farWest || stamp-west/60*60 < 0 {
		return "", errHgDate
	}
	return mail.InZone(stamp, int(-west/60)).Format("Mon, 2 Jan 2006 15:04:05 -0700"), nil
}

// cNumber reads the number at the start of s as C does, white space and a sign before it. Where
// there is none it is 0, and rest is s.
func cNumber(s string) (n int64, rest string, err error) {
	text := strings.TrimLeft(s, " \t\n\v\f\r")
	digits := text
	if text != "" && (text[0] == '-' || text[0] == '+') {
		digits = text[1:]
	}
	rest = strings.TrimLeft(digits, "0123456789")
	if len(rest) == len(digits) {
		return 0, s, nil
	}
	n, err = strconv.ParseInt(text[:len(text)-len(rest)], 10, 64)
	return n, rest, err
}
