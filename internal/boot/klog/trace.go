// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"slices"
	"strings"

	"github.com/ianlancetaylor/demangle"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// A call is an entry of a call trace.
type call struct {
	fn     string
	unsure bool // marked "?": a leftover on the stack maybe
	edge   bool // behind it is what an interrupt came in between
	// What the tables say of fn.
	helper, crossCall, dispatcher bool
}

func newCall(fn string) call {
	return call{fn: fn, helper: isHelper(fn), crossCall: isCrossCall(fn), dispatcher: isDispatcher(fn)}
}

// A line is one of a frame, with what it is to traces. It is read once: a hostile frame has an instruction pointer in each of its
// lines, and a trace is looked for behind all of them.
type line struct {
	text  string
	begin bool // of a trace
	other bool // begins what is about somebody else
	edge  bool // the trace of an interrupt ends
	// call is nil where the line is no entry of a trace, and from the caller that one of arm has besides.
	call *call
	from string
	// ip is the function of an instruction pointer of the kernel, or its address.
	ip string
}

func readLines(texts []string) []line {
	lines := make([]line, len(texts))
	for i, text := range texts {
		text = strings.TrimPrefix(text, "kmemleak: ")
		l := line{text: text, begin: traceRE.MatchString(text), other: otherRE.MatchString(text), edge: boundaryRE.MatchString(text)}
		if c, ok := parseCall(text); ok {
			l.call = &c
			if m := fromRE.FindStringSubmatch(text); m != nil {
				l.from = m[1]
			}
		}
		if m := ipRE.FindStringSubmatch(strings.TrimLeft(text, " ")); m != nil {
			l.ip = m[1] + strings.TrimRight(m[2], "+ (") + m[3] + m[4]
		}
		lines[i] = l
	}
	return lines
}

var (
	// callRE is an entry as printk_stack_address() and its kin have it, also as
	// scripts/decode_stacktrace.sh and others rewrite it.
	callRE = lazyregexp.New(`^\s*(?:\[<?[0-9a-f]+>?\] ?)*(\? )?\(?([A-Za-z_.$][\w.$]*|0x[0-9a-f]{8,})(?:\)? from |\+0x[0-9a-f]+/0x[0-9a-f]+|(?: \S+)? \(?[\w./+-]+\.(?:c|h|S|rs):\d+| *$)`)
	// decodedRE is an entry of which scripts/decode_stacktrace.sh took the space before it.
	decodedRE = lazyregexp.New(`^(?:\? )?[A-Za-z_.$][\w.$]* \([\w./+-]+\.(?:c|h|S|rs):\d+`)
	// fromRE is the caller in an entry of arm, where each has both; the last one's has no entry of its own.
	fromRE   = lazyregexp.New(`\) from (?:\[<[0-9a-f]+>\] \()?([A-Za-z_.$][\w.$]*)\+0x`)
	inlineRE = lazyregexp.New(`^\s*([A-Za-z_.$][\w.$]*) \S+:\d+ \[inline\]`)
	// ipRE is the instruction pointer of the kernel, by architecture: x86, arm and sh; arm64 and riscv; powerpc, loongarch and
	// mips, s390, m68k, csky and sparc, parisc.
	ipRE = lazyregexp.New(`^(?:RIP: (?:0010|e030):|EIP: |IP: |RIP  ?|PC is at )(?:\[<[0-9a-f]+>\] *)*(?:\d+:)?([A-Za-z_.$][\w.$]*|0x[0-9a-f]+)|^(?:RIP: 0033:|pc : |epc : )(?:\[<[0-9a-f]+>\] *)*([A-Za-z_.$][\w.$]*(?:\+| \())|^(?:pc|epc) : (0x[0-9a-f]+)|` +
		`^(?:NIP \[[0-9a-f]+\] |ERA: [0-9a-f]+ |epc {3}: [0-9a-f]+ |Krnl PSW : [0-9a-f]+ [0-9a-f]+ \(|PC: (?:\[<[0-9a-f]+>\] |0x[0-9a-f]+ \(|<)|TPC: <|IAOQ\[0\]: )([A-Za-z_.$][\w.$]*)\+`)
	// returnRE is where a call came from, for a jump to nowhere.
	returnRE = lazyregexp.New(`^\s*(?:lr|ra) : ([A-Za-z_.$][\w.$]*)(?:\+| \()|^LR is at ([A-Za-z_.$][\w.$]*)`)
	// atRE is where a lock was taken.
	atRE = lazyregexp.New(`, at: (?:\[<[0-9a-f]+>\] )?([A-Za-z_.$][\w.$]*)`)
	// bareAddressRE is an address where a name should be.
	bareAddressRE = lazyregexp.New(`^[0-9a-f]{8}(?:[0-9a-f]{8})?$`)
	callerRE      = lazyregexp.New(`^caller is ([A-Za-z_.$][\w.$]*)\+|^\s+(?:last function: |preempt=.* workfn=|in-flight: \d+(?:\(RESCUER\))?:)(?:\[<[0-9a-f]+>\] )?([A-Za-z_.$][\w.$]*)`)
	// checksRE are the checks of lib/smp_processor_id.c.
	checksRE = lazyregexp.New(`^(?:debug_smp_|__this_cpu_preempt|check_preemption)`)
	// lockRE are functions of locks that restore what their callers saved, and what warns of them.
	lockRE = lazyregexp.New(`^(?:_raw_|__raw_|raw_|spin_|do_raw_|rt_spin_|dump_stack|warn_)`)
	// boundaryRE is where the trace of an interrupt ends and that of the task begins.
	boundaryRE = lazyregexp.New(`^\s*(?:</IRQ>|<EOI>)`)
	// chainRE begins what lockdep tells of other tasks.
	chainRE = lazyregexp.New(`existing dependency chain|^other info|stack backtrace:`)
	// traceRE begins a trace, and otherRE what is about somebody else.
	traceRE = lazyregexp.New(`^(?:\s*Call [Tt]race:|\s*[Bb]acktrace:|.*stack backtrace:|Stack:)`)
	otherRE = lazyregexp.New(`^(?:Allocated by|Freed by|Uninit was|Local variable|Last potentially|The buggy address|Memory state|---\[ |` +
		`Allocated in|Freed in|Second to last|Showing all locks|Sending NMI|kfence-#|allocated by|freed by|INFO: (?:Allocated|Freed|Slab|Object)|Workqueue events|(?:read|write).* to 0x|.* locks? held by )`)
	suffixRE = lazyregexp.New(`\.(?:isra|constprop|part|cold|llvm|lto_priv|__uniq|unlikely)\b.*$`)
)

// calls returns the entries of the first trace at or behind line start; nil where there is none.
func calls(lines []line, start int) []call {
	lines = lines[min(start, len(lines)):]
	// KMSAN, KFENCE and kmemleak print theirs without a title.
	if i := slices.IndexFunc(lines, isBegin); i >= 0 {
		lines = lines[i+1:]
	}
	return entries(lines)
}

func isBegin(l line) bool { return l.begin }

// callsBehind returns the entries that follow line at, which is a head or an instruction pointer: with a title, or
// without one where the pointer stands in the middle of a trace.
func callsBehind(lines []line, at int) []call {
	rest := lines[min(at+1, len(lines)):]
	for i, l := range rest {
		if l.begin {
			break
		}
		if l.call != nil {
			return entries(rest[i:])
		}
	}
	return calls(lines, at)
}

// entries returns those of the trace at the begin of lines.
func entries(lines []line) []call {
	var res []call
	from := ""
	for _, l := range lines {
		if l.begin || l.other {
			if len(res) > 0 {
				break
			}
			continue
		}
		if l.edge && len(res) > 0 {
			res[len(res)-1].edge = true
		}
		if from != "" && strings.HasPrefix(l.text, "Exception stack(") { // the end of a trace, or an exception in it
			res, from = append(res, newCall(from)), ""
		}
		if l.call != nil {
			res, from = append(res, *l.call), l.from
		}
	}
	if from != "" {
		res = append(res, newCall(from))
	}
	return res
}

// parseCall reads an entry of a trace.
func parseCall(line string) (call, bool) {
	if inlineRE.MatchString(line) {
		return call{}, false
	}
	if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "[") && !strings.HasPrefix(line, "(") && !strings.HasPrefix(line, "\t") && !decodedRE.MatchString(line) {
		return call{}, false
	}
	m := callRE.FindStringSubmatch(line)
	if m == nil || !strings.Contains(line, "+0x") && !strings.Contains(line, ":") && !strings.HasPrefix(m[2], "0x") {
		return call{}, false
	}
	if m[1] != "" && strings.Contains(line, m[2]+"+0x0/") { // a pointer to a function on the stack; nothing returns there
		return call{}, false
	}
	c := newCall(m[2])
	c.unsure = m[1] != ""
	return c, true
}

// first returns the first function of a trace that is no helper; a sure one before an unsure one. What an interrupt came
// in between has no part in it.
func first(trace []call) string {
	unsure := ""
	for _, c := range trace {
		if !c.unsure && isInterrupt(c.fn) {
			break
		}
		if c.helper {
			if c.edge {
				break
			}
			continue
		}
		if !c.unsure {
			return c.fn
		}
		if unsure == "" {
			unsure = c.fn
		}
		if c.edge {
			break
		}
	}
	return unsure
}

// unsureRust returns the first function of Rust of a trace that is unsure of all its entries, as a User Mode Linux's is: what is
// left on the stack of C has not called panic!.
func unsureRust(trace []call) string {
	if slices.ContainsFunc(trace, func(c call) bool { return !c.unsure }) {
		return ""
	}
	return first(slices.DeleteFunc(trace, func(c call) bool { return !strings.HasPrefix(c.fn, "_R") }))
}

// pointer returns the index of the first instruction pointer of the kernel, or -1.
func pointer(lines []line) int {
	return slices.IndexFunc(lines, func(l line) bool { return l.ip != "" })
}

// find returns the function to look at; "" where the frame names none.
func (f *frame) find(texts []string) string {
	if f.kind.place == nowhere {
		return ""
	}
	lines := readLines(texts)
	head := f.groups["fn"]
	if head == "" {
		head = f.body["fn"]
	}
	if bareAddressRE.MatchString(head) {
		head = ""
	}
	var found string
	switch f.kind.place {
	case inTrace:
		if at := pointer(lines); at >= 0 && at < slices.IndexFunc(lines, isBegin) {
			found = inRegisters(lines)
		} else if f.kind.check == CheckRustPanic {
			found = unsureRust(calls(lines, 0))
		}
	case inOwner:
		if at := lineWith(lines, "page last allocated via"); at > 0 {
			found = first(callsBehind(lines, at))
		}
	case inHead:
		if head != "" && head != "0x0" && !isHelper(head) {
			return head
		}
		switch {
		case f.kind.check == "boot/sanitizer":
			found = first(traceOf(lines, head))
		case strings.HasPrefix(head, "warn_bogus_irq_restore"): // of whom the caller is at fault, be it a helper
			found = restorer(calls(lines, 0))
		}
		if head == "0x0" { // a WARN that could not tell its own place
			found = inRegisters(lines)
		}
	case inRegs:
		found = inRegisters(lines)
	case inStall:
		found = interrupted(lines)
	case inDepth:
		found = deep(calls(lines, 0))
	case inWait:
		found = waiter(calls(lines, 0))
	case inFlight:
		return callerSaid(lines)
	case inCaller:
		found = callerSaid(lines)
	case inAt:
		found = acquirer(lines)
	case inIRQ:
		if at := lineWith(lines, "-irq-safe at:"); at > 0 {
			found = first(entries(lines[at+1:]))
		}
		if found == "" {
			found = acquirer(lines)
		}
	case inBody:
		found = first(callsBehind(lines, 0))
	case inSecond:
		found = first(calls(lines, lineWith(lines, "stack backtrace:")))
	}
	for _, try := range []func() string{
		func() string { return first(calls(lines, 0)) },
		func() string { return notHelper(head) },
		func() string { return inRegisters(lines) },
		func() string { return map[place]string{inHead: head}[f.kind.place] },
		func() string { return anywhere(lines) },
		func() string { return head },
		func() string { return inAnyRegister(lines) },
		func() string { return caller(calls(lines, 0)) },
	} {
		if found != "" && found != "0x0" {
			break
		}
		found = try()
	}
	return found
}

func notHelper(fn string) string {
	if fn == "" || isHelper(fn) {
		return ""
	}
	return fn
}

// lineWith returns the index of the first line with word, else 0.
func lineWith(lines []line, word string) int {
	return max(0, slices.IndexFunc(lines, func(l line) bool { return strings.Contains(l.text, word) }))
}

// inRegisters returns the function of the first instruction pointer, or where that is in a helper
// its caller.
func inRegisters(lines []line) string {
	at := pointer(lines)
	if at < 0 {
		return ""
	}
	trace := callsBehind(lines, at)
	switch fn := lines[at].ip; {
	case strings.HasPrefix(fn, "0x"): // no code of the kernel: the caller jumped there
		for _, l := range lines[at:min(len(lines), at+3)] {
			if m := returnRE.FindStringSubmatch(l.text); m != nil {
				return m[1] + m[2]
			}
		}
		return caller(trace)
	case isThunk(fn):
		return caller(trace)
	case !isHelper(fn):
		return fn
	}
	for _, c := range trace {
		if !c.unsure && !c.helper && !strings.HasPrefix(c.fn, "0x") {
			return c.fn
		}
	}
	return first(trace)
}

// caller returns the function that called what a trace is of, be it a helper: the one that jumped to nowhere.
func caller(trace []call) string {
	for _, c := range trace {
		if !c.unsure && !isThunk(c.fn) && !isReporter(c.fn) && !strings.HasPrefix(c.fn, "0x") {
			return c.fn
		}
	}
	return ""
}

// traceOf returns the trace that has fn: where two processors write at once, the first one may be that of the other.
func traceOf(lines []line, fn string) []call {
	fn = plain(fn)
	has := func(c call) bool { return c.fn == fn || strings.HasPrefix(c.fn, fn+".") }
	own := callsBehind(lines, 0)
	if slices.ContainsFunc(own, has) {
		return own
	}
	for i, l := range lines {
		if !l.begin {
			continue
		}
		if other := entries(lines[i+1:]); slices.ContainsFunc(other, has) {
			return other
		}
	}
	return own
}

// restorer returns the function that restored a state of interrupts that it had not saved.
func restorer(trace []call) string {
	for _, c := range trace {
		if !c.unsure && !isReporter(c.fn) && !lockRE.MatchString(c.fn) {
			return c.fn
		}
	}
	return ""
}

// anywhere returns the first function of whatever trace that is no helper: those of a lock's other
// users, where the own one has none.
func anywhere(lines []line) string {
	for _, l := range lines {
		if c := l.call; c != nil && !c.unsure && !c.helper && !strings.HasPrefix(c.fn, "0x") {
			return c.fn
		}
	}
	return ""
}

// inAnyRegister returns the function of the first instruction pointer, be it a helper.
func inAnyRegister(lines []line) string {
	if at := pointer(lines); at >= 0 {
		return lines[at].ip
	}
	return ""
}

// callerSaid returns the function that the kernel itself names as the caller, or as the work that is done: lib/smp_processor_id.c,
// kernel/workqueue.c.
func callerSaid(lines []line) string {
	for _, l := range lines {
		if m := callerRE.FindStringSubmatch(l.text); m != nil && !checksRE.MatchString(m[1]) {
			return m[1] + m[2]
		}
	}
	return ""
}

// acquirer returns the function that takes the lock which lockdep complains about, or holds the other one.
func acquirer(lines []line) string {
	for _, l := range lines {
		if chainRE.MatchString(l.text) {
			break
		}
		if m := atRE.FindStringSubmatch(l.text); m != nil && (isShared(m[1]) || !isHelper(m[1])) {
			return m[1]
		}
	}
	return first(calls(lines, lineWith(lines, "stack backtrace:")))
}

// plain returns the name of a function as its source has it: without what compilers add, and
// without Rust's mangling.
func plain(fn string) string {
	fn = suffixRE.ReplaceAllString(fn, "")
	for _, prefix := range []string{"__cfi_", "__pfx_", "__pi_"} { // what stands before a function, for kCFI and padding; its alias for early code
		fn = strings.TrimPrefix(fn, prefix)
	}
	if strings.HasPrefix(fn, "_R") || strings.HasPrefix(fn, "_Z") {
		return demangle.Filter(fn, demangle.NoClones, demangle.NoParams)
	}
	return fn
}
