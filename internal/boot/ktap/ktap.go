// SPDX-License-Identifier: GPL-2.0-only

// Package ktap reads the results of tests from the lines of a console or of a program: KTAP, as
// KUnit prints it (Documentation/dev-tools/ktap.rst), and TAP 13, as kselftests do.
//
// For most uses, call [Reader.Line] with each line, and [Reader.Tests] at the end. Lines of others
// may stand between; the results are found by their form. A subtest comes before the result of what
// it belongs to, four spaces deeper.
package ktap

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// A Status is how a test ended.
type Status string

// The statuses. Missing is a test of the plan that gave no result; Broken one that was running when
// the log ended.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Skipped Status = "skipped"
	Missing Status = "missing"
	Broken  Status = "broken"
)

// All is the name of what is about all tests, where none of them belongs to a suite.
const All = "tests"

// Crashed is the reason of a test that the kernel ended, and reported.
const Crashed = "it crashed"

// A Test is one result that has none below it.
type Test struct {
	// Name is the path from the suite on, with dots: "rust_doctests_kernel.rust_doctest_kernel_lsm_rs_0".
	Name   string `json:"name"`
	Status Status `json:"status"`
	// Reason is what a skipped or missing one says, or Directive of a result.
	Reason string `json:"reason,omitempty"`
	// Lines are what it printed about itself, 20 at most.
	Lines []string `json:"-"`
	// OfAll is whether it is about all tests of a program, not about one: that there are fewer or more than its plan has.
	OfAll bool `json:"-"`
	// File and Line are the place that it names, of the failure or of the test.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// Bounds on what is kept, whatever is read.
const (
	maxTests = 20000
	maxLines = 20
	maxDepth = 16
)

// A level is a plan that is being read.
type level struct {
	indent int
	name   string // of "# Subtest:"; "" at the top
	plan   int    // -1 where none was told
	seen   int
	failed bool
	tests  []Test
	lines  []string
}

// A Reader reads results. The zero value is ready.
type Reader struct {
	levels []*level
	tests  []Test
	more   int
	seen   bool
	gaveUp string
}

var (
	versionRE = lazyregexp.New(`^( *)K?TAP version \d+\s*$`)
	subtestRE = lazyregexp.New(`^( *)# Subtest: (.+?)\s*$`)
	planRE    = lazyregexp.New(`^( *)1\.\.(\d{1,6})(?: *# *(?i:skip)\S*\s*(.*))?\s*$`)
	resultRE  = lazyregexp.New(`^( *)(not )?ok (\d{1,6})(?: -)?(?: ([^#]*?))?\s*(?:# ?(SKIP|skip|TIMEOUT|TODO|XFAIL|xfail|timeout|todo)\b:?\s*(.*)|# (.*))?\s*$`)
	bailRE    = lazyregexp.New(`^ *Bail out!\s*(.*)$`)
	noteRE    = lazyregexp.New(`^( *)# (.*)$|^( +)(\S.*)$`)
	placeRE   = lazyregexp.New(`(?:at|location:|:) ?([\w./-]+\.(?:c|h|rs|S)):(\d+)`)
	// harnessRE is what tools/testing/selftests/kselftest_harness.h prints.
	harnessRE = lazyregexp.New(`^([\w./+-]+\.[ch]):(\d+):\w+:`)
)

// Line takes the next line, without its end and without a time stamp.
func (r *Reader) Line(text string) {
	if !strings.ContainsAny(text, "kPS1.#") && len(r.levels) == 0 {
		return
	}
	switch {
	case r.version(text), r.subtest(text), r.plan(text), r.result(text), r.bail(text):
	default:
		r.note(text)
	}
}

func (r *Reader) version(text string) bool {
	m := versionRE.FindStringSubmatch(text)
	if m != nil {
		r.open(len(m[1]))
	}
	return m != nil
}

// open begins a level, and ends those that are as deep.
func (r *Reader) open(indent int) *level {
	r.close(indent, "")
	if len(r.levels) >= maxDepth {
		return r.levels[len(r.levels)-1]
	}
	l := &level{indent: indent, plan: -1}
	r.levels = append(r.levels, l)
	return l
}

// at returns the level of an indentation; a new one where there is none.
func (r *Reader) at(indent int) *level {
	if n := len(r.levels); n > 0 && r.levels[n-1].indent == indent {
		return r.levels[n-1]
	}
	return r.open(indent)
}

func (r *Reader) subtest(text string) bool {
	m := subtestRE.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	l := r.at(len(m[1]))
	if l.name != "" || l.seen > 0 {
		l = r.open(len(m[1]))
	}
	l.name = m[2]
	return true
}

func (r *Reader) plan(text string) bool {
	m := planRE.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	l := r.at(len(m[1]))
	if l.plan >= 0 && l.seen > 0 {
		l = r.open(len(m[1]))
	}
	l.plan, _ = strconv.Atoi(m[2])
	return true
}

// bail takes the line by which a program gives up.
func (r *Reader) bail(text string) bool {
	m := bailRE.FindStringSubmatch(text)
	if m == nil || len(r.levels) == 0 {
		return false
	}
	r.gaveUp = strings.TrimSpace("it gave up: " + m[1])
	return true
}

// result takes a result: of a test, or of all that stands deeper.
func (r *Reader) result(text string) bool {
	m := resultRE.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	indent, name := len(m[1]), m[4]
	if name == "" {
		name = "test " + m[3]
	}
	below := r.below(indent, name)
	l := r.at(indent)
	l.seen++
	r.seen = true
	t := Test{Name: name, Status: Passed, Reason: strings.TrimSpace(m[6] + m[7])}
	switch strings.ToUpper(m[5]) {
	case "SKIP":
		t.Status = Skipped
	case "TODO", "XFAIL": // known to fail
	case "TIMEOUT":
		t.Status, t.Reason = Failed, "its time ran out"
	default:
		if m[2] != "" {
			t.Status = Failed
		}
	}
	t.take(l.lines)
	l.lines = nil
	switch {
	case below == nil || len(below.tests) == 0:
		if below != nil && len(t.Lines) == 0 {
			t.take(below.lines)
		}
		l.tests = append(l.tests, t)
	case t.Status == Failed && below.seen == 0: // it did not come to its tests
		t.take(below.lines)
		t.OfAll = true
		l.tests = append(l.tests, t)
		below.failed = true
	default:
		l.tests = append(l.tests, below.tests...)
		if t.Status == Failed && !below.failed { // what is told at its end alone
			l.tests = append(l.tests, t)
			below.failed = true
		}
	}
	l.failed = l.failed || t.Status == Failed || below != nil && below.failed
	r.flush(l)
	return true
}

// below ends the levels deeper than indent and returns them as one, the names of its tests with
// name before them.
func (r *Reader) below(indent int, name string) *level {
	if n := len(r.levels); n == 0 || r.levels[n-1].indent <= indent {
		return nil
	}
	return r.close(indent+1, name)
}

// close ends the levels of an indentation and deeper. The outermost of them is called name, where
// "# Subtest:" did not name it.
func (r *Reader) close(indent int, name string) *level {
	var inner *level
	for n := len(r.levels); n > 0 && r.levels[n-1].indent >= indent; n = len(r.levels) {
		l := r.levels[n-1]
		r.levels = r.levels[:n-1]
		if inner != nil {
			l.tests, l.failed = append(l.tests, inner.tests...), l.failed || inner.failed
		}
		outermost := n == 1 || r.levels[n-2].indent < indent
		l.finish(outermost, name)
		inner = l
		if outermost && name == "" {
			r.give(l)
			inner = nil
		}
	}
	return inner
}

// finish adds what the plan has and nobody told, and names the tests.
func (l *level) finish(outermost bool, name string) {
	called := l.name
	if called == "" && outermost {
		called = name
	}
	switch {
	case l.plan > l.seen:
		l.tests = append(l.tests, Test{Status: Missing, Reason: fmt.Sprintf("%d of %d tests told their results", l.seen, l.plan), Lines: l.lines, OfAll: true})
		l.failed = true
	case l.plan >= 0 && l.seen > l.plan:
		l.tests = append(l.tests, Test{Status: Failed, Reason: fmt.Sprintf("%d results came, and its plan has %d", l.seen, l.plan), OfAll: true})
		l.failed = true
	}
	if called == "" {
		return
	}
	for i := range l.tests {
		l.tests[i].Name = strings.TrimSuffix(called+"."+l.tests[i].Name, ".")
	}
}

// give keeps the tests of a level that ends without a result of its own.
func (r *Reader) give(l *level) {
	for _, t := range l.tests {
		if t.Name == "" {
			t.Name = All
		}
		if len(r.tests) >= maxTests {
			r.more++
			continue
		}
		r.tests = append(r.tests, t)
	}
	l.tests = nil
}

// flush keeps what the top level has so far, so that a long log is not kept twice.
func (r *Reader) flush(l *level) {
	if len(r.levels) == 1 && l.name == "" {
		r.give(l)
	}
}

// note takes a line that a test prints about itself: it stands before the result.
func (r *Reader) note(text string) {
	if len(r.levels) == 0 {
		return
	}
	if m := noteRE.FindStringSubmatch(text); m != nil {
		l := r.levels[len(r.levels)-1]
		if m[2] != "" && len(m[1]) > l.indent {
			l = r.open(len(m[1])) // a subtest that does not say its name
		}
		if len(l.lines) < maxLines {
			l.lines = append(l.lines, strings.TrimSpace(m[2]+m[4]))
		}
	}
}

// take keeps the lines before a result, and the place that they name. A failure's place comes before
// that of the test.
func (t *Test) take(lines []string) {
	for _, line := range lines {
		m := placeRE.FindStringSubmatch(line)
		if m == nil {
			m = harnessRE.FindStringSubmatch(line)
		}
		if m == nil || t.File != "" && !strings.Contains(line, "FAILED") {
			continue
		}
		t.File = m[1]
		t.Line, _ = strconv.Atoi(m[2])
	}
	if t.Status == Passed {
		return
	}
	t.Lines = lines
	for _, line := range lines {
		switch {
		case t.Reason != "":
		case strings.HasSuffix(line, " timed out"): // lib/kunit/try-catch.c
			t.Reason = "its time ran out"
		case strings.Contains(line, ": try faulted"):
			t.Reason = Crashed
		case strings.Contains(line, "failed to initialize"): // lib/kunit/test.c
			_, why, _ := strings.Cut(line, "failed to initialize")
			t.Reason = "it could not be initialized " + strings.Trim(why, ": ")
		}
	}
}

// Suite returns the suite that is running: the outermost named subtest; "" for none.
func (r *Reader) Suite() string {
	for _, l := range r.levels {
		if l.name != "" {
			return l.name
		}
	}
	return ""
}

// Tests returns all results. What was running when the lines ended is Broken.
func (r *Reader) Tests() []Test {
	if n := len(r.levels); n > 0 && r.levels[n-1].plan > r.levels[n-1].seen {
		l := r.levels[n-1]
		reason := fmt.Sprintf("the log ends after %d of %d tests", l.seen, l.plan)
		if r.gaveUp != "" {
			reason = r.gaveUp
		}
		r.tests = append(r.tests, Test{Name: cmp.Or(l.name, All), Status: Broken, Reason: reason, Lines: l.lines, OfAll: true})
		for _, l := range r.levels { // of which this one is a part
			l.plan = -1
		}
	}
	r.close(0, "")
	return r.tests
}

// Seen reports whether any result came.
func (r *Reader) Seen() bool { return r.seen }

// More returns how many results came beyond those that are kept.
func (r *Reader) More() int { return r.more }
