// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// The checks of a boot, apart from those of package klog.
const (
	checkHang     = "boot/hang"
	checkReset    = "boot/reset"
	checkInactive = "boot/lsm-inactive"
	checkNoList   = "boot/no-lsm-list"
	checkSilent   = "boot/hook-silent"
	checkWork     = "boot/userspace"
	checkTainted  = "boot/tainted"
	checkList     = "boot/lsm-list"
	checkID       = "boot/lsm-id"
	checkProbe    = "boot/probe"
	checkNoBase   = "boot/no-base"
	checkSymbols  = "boot/no-symbols"
	checkDetached = "boot/hook-detached"
)

// judge says what came of a boot.
func (m *machine) judge(b *booting) *Result {
	r, c := b.r, b.c
	r.Findings = append([]report.Finding{}, m.crashes(c)...)
	r.HookLines = append([]string{}, c.hooks...)
	r.Active = []string{}
	r.Facts = c.collector.facts
	r.Booted = r.Facts != nil
	m.judgeTests(r, c)
	switch {
	case r.Booted:
		m.judgeFacts(r, c)
	case c.log.Lost():
	case b.hung:
		r.Findings = append(r.Findings, report.Finding{Check: checkHang, Severity: report.Error,
			Message: fmt.Sprintf("%s within %s", hangWords(c), m.limit),
			Detail:  c.lastLines(20), Hint: m.hangHint(c)})
	default:
		r.Findings = append(r.Findings, report.Finding{Check: checkReset, Severity: report.Error,
			Message: "the machine restarted before init said anything",
			Detail:  c.lastLines(20)})
	}
	if !r.Booted && !report.AnyError(r.Findings) {
		r.Findings = append(r.Findings, report.Finding{Check: checkNoBase, Severity: report.Error,
			Message: "the kernel does not come up, and neither does that of the base: nothing is known of the series"})
	}
	return r
}

func hangWords(c *console) string {
	switch during := c.log.During; {
	case strings.HasPrefix(during, duringProgram):
		return "hang: " + during + " does not end,"
	case during != "":
		return "hang: the kernel did not start init; the test suite " + during + " does not end,"
	}
	if strings.Contains(c.text(), "Run "+initPath+" as init process") {
		return "hang: the kernel started init, which did not end its work"
	}
	return "hang: the kernel did not start init"
}

func (m *machine) hangHint(c *console) string {
	if c.bytes == 0 {
		return "not one byte came: does the kernel have CONFIG_SERIAL_8250_CONSOLE and CONFIG_PRINTK?"
	}
	return "the last lines of the console are where it stands"
}

// judgeFacts holds the facts against what is expected.
func (m *machine) judgeFacts(r *Result, c *console) {
	if r.Facts.LSM != "" {
		r.Active = strings.Split(r.Facts.LSM, ",")
	}
	r.Findings = append(r.Findings, m.tainted(r)...)
	lost := false
	for _, name := range m.opts.lsm() {
		if len(r.Active) == 0 {
			lost = true
			r.Findings = append(r.Findings, report.Finding{Check: checkNoList, Severity: report.Error,
				Message: "the kernel has no list of its LSMs: " + strings.Join(r.Facts.Problems, "; "),
				Hint:    "the kernel needs CONFIG_SECURITY and CONFIG_SECURITYFS"})
			break
		}
		if !slices.Contains(r.Active, name) {
			lost = true
			r.Findings = append(r.Findings, inactive(name, r.Active, c.lsmLines))
		}
	}
	r.Findings = append(r.Findings, m.judgeList(r)...)
	if hooks := m.judgeHooks(r); !lost { // one that is not active has none
		r.Findings = append(r.Findings, hooks...)
	}
	r.Findings = append(r.Findings, m.judgeProbes(r.Facts)...)
	for i, re := range m.expect {
		if !c.met[i] && !lost { // an LSM that is not active is silent
			r.Findings = append(r.Findings, report.Finding{Check: checkSilent, Severity: report.Error,
				Message: fmt.Sprintf("no line of the kernel's log matches %q", re),
				Hint: fmt.Sprintf("init started %s and opened %s; the hook is not registered, or does not log",
					report.Plural(r.Facts.Children, "process"), report.Plural(r.Facts.Opened, "file"))})
		}
	}
	if r.Facts.Children < children || r.Facts.Opened == 0 {
		r.Findings = append(r.Findings, report.Finding{Check: checkWork, Severity: report.Error,
			Message: fmt.Sprintf("init could start %d of %d processes and open %s", r.Facts.Children, children, report.Plural(r.Facts.Opened, "file")),
			Detail:  strings.Join(r.Facts.Problems, "\n"), Hint: "does a hook refuse what it should allow?"})
	}
}

// A reason is what the LSM framework logs about an LSM that it leaves out. NAME stands for the
// LSM's name.
type reason struct{ re, hint string }

// reasons, of 7.x first, then those that 6.x words otherwise.
var reasons = [...]reason{
	{`exceeded maximum LSM count on \S*?:NAME\b`, "count it in include/linux/lsm_count.h, by its CONFIG symbol"},
	{`failed LSM NAME \S+ initcall with errno -?\d+`, "one of its initcalls returns an error"},
	{`skip exclusive LSM conflict \S*?:NAME\b`, "another LSM with LSM_FLAG_EXCLUSIVE comes before it"},
	{`skip legacy LSM conflict \S*?:NAME\b`, "security= on the command line chose another"},
	{`skip previously disabled LSM \S*?:NAME\b`, "its enabled variable is 0"},
	{`skip disabled LSM \S*?:NAME\b`, "it is not in lsm= of the command line, nor in CONFIG_LSM"},
	{`\S* ?ignored: NAME \(not built into kernel\)`, "its CONFIG symbol is not set, or define_lsm! is not linked in"},
	{`\S* ?skipped: NAME \(not in requested order\)`, "it is not in lsm= of the command line, nor in CONFIG_LSM"},
	{`security=\S+ disabled: NAME \(only one legacy major LSM\)`, "security= on the command line chose another"},
	{`exclusive disabled: NAME\b`, "another LSM with LSM_FLAG_EXCLUSIVE comes before it"},
	{`NAME ordered: NAME \(disabled\)|ordered: NAME \(disabled\)`, "its enabled variable is 0"},
}

// inactive describes the LSM name that is not in the kernel's list, with the kernel's own reason.
func inactive(name string, active, log []string) report.Finding {
	f := report.Finding{Check: checkInactive, Severity: report.Error,
		Message: fmt.Sprintf("LSM %s is not active; the kernel lists %s", name, strings.Join(active, ",")),
		Hint:    "the kernel's log never names it: its CONFIG symbol is not set, or its lsm_info is not linked in"}
	for _, r := range reasons {
		re := regexp.MustCompile(strings.ReplaceAll(r.re, "NAME", regexp.QuoteMeta(name)))
		for _, line := range log {
			if said := re.FindString(line); said != "" {
				f.Message += `; its reason: "` + said + `"`
				f.Detail, f.Hint = line, r.hint
				return f
			}
		}
	}
	return f
}
