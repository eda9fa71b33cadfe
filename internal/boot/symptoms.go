// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/report"
)

// A symptom is a line by which a kernel says that something is wrong.
type symptom struct {
	check    string
	severity report.Severity
	re       *regexp.Regexp
	message  string // ends before the kernel's own words
	hint     string
}

// symptoms, the more special before the more general.
var symptoms = [...]symptom{
	{checkInitDied, report.Error, regexp.MustCompile(`Kernel panic - not syncing: (Attempted to kill init!.*)`),
		"init died: ", "the kernel's log above tells why: a hook that refuses init's system calls, or an option that init needs"},
	{checkInitDied, report.Error, regexp.MustCompile(`Kernel panic - not syncing: (No working init found.*|Requested init .* failed.*)`),
		"init could not be started: ", "the kernel needs CONFIG_BINFMT_ELF and CONFIG_64BIT, and a hook must not refuse the start"},
	{checkPanic, report.Error, regexp.MustCompile(`Kernel panic - not syncing: (VFS: Unable to mount root fs.*)`),
		"kernel panic: ", "the kernel found no /init in its initramfs: it needs CONFIG_BLK_DEV_INITRD and CONFIG_RD_GZIP"},
	{checkPanic, report.Error, regexp.MustCompile(`Kernel panic - not syncing: (.*)`), "kernel panic: ", ""},
	{"boot/rust-panic", report.Error, regexp.MustCompile(`rust_kernel: (panicked at .*)`), "Rust code panicked: ", ""},
	{"boot/lockdep", report.Error, regexp.MustCompile(
		`WARNING: ((?:possible (?:circular|recursive|irq lock inversion)|inconsistent lock state|bad unlock|suspicious RCU|nested lock).*)`),
		"lockdep: ", ""},
	{"boot/lockdep", report.Error, regexp.MustCompile(`(INFO: trying to register non-static key.*|DEBUG_LOCKS_WARN_ON.*)`), "lockdep: ", ""},
	{"boot/sanitizer", report.Error, regexp.MustCompile(`((?:BUG: (?:KASAN|KMSAN|KCSAN|KFENCE)|UBSAN): .*)`), "sanitizer: ", ""},
	{"boot/stall", report.Error, regexp.MustCompile(
		`(rcu: INFO: .*detected.* stalls?.*|watchdog: BUG: soft lockup.*|Watchdog detected hard LOCKUP.*|INFO: task .* blocked for more than.*|BUG: workqueue lockup.*)`),
		"the kernel stalls: ", ""},
	{"boot/oops", report.Error, regexp.MustCompile(`((?:kernel BUG at|BUG: |Oops: |Oops\[|general protection fault|Unable to handle kernel|stack segment:|double fault:|invalid opcode:).*)`),
		"oops: ", ""},
	{"boot/warning", report.Warning, regexp.MustCompile(`((?:WARNING: |refcount_t: |list_(?:add|del) corruption|sysfs: cannot create duplicate).*)`),
		"kernel warning: ", ""},
}

// Bounds on the symptoms kept.
const (
	maxSymptoms = 20
	maxTrace    = 40 // lines that follow one
)

// A scanner finds symptoms in a kernel's log.
type scanner struct {
	findings []report.Finding
	open     int // how many more lines belong to the last finding
}

var (
	stampRE = regexp.MustCompile(`^(?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[CT]\d+\])? ?`)
	placeRE = regexp.MustCompile(`(?:\bat |: )([a-z][\w./-]*\.(?:c|h|S|rs)):(\d+)`)
)

// line takes the next line.
func (s *scanner) line(line string) {
	text := stampRE.ReplaceAllString(line, "")
	for i := range symptoms {
		m := symptoms[i].re.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		s.add(&symptoms[i], m[1], text)
		return
	}
	if s.open == 0 {
		return
	}
	s.open--
	if strings.HasPrefix(text, "---[ end ") {
		s.open = 0
	}
	last := &s.findings[len(s.findings)-1]
	last.Detail += "\n" + text
}

func (s *scanner) add(sym *symptom, words, text string) {
	if len(s.findings) >= maxSymptoms {
		s.open = 0
		return
	}
	f := report.Finding{Check: sym.check, Severity: sym.severity, Message: sym.message + words, Detail: text, Hint: sym.hint}
	if m := placeRE.FindStringSubmatch(text); m != nil {
		f.File = m[1]
		f.Line, _ = strconv.Atoi(m[2])
	}
	s.findings = append(s.findings, f)
	s.open = maxTrace
}

// lost reports whether the kernel has panicked.
func (s *scanner) lost() bool {
	for _, f := range s.findings {
		if f.Check == checkPanic || f.Check == checkInitDied {
			return true
		}
	}
	return false
}
