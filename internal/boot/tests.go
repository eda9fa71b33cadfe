// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/boot/klog"
	"github.com/lsmpatch/lsmpatch/internal/boot/ktap"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// The checks of tests.
const (
	checkTestFailed  = "boot/test-failed"
	checkTestMissing = "boot/test-missing"
	checkTestSkipped = "boot/test-skipped"
	checkTestFlaky   = "boot/test-flaky"
)

// skipStatus is how a kselftest says that it cannot run here (KSFT_SKIP), as wait(2) has it.
const skipStatus = 4 << 8

// notStarted is how init says that it could not start a program.
const notStarted = 126 << 8

// judgeTests reads the results of the tests that ran in the kernel and in the guest.
func (m *machine) judgeTests(r *Result, c *console) {
	r.Tests = c.tests.Tests()
	flaky := map[string]bool{}
	if r.Facts != nil {
		for _, runs := range sameName(r.Facts.Runs) {
			tests := programTests(runs, flaky)
			if i := slices.IndexFunc(m.opts.Programs, func(p Program) bool { return p.Name == runs[0].Name }); i >= 0 {
				locate(tests, m.opts.Programs[i].Source)
			}
			r.Tests = append(r.Tests, tests...)
		}
	}
	if m.opts.KUnit && r.Booted && !c.tests.Seen() {
		r.Findings = append(r.Findings, report.Finding{Check: checkTestMissing, Severity: report.Error,
			Message: "no test of KUnit told a result", Hint: "the kernel needs CONFIG_KUNIT=y, and kunit.enable=0 must not be on its command line"})
	}
	r.Findings = append(r.Findings, m.testFindings(r, flaky)...)
	if n := c.tests.More(); n > 0 {
		r.Findings = append(r.Findings, report.Finding{Check: checkTestMissing, Severity: report.Error,
			Message: fmt.Sprintf("%d results of tests are more than are kept", n)})
	}
}

// locate puts the folder of a program's source before the names of files that have none.
func locate(tests []ktap.Test, source string) {
	for i, t := range tests {
		if t.File != "" && !strings.Contains(t.File, "/") {
			tests[i].File = path.Join(source, t.File)
		}
	}
}

// sameName puts the runs of a program together.
func sameName(runs []Ran) [][]Ran {
	var res [][]Ran
	for _, run := range runs {
		if n := len(res); n > 0 && res[n-1][0].Name == run.Name {
			res[n-1] = append(res[n-1], run)
			continue
		}
		res = append(res, []Ran{run})
	}
	return res
}

// programTests returns the tests of a program, by its last run. What failed in the first and passed
// in the second is flaky.
func programTests(runs []Ran, flaky map[string]bool) []ktap.Test {
	first := ranTests(&runs[0])
	last := ranTests(&runs[len(runs)-1])
	failed := map[string]bool{}
	for _, t := range first {
		failed[t.Name] = bad(t.Status)
	}
	for _, t := range last {
		if !bad(t.Status) && failed[t.Name] {
			flaky[t.Name] = true
		}
	}
	if len(runs) > 1 && runs[1].Status == 0 && len(first) > 0 && !slices.ContainsFunc(first, func(t ktap.Test) bool { return flaky[t.Name] }) {
		flaky[runs[0].Name] = true // it ended ill the first time, with another list of tests
	}
	return last
}

func bad(s ktap.Status) bool { return s != ktap.Passed && s != ktap.Skipped }

// ranTests reads what one run printed. How the program ended is a result of its own, where no test
// accounts for it.
func ranTests(ran *Ran) []ktap.Test {
	var reader ktap.Reader
	lines := strings.Split(ran.Output, "\n")
	for _, line := range lines {
		reader.Line(strings.TrimRight(line, "\r"))
	}
	var tests []ktap.Test
	failed := false
	own := ktap.Test{Name: ran.Name, Status: ktap.Passed, Reason: ran.ended()}
	switch {
	case ran.Status == skipStatus:
		own.Status = ktap.Skipped
	case ran.Status != 0:
		own.Status = ktap.Failed
	}
	ended := ran.Late || ran.Status&0x7f != 0 // by no doing of its own
	for _, t := range reader.Tests() {
		if ran.Dropped > 0 && (t.Status == ktap.Broken || t.Status == ktap.Missing) {
			t.Reason = fmt.Sprintf("its output was cut, by %d bytes", ran.Dropped)
		}
		if t.OfAll && t.Name == ktap.All {
			if own.Status != ktap.Failed {
				own.Status = t.Status
			}
			own.Reason = strings.TrimPrefix(own.Reason+"; "+t.Reason, "; ")
			ended = true
			continue
		}
		t.Name = ran.Name + "." + t.Name
		tests = append(tests, t)
		failed = failed || bad(t.Status)
	}
	switch {
	case ended:
	case failed && own.Status == ktap.Failed, len(tests) > 0 && own.Status != ktap.Failed:
		return tests
	}
	own.Lines = lines[max(0, len(lines)-21):]
	return append(tests, own)
}

// ended puts into words how a program ended, "" for well.
func (ran *Ran) ended() string {
	signal := ran.Status & 0x7f
	switch {
	case ran.Late:
		return "its time ran out"
	case ran.Status < 0, ran.Status == notStarted:
		return "it could not be started"
	case signal != 0:
		return fmt.Sprintf("ended by signal %d (%s)", signal, unix.SignalName(unix.Signal(signal)))
	case ran.Status == skipStatus:
		return "it cannot run here"
	case ran.Status != 0:
		return fmt.Sprintf("it exited with %d", ran.Status>>8&0xff)
	}
	return ""
}

// A tally is what the tests of a boot come to.
type tally struct {
	m        *machine
	r        *Result
	findings []report.Finding
	ran      map[string]bool
	skipped  map[string]int // by suite
	// ended has which finding says of a suite or program that it did not come to its tests, or not to its end.
	ended map[string]int
	// lost are tests and suites that the end of the kernel, which has findings of its own, has cost.
	lost []string
}

// testFindings says which tests failed, are missing, or were skipped, and which of that is new.
func (m *machine) testFindings(r *Result, flaky map[string]bool) []report.Finding {
	y := &tally{m: m, r: r, ran: map[string]bool{}, skipped: map[string]int{}, ended: map[string]int{}}
	for i := range r.Tests {
		y.test(&r.Tests[i], flaky)
	}
	for _, name := range slices.Sorted(maps.Keys(y.skipped)) {
		y.findings = append(y.findings, report.Finding{Check: checkTestSkipped, Severity: report.Note,
			Message: fmt.Sprintf("%s of %s skipped", report.Plural(y.skipped[name], "test"), name)})
	}
	if len(r.Tests) > 0 || !r.Booted {
		y.gone()
	}
	if len(y.lost) > 0 {
		y.findings = append(y.findings, report.Finding{Check: checkTestMissing, Severity: report.Note,
			Message: "tests did not run, or to their end, since the kernel did not come so far: " + short(y.lost), Detail: strings.Join(y.lost, "\n")})
	}
	return y.findings
}

// test takes one result.
func (y *tally) test(t *ktap.Test, flaky map[string]bool) {
	y.ran[t.Name] = true
	tell := func(check string, severity report.Severity, what string) *report.Finding {
		y.findings = append(y.findings, y.m.testFinding(t, check, severity, what))
		return &y.findings[len(y.findings)-1]
	}
	switch {
	case t.OfAll && t.Status != ktap.Failed && !y.r.Booted:
		y.lost = append(y.lost, t.Name)
		return
	case t.Status == ktap.Skipped && y.m.base.tests[t.Name] == ktap.Passed:
		tell(checkTestSkipped, report.Warning, "is skipped, and passes on the base")
	case t.Status == ktap.Skipped:
		y.skipped[suite(t.Name)]++
	case t.Status == ktap.Failed:
		f := tell(checkTestFailed, report.Error, "failed")
		if why := explained(t, y.r); why != "" && f.Severity == report.Error {
			f.Severity, f.Hint = report.Note, why
		}
	case t.Status == ktap.Missing:
		tell(checkTestMissing, report.Error, "gave no result")
	case t.Status == ktap.Broken:
		tell(checkTestMissing, report.Error, "was broken off")
	case flaky[t.Name]:
		tell(checkTestFlaky, report.Warning, "is flaky: it failed, and passed when it was run again")
	}
	if bad(t.Status) && (t.OfAll || t.Name == suite(t.Name)) {
		y.ended[suite(t.Name)] = len(y.findings) - 1
	}
}

// gone tells of tests that pass on the base and gave no result here: an error where their suite did not
// run; where it ran to its end the series took them away.
func (y *tally) gone() {
	here := map[string]bool{}
	for _, t := range y.r.Tests {
		here[suite(t.Name)] = true
	}
	gone := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(y.m.base.tests)) {
		if !y.ran[name] && y.m.base.tests[name] == ktap.Passed {
			gone[suite(name)] = append(gone[suite(name)], name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		tests, detail := report.Plural(len(gone[name]), "test"), strings.Join(gone[name], "\n")
		if i, ok := y.ended[name]; ok { // which says why
			f := &y.findings[i]
			f.Detail = strings.TrimSpace(f.Detail + "\n" + tests + " of it that the base passes did not run:\n" + detail)
			continue
		}
		if !y.r.Booted {
			y.lost = append(y.lost, gone[name]...)
			continue
		}
		f := report.Finding{Check: checkTestMissing, Severity: report.Error, Detail: detail,
			Message: fmt.Sprintf("%s of %s did not run, which the base passes: %s", tests, name, short(gone[name]))}
		if here[name] {
			f.Severity, f.Hint = report.Warning, "the others of "+name+" ran: the series removes these, or gives them other names"
		}
		y.findings = append(y.findings, f)
	}
}

// short names the first few.
func short(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + "…"
	}
	return strings.Join(names, ", ")
}

// explained says why the failure of a test is no finding of its own, "" for no reason that is known here.
func explained(t *ktap.Test, r *Result) string {
	if t.Reason == ktap.Crashed && slices.ContainsFunc(r.Findings, func(f report.Finding) bool {
		return f.Severity == report.Error && strings.Contains(f.Detail, whileSuite(suite(t.Name)))
	}) {
		return "the kernel's own report of that is told"
	}
	if r.Facts != nil && slices.Contains(r.Facts.IDs, 0) && strings.Contains(t.Name, "lsm_list_modules_test.") && strings.HasSuffix(t.Name, ".correct_lsm_list_modules") {
		return "the test knows no LSM without an ID, which one of the active ones is"
	}
	return ""
}

func suite(name string) string {
	first, _, _ := strings.Cut(name, ".")
	return first
}

func (m *machine) testFinding(t *ktap.Test, check string, severity report.Severity, what string) report.Finding {
	f := report.Finding{Check: check, Severity: severity, Message: "test " + t.Name + " " + what,
		Detail: strings.TrimSpace(strings.Join(t.Lines, "\n")), File: klog.InTree(t.File), Line: t.Line}
	if t.Reason != "" {
		f.Message += ": " + t.Reason
	}
	if old, ok := m.base.tests[t.Name]; ok && bad(old) && severity == report.Error {
		f.Severity, f.Hint = report.Note, "it does on the base too"
	}
	return f
}

// Tally counts the tests by how they ended: "357 tests, 355 passed, 2 skipped".
func (r *Result) Tally() string {
	count := map[ktap.Status]int{}
	for _, t := range r.Tests {
		count[t.Status]++
	}
	line := report.Plural(len(r.Tests), "test")
	for _, s := range []ktap.Status{ktap.Passed, ktap.Failed, ktap.Skipped, ktap.Missing, ktap.Broken} {
		if count[s] > 0 {
			line += fmt.Sprintf(", %d %s", count[s], s)
		}
	}
	return line
}
