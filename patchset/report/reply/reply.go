// SPDX-License-Identifier: GPL-2.0-only

// Package reply writes what a report says as a draft of a mail to the author of the series. Nobody sends it but the user.
package reply

import (
	"cmp"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/patchset/report/page"
)

const (
	// quoted is how many lines of the diff are quoted above the one that a finding is about.
	quoted = 4
	// columns is how wide text of ours is.
	columns = 72
)

// Write writes a mail with the errors and warnings of r, as git send-email takes it: in reply to the patch that all of them are
// about, else to the cover letter, else to the first patch; below the lines of the diffs that they are about. It has no From, no
// Date and no Message-ID, which the one who sends it gives.
func Write(w io.Writer, r *report.Report) error {
	v := page.NewView(r)
	var b strings.Builder
	to := target(v)
	Headers(&b, "", to)
	if from := report.Printable(to.From); from != "" {
		fmt.Fprintf(&b, "On %s, %s wrote:\n\n", to.Date.Format("Mon, 2 Jan 2006 15:04:05 -0700"), from)
	}
	said := body(&b, v)
	if !said {
		fmt.Fprintf(&b, "%s\n\n", fill("No errors and no warnings: "+r.Series.Title+"."))
	}
	fmt.Fprintf(&b, "-- \n%s\n", report.Printable(r.Tool))
	screen := &report.Screen{W: w}
	if _, err := io.WriteString(screen, b.String()); err != nil {
		return err
	}
	return screen.Close()
}

// told reports whether a finding belongs into a mail.
func told(f *page.FindingView) bool { return f.Standing() && f.Severity >= report.Warning }

// target chooses the mail that is answered.
func target(v *page.View) report.Mail {
	patches := map[int]bool{}
	for _, s := range v.Steps {
		for _, f := range s.Findings {
			if told(f) {
				patches[f.Patch] = true
			}
		}
	}
	for _, p := range v.Report.Patches {
		if len(patches) == 1 && patches[p.Index] {
			return p.Mail
		}
	}
	switch {
	case v.Cover != nil:
		return *v.Cover
	case len(v.Report.Patches) > 0:
		return v.Report.Patches[0].Mail
	}
	return report.Mail{Subject: v.Series.Title}
}

// Headers writes the head of a mail from one, "" where the user's own program says whom, that answers to and goes to all who
// got that. What is no address, or no Message-ID, is left out: nothing of a mail begins a header.
func Headers(b *strings.Builder, from string, to report.Mail) {
	list(b, "From", []string{from}, map[string]bool{})
	seen := map[string]bool{}
	list(b, "To", []string{to.From}, seen)
	list(b, "Cc", slices.Concat(to.To, to.Cc), seen)
	subject := strings.Join(strings.Fields(report.Printable(to.Subject)), " ")
	if !strings.HasPrefix(strings.ToLower(subject), "re:") {
		subject = "Re: " + subject
	}
	fmt.Fprintf(b, "Subject: %s\n", mime.QEncoding.Encode("UTF-8", subject))
	if id := identifier(to.MessageID); id != "" {
		var ids []string
		for _, ref := range append(slices.Clone(to.References), to.MessageID) {
			if ref = identifier(ref); ref != "" && !slices.Contains(ids, ref) {
				ids = append(ids, ref)
			}
		}
		fmt.Fprintf(b, "In-Reply-To: %s\nReferences: %s\n", id, strings.Join(ids, "\n "))
	}
	b.WriteString("MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n")
}

// list writes a header of addresses, each of which seen has not.
func list(b *strings.Builder, name string, addresses []string, seen map[string]bool) {
	var out []string
	for _, text := range addresses {
		a := address(text)
		if a == nil || seen[strings.ToLower(a.Address)] {
			continue
		}
		seen[strings.ToLower(a.Address)] = true
		out = append(out, a.String())
	}
	if len(out) > 0 {
		fmt.Fprintf(b, "%s: %s\n", name, strings.Join(out, ",\n "))
	}
}

// address reads "Name <address>", also of a name that a header would have in quotes, or an address alone. A name that would hide
// something is left out; nil is no address.
func address(text string) *mail.Address {
	a, err := mail.ParseAddress(text)
	if at := strings.LastIndexByte(text, '<'); err != nil && at >= 0 && !strings.ContainsAny(text[:at], "<>") {
		if a, err = mail.ParseAddress(text[at:]); err == nil {
			a.Name = strings.TrimSpace(text[:at])
		}
	}
	if err != nil || report.Printable(a.Address) != a.Address {
		return nil
	}
	if report.Printable(a.Name) != a.Name {
		a.Name = ""
	}
	return a
}

// identifier returns a Message-ID in its brackets, or "" for what would break a header.
func identifier(id string) string {
	if id == "" || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' }) {
		return ""
	}
	return "<" + id + ">"
}

// body writes all findings that are told, and reports whether there is one.
func body(b *strings.Builder, v *page.View) bool {
	said := false
	for _, s := range v.Steps {
		if s.Status == report.Broken {
			fmt.Fprintf(b, "[%s]\n\n", report.Printable(s.Name+" could not be done: "+s.Summary))
		}
		for _, f := range s.Findings {
			if told(f) && f.Patch == 0 && f.Row == "" {
				comment(b, f)
				said = true
			}
		}
	}
	for _, p := range v.Diffs {
		said = patch(b, v, p) || said
	}
	return said
}

// patch writes what is said of one patch: first of it as a whole, then of its lines in their order.
func patch(b *strings.Builder, v *page.View, p page.PatchView) bool {
	said := false
	title := func() {
		if !said && len(v.Diffs) > 1 {
			fmt.Fprintf(b, "%s\n\n", report.Printable(fmt.Sprintf("Patch %d, %s:", p.Index, p.Title)))
		}
		said = true
	}
	for _, s := range v.Steps {
		for _, f := range s.Findings {
			if told(f) && f.Patch == p.Index && f.Row == "" {
				title()
				comment(b, f)
			}
		}
	}
	for _, file := range p.Files {
		for i, row := range file.Rows {
			if !slices.ContainsFunc(row.Findings, told) {
				continue
			}
			title()
			quote(b, file, i)
			for _, f := range row.Findings {
				if told(f) {
					comment(b, f)
				}
			}
		}
	}
	return said
}

// quote writes the lines above row i of a file, and that one, with the head of the hunk.
func quote(b *strings.Builder, file page.FileView, i int) {
	name := report.Printable(file.Name)
	fmt.Fprintf(b, "> +++ b/%s\n", name)
	head := i
	for head > 0 && file.Rows[head].Op != "@" {
		head--
	}
	if file.Rows[head].Op == "@" {
		fmt.Fprintf(b, "> %s\n", strings.TrimRight(report.Printable(file.Rows[head].Text), " "))
	}
	for _, row := range file.Rows[max(head+1, i-quoted) : i+1] {
		fmt.Fprintf(b, "> %s%s\n", row.Op, report.Printable(row.Text))
	}
	b.WriteByte('\n')
}

// comment writes what a finding says.
func comment(b *strings.Builder, f *page.FindingView) {
	text := f.Severity.String() + ": " + f.Message
	if f.Row == "" && f.File != "" {
		text = f.Position() + ": " + text
	}
	b.WriteString(fill(text+" ["+f.Check+"]") + "\n")
	for line := range strings.Lines(f.Detail) {
		b.WriteString("    " + report.Printable(strings.TrimRight(line, "\n")) + "\n")
	}
	if f.Hint != "" {
		b.WriteString(fill("Hint: "+f.Hint) + "\n")
	}
	b.WriteByte('\n')
}

// fill breaks text at spaces. A line that git send-email would read as "Cc: address", or as one of the tags whose people get a copy
// as well, is indented: what a series says chooses nobody.
func fill(text string) string {
	text = strings.Join(strings.Fields(report.Printable(text)), " ")
	text = strings.TrimSuffix(report.Wrap("", cmp.Or(text, "-"), columns), "\n")
	return copied.ReplaceAllString(text, "  $0")
}

var copied = lazyregexp.New(`(?im)^([a-z][a-z-]*-by|Cc):`)
