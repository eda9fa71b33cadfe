// SPDX-License-Identifier: GPL-2.0-only

package klog

import "github.com/lsmpatch/lsmpatch/internal/lazyregexp"

// harmless are lines that look like heads and are none: what healthy kernels print, and what is
// about a process and not about the kernel.
var harmless = [...]*lazyregexp.Regexp{
	// arch/x86/kernel/traps.c and arch/x86/mm/fault.c, of user mode: "traps: a[12] general protection
	// fault ip:…", "a[12]: segfault at …"; arch/riscv and arch/arm64: "a[12]: unhandled signal 11 …".
	lazyregexp.New(`^(?:traps: )?\S.*\[\d+\]:? (?:trap |segfault |general protection|bad frame|unhandled |vsyscall |\S+ ip:)`),
	// lib/debugobjects.c.
	lazyregexp.New(`^ODEBUG: (?:selftest passed|Out of memory|\d+ of \d+ active objects replaced)`),
	// What the lines of lockdep, of KUnit and of the self-tests say of themselves.
	lazyregexp.New(`^\s*#|^\s*(?:not )?ok \d|^Lock dependency validator|^ *(?:Good, all|\S+\| )`),
	// mm/kmemleak.c: that it runs, not that it found.
	lazyregexp.New(`^kmemleak: (?:0 new|Kernel memory leak detector|Automatic memory scanning)`),
	// A command line may have anything: "kernel command line: … panic_on_warn".
	lazyregexp.New(`^(?:Kernel command line|Command line|Unknown kernel command line|Run \S+ as init)\b`),
	// lib/fault-inject.c, drivers/tty/sysrq.c and kernel/backtracetest.c: a trace that somebody asked for.
	lazyregexp.New(`^name \S+, interval \d+, probability \d+|^sysrq: |^The following trace is a kernel self test and not a bug!`),
	// kernel/sched/core.c and lib/nmi_backtrace.c, of tasks and processors that somebody asks about: a fault has words of its own before them.
	lazyregexp.New(`^task:\S.* state:\S|^NMI backtrace for cpu `),
	lazyregexp.New(`^(?:\[Firmware (?:Bug|Warn|Info)\]|ACPI BIOS)`),
}

func isHarmless(text string) bool {
	for _, re := range harmless {
		if re.MatchString(text) {
			return true
		}
	}
	return false
}
