// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/boot/klog"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// crashes returns what the kernel says against itself, as findings. What the baseline has too is a
// note: it is not the series' fault.
func (m *machine) crashes(c *console) []report.Finding {
	symbols, findings := m.symbols(c)
	crashes := c.log.Crashes(symbols)
	at := map[string]int{} // by title
	for i := range crashes {
		if crashes[i].Follows == "" {
			at[crashes[i].Title] = len(findings)
			f := m.crash(&crashes[i])
			if at, ok := c.doctests[doctestNameRE.FindString(f.Message+"\n"+f.Detail)]; ok && strings.HasPrefix(f.File, "rust/doctests_") {
				f.File, f.Line = at.file, at.line
			}
			findings = append(findings, f)
		}
	}
	for i := range crashes {
		crash := &crashes[i]
		from, ok := at[crash.Follows]
		switch {
		case crash.Follows == "":
		case ok && findings[from].Severity == report.Error:
			findings[from].Detail += "\nwhat follows from it: " + crash.Title
		default:
			f := m.crash(crash)
			f.Severity, f.Hint = report.Note, fmt.Sprintf("it follows from %q", crash.Follows)
			findings = append(findings, f)
		}
	}
	if n := c.log.More(); n > 0 {
		findings = append(findings, report.Finding{Check: klog.CheckOops, Severity: report.Error,
			Message: fmt.Sprintf("%d more of the kernel's own reports are left out", n)})
	}
	return findings
}

// doctestNameRE is the function that an example is made.
var doctestNameRE = lazyregexp.New(`\brust_doctest_[a-z0-9_]+`)

func (m *machine) crash(crash *klog.Crash) report.Finding {
	f := report.Finding{Check: crash.Check, Severity: crash.Severity, File: crash.File, Line: crash.Line,
		Message: crash.Title, Detail: strings.TrimRight(strings.Join(crash.Lines, "\n"), "\n"), Hint: crash.Hint}
	if crash.Times > 1 {
		f.Detail += fmt.Sprintf("\n(reported %d times)", crash.Times)
	}
	switch {
	case strings.HasPrefix(crash.During, duringProgram):
		f.Detail += "\n(while " + crash.During + " ran)"
	case crash.During != "":
		f.Detail += "\n" + whileSuite(crash.During)
	}
	switch same, alike := m.base.has(crash); {
	case same:
		f.Severity, f.Hint = report.Note, "the baseline has it too"
	case alike && f.Severity == report.Error:
		f.Severity, f.Hint = report.Warning, "the baseline has one of this kind without a function's name: give --vmlinux, and what --format json said of that boot"
	}
	if by := provoker(crash); by != "" {
		f.Severity, f.Hint = report.Note, by+" provokes it"
	}
	return f
}

func whileSuite(name string) string { return "(while the test suite " + name + " ran)" }

// provoking are the suites of KUnit that do what they want a checker to find, and the begin of the
// titles that are then no news: mm/kasan, mm/kfence, kernel/kcsan, mm/kmsan and lib/kunit have them.
var provoking = []struct{ suite, title string }{
	{"kasan", "KASAN: "}, {"kasan_rust", "KASAN: "}, {"kfence", "KFENCE: "}, {"kcsan", "KCSAN: "}, {"kmsan", "KMSAN: "},
	{"kunit_fault", "kernel NULL pointer dereference"}, {"slub_test", "SLUB: "}, {"overflow", "fortify: "}, {"fortify", "fortify: "},
}

// provoker says who wanted a report to come; "" where nobody did. What comes below a hook of an LSM is no test's, whatever runs beside it.
func provoker(c *klog.Crash) string {
	own := c.Lines // without the traces of those that had the object before
	if i := slices.IndexFunc(own, func(line string) bool { return strings.HasPrefix(line, "Allocated by") }); i >= 0 {
		own = own[:i]
	}
	trace := strings.Join(own, "\n")
	if strings.Contains(trace, " lkdtm_do_action+") {
		return "lkdtm"
	}
	for _, p := range provoking {
		if p.suite == c.During && strings.HasPrefix(c.Title, p.title) && !strings.Contains(trace, " security_") {
			return "the test suite " + c.During
		}
	}
	return ""
}

// symbols reads those of the kernel, where there is something to name.
func (m *machine) symbols(c *console) (*klog.Symbols, []report.Finding) {
	if m.opts.Vmlinux == "" || !c.log.Any() {
		return nil, nil
	}
	symbols, err := klog.ReadSymbols(m.opts.Vmlinux)
	if err != nil {
		return nil, []report.Finding{{Check: checkSymbols, Severity: report.Note, Message: "stack traces are not decoded: " + err.Error()}}
	}
	return symbols, nil
}

// A taint is a bit of /proc/sys/kernel/tainted that a fault sets: its number, its letter and what
// it means, as kernel/panic.c has them; and the checks whose findings account for it.
type taint struct {
	bit     uint
	letter  string
	meaning string
	checks  []string
}

// taints are those that say that the kernel failed. The others tell of modules, firmware and tests.
var taints = [...]taint{
	{4, "M", "a machine check happened", nil},
	{5, "B", "a page was bad", []string{"boot/memory", "boot/sanitizer"}},
	{7, "D", "the kernel died once", []string{klog.CheckOops, klog.CheckRustPanic, "boot/cfi", "boot/list", "boot/memory"}},
	{9, "W", "a warning was given", []string{"boot/warning", "boot/refcount", "boot/list", "boot/object", "boot/cfi", "boot/lockdep", "boot/memory", "boot/sanitizer", "boot/atomic"}},
	{14, "L", "a processor was locked up", []string{"boot/stall"}},
}

// tainted returns a finding for each taint that no finding accounts for: the line that set it did
// not reach the console, or was not understood.
func (m *machine) tainted(r *Result) []report.Finding {
	bits, err := strconv.ParseUint(r.Facts.Tainted, 10, 64)
	if err != nil {
		return nil
	}
	told := map[string]bool{}
	for _, f := range r.Findings {
		told[f.Check] = true
	}
	var res []report.Finding
	for _, t := range taints {
		accounted := false
		for _, check := range t.checks {
			accounted = accounted || told[check]
		}
		if bits&(1<<t.bit) == 0 || accounted {
			continue
		}
		res = append(res, report.Finding{Check: checkTainted, Severity: report.Error,
			Message: fmt.Sprintf("the kernel is tainted %s (%s), and its log does not say why", t.letter, t.meaning),
			Hint:    "the line that tells may be below the console's log level, or lost"})
	}
	return res
}
