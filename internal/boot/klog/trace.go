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
}

var (
	// callRE is an entry as printk_stack_address() and its kin have it, also as
	// scripts/decode_stacktrace.sh and others rewrite it.
	callRE   = lazyregexp.New(`^\s*(?:\[<?[0-9a-f]+>?\] ?)*(\? )?\(?([A-Za-z_.$][\w.$]*|0x[0-9a-f]{8,})(?:\)? from |\+0x[0-9a-f]+/0x[0-9a-f]+|(?: \S+)? \(?[\w./+-]+\.(?:c|h|S|rs):\d+| *$)`)
	inlineRE = lazyregexp.New(`^\s*([A-Za-z_.$][\w.$]*) \S+:\d+ \[inline\]`)
	// ipRE is the instruction pointer of the kernel, by architecture: x86, arm64, arm, riscv.
	ipRE = lazyregexp.New(`^(?:RIP: (?:0010|e030):|EIP: |IP: |RIP  ?|PC is at )(?:\[<[0-9a-f]+>\] *)*(?:\d+:)?([A-Za-z_.$][\w.$]*|0x[0-9a-f]+)|^(?:RIP: 0033:|pc : |epc : )(?:\[<[0-9a-f]+>\] *)*([A-Za-z_.$][\w.$]*\+)|^(?:pc|epc) : (0x[0-9a-f]+)`)
	// returnRE is where a call came from, for a jump to nowhere.
	returnRE = lazyregexp.New(`^\s*(?:lr|ra) : ([A-Za-z_.$][\w.$]*)\+|^LR is at ([A-Za-z_.$][\w.$]*)`)
	// atRE is where a lock was taken.
	atRE = lazyregexp.New(`, at: (?:\[<[0-9a-f]+>\] )?([A-Za-z_.$][\w.$]*)`)
	// traceRE begins a trace, and otherRE what is about somebody else.
	traceRE = lazyregexp.New(`^(?:\s*Call [Tt]race:|\s*[Bb]acktrace:|.*stack backtrace:|Stack:|Exception stack)`)
	otherRE = lazyregexp.New(`^(?:Allocated by|Freed by|Uninit was|Local variable|Last potentially|The buggy address|Memory state|---\[ |` +
		`Allocated in|Freed in|Second to last|Showing all locks|Sending NMI|kfence-#|allocated by|freed by|INFO: (?:Allocated|Freed|Slab|Object)|Workqueue events|(?:read|write).* to 0x|.* locks? held by )`)
	suffixRE = lazyregexp.New(`\.(?:isra|constprop|part|cold|llvm|lto_priv|__uniq|unlikely)\b.*$`)
)

// calls returns the entries of the first trace at or behind line from; nil where there is none.
func calls(lines []string, from int) []call {
	var res []call
	lines = lines[min(from, len(lines)):]
	// KMSAN, KFENCE and kmemleak print theirs without a title.
	if i := slices.IndexFunc(lines, traceRE.MatchString); i >= 0 {
		lines = lines[i+1:]
	}
	for _, line := range lines {
		line = strings.TrimPrefix(line, "kmemleak: ")
		if traceRE.MatchString(line) {
			if len(res) > 0 {
				break
			}
			continue
		}
		if otherRE.MatchString(line) {
			if len(res) > 0 {
				break
			}
			continue
		}
		if c, ok := parseCall(line); ok {
			res = append(res, c)
		}
	}
	return res
}

// parseCall reads an entry of a trace.
func parseCall(line string) (call, bool) {
	if m := inlineRE.FindStringSubmatch(line); m != nil {
		return call{fn: m[1]}, true
	}
	if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "[") && !strings.HasPrefix(line, "(") && !strings.HasPrefix(line, "\t") {
		return call{}, false
	}
	m := callRE.FindStringSubmatch(line)
	if m == nil || !strings.Contains(line, "+0x") && !strings.Contains(line, ":") && !strings.HasPrefix(m[2], "0x") {
		return call{}, false
	}
	return call{fn: m[2], unsure: m[1] != ""}, true
}

// first returns the first function of a trace that is no helper; a sure one before an unsure one.
func first(trace []call) string {
	unsure := ""
	for _, c := range trace {
		if isHelper(c.fn) {
			continue
		}
		if !c.unsure {
			return c.fn
		}
		if unsure == "" {
			unsure = c.fn
		}
	}
	return unsure
}

// ips returns where lines have an instruction pointer of the kernel: the line and the function.
func ips(lines []string) (at []int, fns []string) {
	for i, line := range lines {
		if m := ipRE.FindStringSubmatch(strings.TrimLeft(line, " ")); m != nil {
			at, fns = append(at, i), append(fns, m[1]+strings.TrimSuffix(m[2], "+")+m[3])
		}
	}
	return at, fns
}

// find returns the function to look at; "" where the frame names none.
func (f *frame) find(lines []string) string {
	head := f.groups["fn"]
	if head == "" {
		head = f.body["fn"]
	}
	var found string
	switch f.kind.place {
	case nowhere:
		return ""
	case inTrace:
		if at, _ := ips(lines); len(at) > 0 && at[0] < slices.IndexFunc(lines, traceRE.MatchString) {
			found = inRegisters(lines)
		}
	case inHead:
		if head != "" && !isHelper(head) {
			return head
		}
	case inRegs:
		found = inRegisters(lines)
	case inStall:
		found = interrupted(lines)
	case inAt:
		found = acquirer(lines)
	case inSecond:
		found = first(calls(lines, lineWith(lines, "stack backtrace:")))
	}
	for _, try := range []func() string{
		func() string { return first(calls(lines, 0)) },
		func() string { return notHelper(head) },
		func() string { return inRegisters(lines) },
		func() string { return anywhere(lines) },
		func() string { return head },
		func() string { return strings.Join(inAnyRegister(lines), "") },
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
func lineWith(lines []string, word string) int {
	for i, line := range lines {
		if strings.Contains(line, word) {
			return i
		}
	}
	return 0
}

// inRegisters returns the function of the first instruction pointer, or where that is in a helper
// its caller.
func inRegisters(lines []string) string {
	at, fns := ips(lines)
	if len(at) == 0 {
		return ""
	}
	if strings.HasPrefix(fns[0], "0x") { // no code of the kernel: the caller jumped there
		for _, line := range lines[at[0]:min(len(lines), at[0]+3)] {
			if m := returnRE.FindStringSubmatch(line); m != nil {
				return m[1] + m[2]
			}
		}
	} else if !isHelper(fns[0]) {
		return fns[0]
	}
	for _, c := range calls(lines, at[0]) {
		if !c.unsure && !isHelper(c.fn) && !strings.HasPrefix(c.fn, "0x") {
			return c.fn
		}
	}
	return first(calls(lines, at[0]))
}

// anywhere returns the first function of whatever trace that is no helper: those of a lock's other
// users, where the own one has none.
func anywhere(lines []string) string {
	for _, line := range lines {
		if c, ok := parseCall(line); ok && !c.unsure && !isHelper(c.fn) && !strings.HasPrefix(c.fn, "0x") {
			return c.fn
		}
	}
	return ""
}

// inAnyRegister returns the function of the first instruction pointer, be it a helper.
func inAnyRegister(lines []string) []string {
	_, fns := ips(lines)
	return fns[:min(len(fns), 1)]
}

// interrupted returns the function that a processor stands in: the first that is neither a helper
// nor idle.
func interrupted(lines []string) string {
	at, fns := ips(lines)
	for i := range at {
		if isIdle(fns[i]) {
			continue
		}
		if !isHelper(fns[i]) {
			return fns[i]
		}
		if fn := first(calls(lines, at[i])); fn != "" {
			return fn
		}
	}
	return ""
}

// acquirer returns the function that takes the lock which lockdep complains about.
func acquirer(lines []string) string {
	for _, line := range lines {
		if m := atRE.FindStringSubmatch(line); m != nil {
			if !isHelper(m[1]) {
				return m[1]
			}
			break
		}
	}
	return first(calls(lines, lineWith(lines, "stack backtrace:")))
}

// plain returns the name of a function as its source has it: without what compilers add, and
// without Rust's mangling.
func plain(fn string) string {
	fn = suffixRE.ReplaceAllString(fn, "")
	for _, prefix := range []string{"__cfi_", "__pfx_"} { // what stands before a function, for kCFI and padding
		fn = strings.TrimPrefix(fn, prefix)
	}
	if strings.HasPrefix(fn, "_R") || strings.HasPrefix(fn, "_ZN") {
		return demangle.Filter(fn, demangle.NoClones)
	}
	return fn
}
