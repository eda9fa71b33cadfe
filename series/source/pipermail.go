// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/url"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// Mailman's archiver, pipermail, shows a mail in three forms: in a mailbox for each month, on an
// HTML page, and as the plain text of that page. In each it writes addresses as "name at host".

// maxPage is the size of the largest page of an archive that is read.
const maxPage = limit.PageBytes

var (
	// reMangledFrom is a sender as in the mailbox: "From: jamie at example.com (Jamie)".
	reMangledFrom = lazyregexp.New(`(?m)^(From:? )([^\s<>()@]+) at ([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)`)
	// reMangledAddress is an address in the text: "Signed-off-by: Jamie <jamie at example.com>".
	reMangledAddress = lazyregexp.New(`<([^\s<>()@]+) at ([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)>`)
	// reMangledLine starts a mail in the mailbox.
	reMangledLine = lazyregexp.New(`^From [^\s@]+ at [^\s@]+  ?\w{3} \w{3} `)
	// reArchiveLine starts a mailbox of public-inbox, or what lei found, whose order is that of the search.
	reArchiveLine = lazyregexp.New(`^From (?:mboxrd@z|(?:lei|[0-9a-f]{40,64})(?:=\d+)?@mbox(?:rd|o|cl2?)) `)
	// rePageSender is the third line of a page's text: "Jamie Lindsey jamie at example.com".
	rePageSender = lazyregexp.New(`^(.*?)\s*([^\s<>()@]+ at [A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)$`)
	rePageFooter = lazyregexp.New(`\n+(?:-+ next part -+\n.*)?More information about the [^\n]* mailing list\s*$`)

	reHTMLTag     = lazyregexp.New(`(?s)<[^>]*>`)
	reHTMLSubject = lazyregexp.New(`(?is)<h1>(.*?)</h1>`)
	reHTMLSender  = lazyregexp.New(`(?is)<b>(.*?)</b>\s*<a href="mailto:([^"]*)"[^>]*>(.*?)</a>`)
	reHTMLDate    = lazyregexp.New(`(?is)<i>(.*?)</i>`)
	reHTMLBody    = lazyregexp.New(`(?is)<!--beginarticle-->\s*<pre>(.*?)</pre>\s*(?:<hr[^>]*>\s*)?<!--endarticle-->`)
)

// RestoreAddresses puts the addresses of a mail together that pipermail took apart: the
// sender's, and those in angle brackets in the text.
func RestoreAddresses(mail []byte) (restored []byte, changed bool) {
	head, body, found := bytes.Cut(mail, []byte("\n\n"))
	fixed := reMangledFrom.ReplaceAll(head, []byte("${1}${2}@${3}"))
	if found {
		fixed = append(append(fixed[:len(fixed):len(fixed)], "\n\n"...), reMangledAddress.ReplaceAll(body, []byte("<${1}@${2}>"))...)
	}
	return fixed, !bytes.Equal(fixed, mail)
}

// sniff finds out whether the input comes from pipermail, and makes a mail of a page.
func (in *Input) sniff() (*Input, error) {
	if in.IsForeign() {
		return in, nil
	}
	r, err := in.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	head := make([]byte, 4096)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	head = bytes.TrimLeft(head[:n], mail.GitSpace)
	in.Archive = in.Archive || reArchiveLine.Match(head)
	if reMangledLine.Match(head) {
		in.Pipermail, in.Archive, in.mbox = true, true, true
		return in, nil
	}
	isHTML, isText := isPage(head), isPageText(head)
	if !isHTML && !isText {
		return in, nil
	}
	page, err := io.ReadAll(io.NewSectionReader(r, 0, maxPage+1))
	if err == nil && len(page) > maxPage {
		err = fmt.Errorf("a page of more than %d MB", maxPage>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	page = bytes.ReplaceAll(page, []byte("\r\n"), []byte("\n"))
	text := strings.TrimLeft(string(page), mail.GitSpace)
	var mail string
	if isText {
		mail = pageTextMail(text)
	} else if mail, err = pageMail(text); err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	in.close()
	return &Input{Name: in.Name, mem: []byte(mail), Pipermail: true}, nil
}

func isPage(head []byte) bool {
	lower := bytes.ToLower(head)
	return bytes.HasPrefix(lower, []byte("<!doctype html")) || bytes.HasPrefix(lower, []byte("<html"))
}

// isPageText reports whether head is the plain text of a page: subject, empty line, sender,
// date, empty line.
func isPageText(head []byte) bool {
	lines := strings.SplitN(string(head), "\n", 5)
	if len(lines) < 5 || strings.TrimSpace(lines[1]) != "" || !rePageSender.MatchString(strings.TrimSpace(lines[2])) {
		return false
	}
	_, err := mail.ParseDate(strings.TrimSpace(lines[3]))
	return err == nil
}

// pageTextMail makes a mail of the plain text of a page.
func pageTextMail(text string) string {
	lines := strings.SplitN(text, "\n", 5)
	sender := rePageSender.FindStringSubmatch(strings.TrimSpace(lines[2]))
	body := rePageFooter.ReplaceAllString(lines[4], "\n")
	return composeMail(lines[0], sender[2], sender[1], lines[3], "", strings.TrimLeft(body, "\n"))
}

// pageMail makes a mail of an HTML page.
func pageMail(page string) (string, error) {
	subject := reHTMLSubject.FindStringSubmatch(page)
	sender := reHTMLSender.FindStringSubmatch(page)
	date := reHTMLDate.FindStringSubmatch(page)
	body := reHTMLBody.FindStringSubmatch(page)
	if subject == nil || sender == nil || date == nil || body == nil {
		return "", fmt.Errorf("%w: an HTML page, but none of a pipermail archive", ErrNoPatches)
	}
	// The page offers to answer it, and so names its own Message-ID as In-Reply-To.
	id := ""
	if _, query, ok := strings.Cut(html.UnescapeString(sender[2]), "?"); ok {
		if values, err := url.ParseQuery(query); err == nil {
			id = mail.FirstID(values.Get("In-Reply-To"))
		}
	}
	return composeMail(plainText(subject[1]), plainText(sender[3]), plainText(sender[1]), plainText(date[1]), id, htmlText(body[1])), nil
}

// plainText returns the text of a piece of HTML in one line.
func plainText(s string) string { return strings.TrimSpace(mail.SqueezeSpace(htmlText(s))) }

func htmlText(s string) string { return html.UnescapeString(reHTMLTag.ReplaceAllString(s, "")) }

// composeMail writes a mail with the headers that a page shows. What is encoded in a page may hold the end of a line, behind
// which a header would be forged.
func composeMail(subject, address, name, date, id, body string) string {
	var b strings.Builder
	header := func(name, value string) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.TrimSpace(mail.SqueezeSpace(value)))
	}
	header("From", address+" ("+name+")")
	header("Date", date)
	header("Subject", subject)
	if id != "" {
		header("Message-ID", "<"+id+">")
	}
	b.WriteString("\n" + body)
	return b.String()
}
