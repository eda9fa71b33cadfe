// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed report.html.tmpl
var htmlSource string

// WriteHTML writes r as one page that needs nothing else: no script, no style sheet, no image.
func WriteHTML(w io.Writer, r *Report) error {
	t, err := template.New("report").Funcs(template.FuncMap{"count": CountLine, "plural": Plural}).Parse(htmlSource)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}
