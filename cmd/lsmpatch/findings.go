// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// judge returns findings as the project's configuration wants them; never nil.
func (a *app) judge(findings []report.Finding) ([]report.Finding, error) {
	config, err := a.config()
	if err != nil {
		return nil, err
	}
	return append([]report.Finding{}, config.Apply(findings)...), nil
}

// showFindings writes findings, those of a step of premerge, or result as JSON. The error says whether the series is at fault.
func (a *app) showFindings(step string, findings []report.Finding, result any) error {
	if slices.Contains(findingForms, a.format) {
		if err := a.showAsReport(step, findings); err != nil {
			return err
		}
		return atFault(findings)
	}
	err := a.emit(result, func(w io.Writer, opts *report.TextOptions) error {
		if err := report.WriteFindings(w, findings, opts); err != nil {
			return err
		}
		_, err := fmt.Fprintln(w, report.CountLine(findings))
		return err
	})
	if err != nil {
		return err
	}
	return atFault(findings)
}

// atFault returns errFault where a finding of severity error stands.
func atFault(findings []report.Finding) error {
	if report.AnyError(findings) {
		return errFault
	}
	return nil
}
