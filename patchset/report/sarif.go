// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"io"
	"net/url"
	"strings"
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifDriver struct {
	Name  string      `json:"name"`
	Rules []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID string `json:"id"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	Level        string             `json:"level"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations,omitempty"`
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact struct {
		URI string `json:"uri"`
	} `json:"artifactLocation"`
	Region *sarifRegion `json:"region,omitempty"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification"`
}

// WriteSARIF writes r as SARIF 2.1.0, the OASIS form that code hosts show beside the code.
func WriteSARIF(w io.Writer, r *Report) error {
	var run sarifRun
	run.Tool.Driver = sarifDriver{Name: r.Tool, Rules: []sarifRule{}}
	run.Results = []sarifResult{}
	seen := map[string]bool{}
	for _, f := range r.Findings() {
		if !seen[f.Check] {
			seen[f.Check] = true
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{f.Check})
		}
		run.Results = append(run.Results, sarifFinding(f))
	}
	return WriteJSON(w, sarifLog{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		// The version of the format, not ours.
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	})
}

// reference returns the path of a file as a relative reference, RFC 3986, 4.2: percent-encoded, without anything
// that would pass for a scheme or a host.
func reference(file string) string {
	parts := strings.Split(file, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	if parts[0] == "" || strings.Contains(parts[0], ":") {
		parts = append([]string{"."}, parts...)
	}
	return strings.Join(parts, "/")
}

func sarifFinding(f Finding) sarifResult {
	// SARIF's levels for results have our names.
	res := sarifResult{RuleID: f.Check, Level: f.Severity.String(), Message: sarifText{f.Message}}
	if f.Hint != "" {
		res.Message.Text += "\nhint: " + f.Hint
	}
	if f.File != "" {
		var loc sarifLocation
		loc.Physical.Artifact.URI = reference(f.File)
		if f.Line > 0 {
			loc.Physical.Region = &sarifRegion{f.Line, f.Column}
		}
		res.Locations = []sarifLocation{loc}
	}
	if f.Waived != "" {
		res.Suppressions = []sarifSuppression{{"external", f.Waived}}
	}
	return res
}
