// SPDX-License-Identifier: GPL-2.0-only

// Package page writes a report as a page for a browser, and gives its parts to those who make pages of their own.
//
// For most uses, call [Write]. A page needs nothing else: no script, no other file, and a policy that keeps a browser from loading
// any. [Parts] are the templates, by name:
//
//	head      of a string, the title: all of <head>, with the policy and the style
//	verdict   of a [View]: the heading, and what the verdict stands on
//	facts     of a [View]: series, tree, run
//	steps     of a [View]: the table of the steps
//	findings  of a [View]: those of each step
//	changes   of a [View]: what became of each patch since the version before
//	patches   of a [View]: the diffs, with findings at their lines and marks of what was compiled
//	folded    of a [View]: how to do it again, and the attachments
//	body      of a [View]: all of these
//
// All text is escaped where it stands for something else to a browser, and where a reader would not see it.
package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

//go:embed parts.html.tmpl
var parts string

//go:embed style.css
var style string

// Policy is the Content-Security-Policy of a page: nothing is loaded, sent or framed, and the style is the one that it carries.
func Policy() string { return PolicyOf(style) }

// Style is that of a page.
func Style() string { return style }

// PolicyOf is [Policy] for a page with another style.
func PolicyOf(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'none'; base-uri 'none'"
}

// Parts returns the templates that pages are made of, to add others to.
func Parts() (*template.Template, error) {
	return template.New("parts").Funcs(template.FuncMap{
		"count": report.CountLine, "plural": report.Plural,
		"style": func() template.CSS { return template.CSS(style) }, "policy": Policy,
		"lines": diffText,
	}).Parse(parts)
}

// Write writes r as one page.
func Write(w io.Writer, r *report.Report) error {
	t, err := Parts()
	if err != nil {
		return err
	}
	return Execute(w, t, "page", NewView(r))
}

// Execute executes a template; what a reader would not see is escaped as in text.
func Execute(w io.Writer, t *template.Template, name string, data any) error {
	screen := &report.Screen{W: w}
	if err := t.ExecuteTemplate(screen, name, data); err != nil {
		return err
	}
	return screen.Close()
}
