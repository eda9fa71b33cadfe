// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A symptom is a line by which a kernel says that something is wrong.
type symptom struct {
	check    string
	severity report.Severity
	re       *lazyregexp.Regexp
	message  string // ends before the kernel's own words
	hint     string
}

// symptoms, the more special before the more general.
var symptoms = [...]symptom{
	{checkInitDied, report.Error, lazyregexp.New(`Kernel panic - not syncing: (Attempted to kill init!.*)`),
		"init died: ", "the kernel's log above tells why: a hook that refuses init's system calls, or an option that init needs"},
	{checkInitDied, report.Error, lazyregexp.New(`Kernel panic - not syncing: (No working init found.*|Requested init .* failed.*)`),
		"init could not be started: ", "the kernel needs CONFIG_BINFMT_ELF and CONFIG_64BIT, and a hook must not refuse the start"},
	{checkPanic, report.Error, lazyregexp.New(`Kernel panic - not syncing: (VFS: Unable to mount root fs.*)`),
		"kernel panic: ", "the kernel found no /init in its initramfs: it needs CONFIG_BLK_DEV_INITRD"},
	{checkPanic, report.Error, lazyregexp.New(`Kernel panic - not syncing: (.*)`), "kernel panic: ", ""},
	{checkRustPanic, report.Error, lazyregexp.New(`rust_kernel: (panicked at .*)`), "Rust code panicked: ", ""},
	{"boot/lockdep", report.Error, lazyregexp.New(
		`WARNING: ((?:possible (?:circular|recursive|irq lock inversion)|inconsistent lock state|bad unlock|suspicious RCU|nested lock).*)`),
		"lockdep: ", ""},
	{"boot/lockdep", report.Error, lazyregexp.New(`(INFO: trying to register non-static key.*|DEBUG_LOCKS_WARN_ON.*)`), "lockdep: ", ""},
	{"boot/sanitizer", report.Error, lazyregexp.New(`((?:BUG: (?:KASAN|KMSAN|KCSAN|KFENCE)|UBSAN): .*)`), "sanitizer: ", ""},
	{"boot/stall", report.Error, lazyregexp.New(
		`(rcu: INFO: .*detected.* stalls?.*|watchdog: BUG: soft lockup.*|Watchdog detected hard LOCKUP.*|INFO: task .* blocked for more than.*|BUG: workqueue lockup.*)`),
		"the kernel stalls: ", ""},
	{checkOops, report.Error, lazyregexp.New(`((?:kernel BUG at|BUG: |Oops: |Oops\[|general protection fault|Unable to handle kernel|stack segment:|double fault:|invalid opcode:).*)`),
		"kernel oops: ", ""},
	{"boot/warning", report.Warning, lazyregexp.New(`((?:WARNING: |refcount_t: |list_(?:add|del) corruption|sysfs: cannot create duplicate).*)`),
		"kernel warning: ", ""},
}

// Bounds on the symptoms kept.
const (
	maxSymptoms = 20
	maxBefore   = 15 // lines that led to a panic
	maxTrace    = 40 // lines that follow a symptom
)

// A scanner finds symptoms in a kernel's log.
type scanner struct {
	findings []report.Finding
	open     int // how many more lines belong to the last finding
	before   []string
	noInit   string // why the kernel passed over our init
}

var (
	stampRE = lazyregexp.New(`^(?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[CT]\d+\])? ?`)
	// placeRE matches a source position, without the folder that the tree was built in.
	placeRE = lazyregexp.New(`(?:\bat |: )\S*?\b((?:arch|block|certs|crypto|drivers|fs|include|init|io_uring|ipc|kernel|lib|mm|net|rust|` +
		`samples|security|sound|virt)/[\w./-]+\.(?:c|h|S|rs)):(\d+)`)
	noInitRE = lazyregexp.New(`Initramfs unpacking failed: .*|rootfs image is not initramfs.*|check access for rdinit=.*|Failed to execute /init.*`)
	exitRE   = lazyregexp.New(`exitcode=0x([0-9a-f]{8})`)
)

// line takes the next line.
func (s *scanner) line(line string) {
	text := stampRE.ReplaceAllString(line, "")
	if why := noInitRE.FindString(text); why != "" && s.noInit == "" {
		s.noInit = why
	}
	defer s.remember(text)
	for i := range symptoms {
		m := symptoms[i].re.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		if symptoms[i].check == checkOops && s.open > 0 && s.findings[len(s.findings)-1].Check == checkOops {
			break // "Oops: 0002" some lines after its "BUG: …"
		}
		s.add(&symptoms[i], m[1], text)
		return
	}
	if s.open == 0 {
		return
	}
	last := &s.findings[len(s.findings)-1]
	if last.Check == checkRustPanic && s.open == maxTrace {
		last.Message += " " + text // its second line is what panic! was told
	}
	s.open--
	last.Detail = strings.TrimRight(last.Detail+"\n"+text, "\n")
	if strings.HasPrefix(text, "---[ end ") {
		s.open = 0
	}
}

func (s *scanner) add(sym *symptom, words, text string) {
	if len(s.findings) >= maxSymptoms {
		s.open = 0
		return
	}
	f := report.Finding{Check: sym.check, Severity: sym.severity, Message: sym.message + words, Detail: text, Hint: sym.hint}
	if f.Check == checkInitDied || f.Check == checkPanic {
		f.Detail = strings.Join(append(s.before, text), "\n")
	}
	if f.Check == checkInitDied {
		f.Message += s.initEnd(words)
	}
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

// remember keeps a line for the panic that may follow.
func (s *scanner) remember(text string) {
	s.before = append(s.before, text)
	if len(s.before) > maxBefore {
		s.before = s.before[1:]
	}
}

// initEnd puts into words how init ended, or why it did not begin.
func (s *scanner) initEnd(panic string) string {
	m := exitRE.FindStringSubmatch(panic)
	switch {
	case m != nil:
		code, _ := strconv.ParseUint(m[1], 16, 32)
		if signal := code & 0x7f; signal != 0 {
			return fmt.Sprintf(" (signal %d)", signal)
		}
		return fmt.Sprintf(" (it exited with %d)", code>>8&0xff)
	case s.noInit != "":
		return "; before that: " + s.noInit
	}
	return ""
}
