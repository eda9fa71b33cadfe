// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
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
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
}

type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	SemVer  string      `json:"semanticVersion,omitempty"`
	URI     string      `json:"informationUri"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Short   sarifText `json:"shortDescription"`
	Full    sarifText `json:"fullDescription"`
	Help    sarifText `json:"help"`
	Default struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
	Properties struct {
		Tags []string `json:"tags"`
	} `json:"properties"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    int                `json:"ruleIndex"`
	Level        string             `json:"level"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations"`
	Fingerprints map[string]string  `json:"partialFingerprints"`
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

// home is where a person reads about this program.
const home = "https://github.com/lsmpatch/lsmpatch"

// WriteSARIF writes r as SARIF 2.1.0, the OASIS form that code hosts show beside the code. GitHub takes a file as a whole or not at
// all, so each result has a location: one about a patch that of its first file, one about the series that of the first patch.
func WriteSARIF(w io.Writer, r *Report) error {
	var run sarifRun
	name, version, _ := strings.Cut(r.Tool, " ")
	run.Tool.Driver = sarifDriver{Name: cmp.Or(name, "lsmpatch"), Version: version, URI: home, Rules: []sarifRule{}}
	switch number, ok := strings.CutPrefix(version, "v"); {
	case ok:
		run.Tool.Driver.SemVer = number
	case !strings.ContainsAny(version, "0123456789"):
		run.Tool.Driver.Version = "0.0.0-" + cmp.Or(version, "unknown") // a version has a number
	}
	run.Results = []sarifResult{}
	run.Invocations = []sarifInvocation{{Successful: r.FirstBroken() == nil}}
	for _, s := range r.Steps {
		if s.Status == Broken {
			run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{"error", sarifText{withHint(s.Name+": "+s.Summary, s.Hint)}})
		}
	}
	index := map[string]int{}
	prints, places := fingerprints{}, r.places()
	for _, f := range r.Findings() {
		at, ok := index[f.Check]
		if !ok {
			at = len(run.Tool.Driver.Rules)
			index[f.Check] = at
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(f, r.Rules[f.Check]))
		}
		res := sarifFinding(f, places.of(f))
		res.RuleIndex, res.Fingerprints = at, map[string]string{"lsmpatch/v1": prints.of(f)}
		run.Results = append(run.Results, res)
	}
	return WriteJSON(w, sarifLog{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		// The version of the format, not ours.
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	})
}

// wordsOf makes a name of an ID, as SARIF wants rules to be called: HooksShimType.
func wordsOf(id string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(id, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		r, size := utf8.DecodeRuneInString(word)
		b.WriteString(string(unicode.ToUpper(r)) + strings.ToLower(word[size:]))
	}
	return cmp.Or(b.String(), "Check")
}

// sarifRuleOf describes the check of a finding, by the finding itself where nobody knows the check.
func sarifRuleOf(f Finding, rule Rule) sarifRule {
	what := cmp.Or(rule.What, f.Message)
	out := sarifRule{ID: f.Check, Name: wordsOf(f.Check), Short: sarifText{f.Check}, Full: sarifText{what}, Help: sarifText{cmp.Or(rule.Why, f.Hint, what)}}
	if rule.What != "" {
		out.Short.Text = rule.What
	}
	out.Default.Level = f.Severity.String()
	group, _, _ := strings.Cut(f.Check, "/")
	out.Properties.Tags = []string{group}
	return out
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

func sarifFinding(f Finding, at place) sarifResult {
	text := f.Message
	if f.File == "" && f.Patch > 0 {
		text = fmt.Sprintf("patch %d: %s", f.Patch, text)
	}
	// SARIF's levels for results have our names.
	res := sarifResult{RuleID: f.Check, Level: f.Severity.String(), Message: sarifText{withHint(text, f.Hint)}}
	var loc sarifLocation
	loc.Physical.Artifact.URI = reference(at.file)
	loc.Physical.Region = &sarifRegion{at.line, f.Column}
	res.Locations = []sarifLocation{loc}
	if f.Waived != "" {
		res.Suppressions = []sarifSuppression{{"external", f.Waived}}
	}
	return res
}
