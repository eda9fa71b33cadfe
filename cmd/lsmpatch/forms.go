// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/config"
	"github.com/lsmpatch/lsmpatch/internal/fleet/schedule"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/hooks"
	"github.com/lsmpatch/lsmpatch/internal/pull"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/patchset/report/page"
	"github.com/lsmpatch/lsmpatch/patchset/report/reply"
	"github.com/lsmpatch/lsmpatch/series"
)

// reportForms are the forms of a report, by the names that --format and --report know.
func reportForms() map[string]reportForm {
	return map[string]reportForm{
		"text":          func(w io.Writer, r *report.Report) error { return report.WriteText(w, r, nil) },
		"attachments":   report.WriteAttachments,
		"json":          func(w io.Writer, r *report.Report) error { return report.WriteJSON(w, r) },
		"html":          page.Write,
		"junit":         report.WriteJUnit,
		"sarif":         report.WriteSARIF,
		"gcc":           report.WriteGCC,
		"github":        report.WriteGitHub,
		"github-status": report.WriteGitHubStatus,
		"gitlab":        report.WriteGitLab,
		"kcidb":         report.WriteKCIDB,
		"patchwork":     report.WritePatchwork,
		formatB4:        report.WriteB4,
		"reply":         reply.Write,
	}
}

// formEndings say the form by the end of a file's name.
var formEndings = map[string]string{".txt": "text", ".json": "json", ".html": "html", ".xml": "junit", ".sarif": "sarif", ".eml": "reply"}

// findingForms are those that verbs have which report findings alone.
var findingForms = []string{"gcc", "github", "gitlab", "html", "junit", "sarif"}

// formsOf returns the forms besides text and JSON that a verb's result has.
func formsOf(cmd *cobra.Command) []string {
	switch cmd.CommandPath() {
	case "lsmpatch premerge":
		return slices.DeleteFunc(slices.Sorted(maps.Keys(reportForms())), func(name string) bool { return name == "text" || name == "json" })
	case "lsmpatch plan":
		return schedule.Forms()
	case "lsmpatch series info":
		return []string{formatRecipients}
	case "lsmpatch series check", "lsmpatch hooks check":
		return findingForms
	}
	return nil
}

// reportWriter returns the form of a file: what stands before "=", else what the ending tells; and its name.
func reportWriter(arg string) (reportForm, string, error) {
	forms := reportForms()
	if name, file, ok := strings.Cut(arg, "="); ok && forms[name] != nil && file != "" {
		return forms[name], file, nil
	}
	ext := filepath.Ext(arg)
	if form := formEndings[ext]; form != "" {
		return forms[form], arg, nil
	}
	return nil, "", hint.Wrap(fmt.Errorf("--report %s: no form of a report ends in %q", arg, ext),
		"the endings are .txt, .json, .html, .xml (JUnit), .sarif and .eml; FORM=FILE takes any name, where FORM is "+strings.Join(slices.Sorted(maps.Keys(forms)), ", "))
}

// rules says of each check that reports tell of what it looks for.
func rules() map[string]report.Rule {
	all := map[string]report.Rule{}
	for _, list := range [][]*check.Check{series.Checks(), pull.Checks(), hooks.Checks(nil)} {
		for _, c := range list {
			all[c.ID] = report.Rule{What: c.What, Why: c.Why}
		}
	}
	for _, typ := range checkpatch.Types() {
		why, err := checkpatch.Explain(typ)
		if err != nil {
			why = ""
		}
		all["checkpatch/"+typ] = report.Rule{What: "checkpatch.pl's " + typ, Why: why}
	}
	return all
}

// contextOf says who tells others about a series.
func contextOf(c *config.Config) report.Context {
	if c == nil {
		return report.Context{}
	}
	return report.Context{Name: c.Publish.Context, URL: c.Publish.TargetURL, Origin: c.Publish.Origin}
}

// showAsReport writes the findings of a verb in one of [findingForms].
func (a *app) showAsReport(step string, findings []report.Finding) error {
	r := a.emptyReport()
	status := report.Passed
	if report.AnyError(findings) {
		status = report.Failed
	}
	r.Rules, r.Context = rules(), contextOf(a.conf)
	r.Steps = []report.Step{{Name: step, Status: status, Summary: report.CountLine(findings), Findings: findings}}
	return reportForms()[a.format](a.stdout, r)
}
