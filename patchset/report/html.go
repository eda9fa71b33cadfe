// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed report.html.tmpl
var htmlSource string

// WriteHTML writes r as one page that needs nothing else: no script, no style sheet, no image,
// and a policy that keeps a browser from loading any. Control characters, and bytes that are no UTF-8, are escaped as
// in text.
func WriteHTML(w io.Writer, r *Report) error {
	t, err := template.New("report").Funcs(template.FuncMap{"count": CountLine, "plural": Plural}).Parse(htmlSource)
	if err != nil {
		return err
	}
	screen := &Screen{W: w}
	if err := t.Execute(screen, r); err != nil {
		return err
	}
	return screen.Close()
}
