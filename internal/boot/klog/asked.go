// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"slices"
	"strings"
)

// interrupted returns the function that a processor is stuck under: what the kernel was asked to do there, since the
// function where a loop happens to be interrupted is another one each time.
func interrupted(lines []line) string {
	for i, l := range lines {
		if l.ip == "" || isIdle(l.ip) {
			continue
		}
		trace := callsBehind(lines, i)
		if !strings.HasPrefix(l.ip, "0x") {
			trace = slices.Insert(trace, 0, newCall(l.ip))
		}
		if fn := served(trace); fn != "" {
			return fn
		}
	}
	for i, l := range lines {
		if !l.begin {
			continue
		}
		if fn := served(entries(lines[i+1:])); fn != "" {
			return fn
		}
	}
	return served(calls(lines, 0))
}

// served returns the function of a trace that a dispatcher called: the handler of a system call, a timer, a packet.
// Where there is none it is the first that is no helper.
func served(trace []call) string {
	trace = slices.DeleteFunc(trace, func(c call) bool { return c.unsure || strings.HasPrefix(c.fn, "0x") })
	from := slices.IndexFunc(trace, func(c call) bool { return !c.helper || c.crossCall })
	if from < 0 {
		return ""
	}
	for i, c := range trace[from:] {
		switch {
		case c.crossCall: // it waits for other processors, whoever asked for it
			return "smp_call_function"
		case i > 0 && c.dispatcher && !trace[from+i-1].dispatcher:
			return trace[from+i-1].fn
		}
	}
	return trace[from].fn
}

// deep is served for a stack that is used up: a hook of an LSM is called in the middle of what is done, and asks for nothing.
func deep(trace []call) string {
	trace = slices.Clone(trace)
	for i, c := range trace {
		trace[i].dispatcher = c.dispatcher && !strings.HasPrefix(c.fn, "security_")
	}
	return served(trace)
}

// waiter returns the function that a task waits in: what all share and somebody else does not give back, or the first
// that is no helper and does not wait for whoever calls it.
func waiter(trace []call) string {
	for _, c := range trace {
		if !c.unsure && (isShared(c.fn) || !c.helper && !isWaiting(c.fn)) {
			return c.fn
		}
	}
	return ""
}
