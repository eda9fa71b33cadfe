// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Stamp    string      `xml:"timestamp,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Time    string       `xml:"time,attr,omitempty"`
	Failure *junitReason `xml:"failure,omitempty"`
	Error   *junitReason `xml:"error,omitempty"`
	Skipped *junitReason `xml:"skipped,omitempty"`
	Out     string       `xml:"system-out,omitempty"`
}

type junitReason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes r in the JUnit XML form that CI systems read: a suite a step, a test case
// for the step itself and one for each finding. Only findings of severity error are failures.
func WriteJUnit(w io.Writer, r *Report) error {
	doc := junitSuites{Name: r.Tool, Time: fmt.Sprintf("%.3f", r.Seconds)}
	for _, s := range r.Steps {
		suite := junitSteps(s)
		suite.Stamp = r.Started.UTC().Format("2006-01-02T15:04:05")
		doc.Suites = append(doc.Suites, suite)
		doc.Tests, doc.Failures = doc.Tests+suite.Tests, doc.Failures+suite.Failures
		doc.Errors, doc.Skipped = doc.Errors+suite.Errors, doc.Skipped+suite.Skipped
	}
	screen := &Screen{W: w} // XML has no form at all for most control characters
	if _, err := io.WriteString(screen, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(screen)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	if _, err := io.WriteString(screen, "\n"); err != nil {
		return err
	}
	return screen.Close()
}

func junitSteps(s Step) junitSuite {
	suite := junitSuite{Name: s.Name, Time: fmt.Sprintf("%.3f", s.Seconds)}
	step := junitCase{Class: s.Name, Name: s.Name, Time: suite.Time, Out: PrintableText(s.Summary)}
	switch s.Status {
	case Skipped:
		step.Skipped, suite.Skipped = &junitReason{Message: PrintableText(s.Summary)}, 1
	case Broken:
		step.Error, suite.Errors = &junitReason{Message: PrintableText(s.Summary), Text: PrintableText(s.Hint)}, 1
	case Failed:
		step.Failure, suite.Failures = &junitReason{Message: PrintableText(s.Summary)}, 1
	}
	suite.Cases = append(suite.Cases, step)
	for i := range s.Findings {
		f := &s.Findings[i]
		var text strings.Builder
		writeFinding(&text, f, nil)
		c := junitCase{Class: s.Name, Name: Printable(strings.TrimSpace(f.Check + " " + f.Position()))}
		if f.Severity == Error && f.Waived == "" {
			c.Failure = &junitReason{Message: PrintableText(f.Message), Type: Printable(f.Check), Text: text.String()}
			suite.Failures++
		} else {
			c.Out = text.String()
		}
		suite.Cases = append(suite.Cases, c)
	}
	suite.Tests = len(suite.Cases)
	return suite
}
