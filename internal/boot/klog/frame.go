// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// A frame is one report while it is read.
//
// A head opens it, in the context that prints. Lines of that context join it until its end mark, or
// until maxIdle lines do not look like a report. A head that continues the fault joins too: the
// body behind a lead before the registers are there, the panic behind everything.
type frame struct {
	kind   *kind
	groups map[string]string
	during string
	// body are the groups of the head that continued a lead.
	body map[string]string
	// before led to a panic.
	before []string
	lines  []string
	// solid is how many of lines there are up to the last that looks like a report.
	solid, idle int
	// regs is whether the registers, or the line with CPU and PID, are there.
	regs bool
	last int // the number of the line that joined last
}

const (
	maxIdle = 25
	// maxLead is how many lines a lead waits for its body, and maxEnd how many a fault waits for
	// the panic that it ends in.
	maxLead = 40
	maxEnd  = 200
	// keepEnd is how many of the lines of a frame that is too long are its last ones.
	keepEnd = 90
	// maxBefore is how many lines before a panic tell how it came.
	maxBefore = 15
	// maxSaid is how many bytes of a line stand in a title.
	maxSaid = 80
)

var (
	noInitRE = lazyregexp.New(`Initramfs unpacking failed: .*|rootfs image is not initramfs.*|check access for rdinit=.*|Failed to execute /init.*`)
	// likeRE matches lines of a report: code, addresses, registers, and the words of lockdep.
	likeRE = lazyregexp.New(`\+0x[0-9a-f]+| \([\w./+-]+\.(?:c|h|S|rs):\d+|\b(?:0x)?[0-9a-f]{16}\b|\b[0-9a-f]{8} [0-9a-f]{8}\b|^\s*(?:Call [Tt]race|</?[A-Z]+>|-> #|in-flight: |lock\(|\.\.\. |CPU[: ]|Code: |Hardware name|Modules linked)|stack backtrace|other info|held by| lock`)
	regsRE = lazyregexp.New(`^(?:\w+ )?CPU: \d+ (?:UID: \d+ )?PID: \d+|^[RE]IP: |^(?:pc|epc) ?: `)
	// endedRE are panics that only say how a report before them ends.
	endedRE = lazyregexp.New(`Fatal exception|panic_on_warn set|blocked tasks|hung tasks|[Hh]ard LOCKUP|RCU Stall|Attempted to kill the idle task|` +
		`Aiee, killing interrupt|Oops failed to kill|fault=panic|kernel stack overflow|stack guard hit|BUG!|scheduling while atomic|warned too often|deadlocked on memory|panic_on_oom`)
	aboveRE  = lazyregexp.New(`^\s*$|^(?:CPU: |Tainted: |Hardware name|Modules linked|Workqueue: |Stopper: |Sched_ext: |Code: |[RE]?[A-Z]{1,3}\d*: |pstate: |pc : |lr : |\[<)`)
	signalRE = lazyregexp.New(`exitcode=0x[0-9a-f]{6}(?:[1-7][0-9a-f]|0[1-9a-f])`)
)

// goesOn are the checks of reports after which a kernel goes on: a panic that follows one with words of its own is another fault.
var goesOn = map[string]bool{"boot/lockdep": true, "boot/lockdep-off": true, "boot/warning": true, "boot/atomic": true, "boot/leak": true,
	"boot/refcount": true, "boot/object": true}

// part takes what one printk wrote.
func (r *Reader) part(p part) {
	r.lines++
	if p.stamped {
		r.context = p.context
	} else if p.context == "" {
		p.context = r.context
	}
	text := p.text
	if why := noInitRE.FindString(text); why != "" && r.noInit == "" {
		r.noInit = why
	}
	defer r.remember(text)
	open := r.streams[p.context]
	if !strings.HasPrefix(text, "---[ end ") {
		if k, groups := match(text); k != nil {
			r.head(k, groups, text, p.context)
			return
		}
	}
	if open == nil {
		return
	}
	open.join(text, r.lines)
	if open.ended(text) {
		delete(r.streams, p.context)
	}
}

// remember keeps a line for the panic that may follow.
func (r *Reader) remember(text string) {
	if r.before = append(r.before, text); len(r.before) > maxBefore {
		r.before = r.before[1:]
	}
}

// reason returns the last of the lines before a trace that is none of what the kernel puts above each trace.
func (r *Reader) reason() string {
	for _, text := range slices.Backward(r.before) {
		if !aboveRE.MatchString(text) {
			return strings.ToValidUTF8(text[:min(len(text), maxSaid)], "") // not half a letter
		}
	}
	return ""
}

// head takes a line that is a head: it joins the report before it, or opens one.
func (r *Reader) head(k *kind, groups map[string]string, text, context string) {
	if k.word == "not syncing" {
		r.lost = true
	}
	if f := r.continues(k, text, context); f != nil {
		f.join(text, r.lines)
		switch {
		case f.kind.check == "boot/warning" && k.role == lead:
			f.kind, f.groups, f.body = k, groups, f.groups
		case f.kind.word == "BUG" && k.role == body:
			f.kind, f.groups = k, groups
		case k.role == body || k.role == lead:
			f.body = groups
		}
		return
	}
	if strings.Contains(k.title, "SAID") {
		groups["said"] = r.reason()
	}
	if k.role == aside && (len(r.frames) > 0 || isHarmless(groups["said"])) {
		return
	}
	if len(r.frames) >= maxCrashes {
		r.more++
		delete(r.streams, context)
		return
	}
	f := &frame{kind: k, groups: groups, last: r.lines, during: r.During}
	if k.word == "not syncing" {
		f.before = append(f.before, r.before...)
	}
	if k.check == CheckInitDied {
		groups["why"] = initEnd(text, r.noInit)
	}
	f.join(text, r.lines)
	f.solid = min(len(f.lines)+2, maxFrame) // what the head says may take more lines
	r.frames = append(r.frames, f)
	if k.place == nowhere && r.streams[context] != nil {
		return // a line of somebody else, in the middle of a report
	}
	if r.streams == nil || len(r.streams) >= maxStreams {
		r.streams = map[string]*frame{}
	}
	r.streams[context] = f
}

// continues returns the report that a head belongs to, or nil.
func (r *Reader) continues(k *kind, text, context string) *frame {
	open := r.streams[context]
	if k.role == aside {
		return open
	}
	if open != nil && open.awaits(k) {
		return open
	}
	if k.role != end || len(r.frames) == 0 {
		return nil
	}
	last := r.frames[len(r.frames)-1]
	if last.kind.role == aside {
		return nil
	}
	near := r.lines-last.last < maxEnd
	switch {
	case k.check == CheckInitDied:
		if near && signalRE.MatchString(text) {
			return last
		}
	case near && !goesOn[last.kind.check], endedRE.MatchString(text):
		return last
	}
	return nil
}

// awaits reports whether a frame is a lead that a head continues, or a WARNING whose text, which is
// that of a lead, comes behind it.
func (f *frame) awaits(k *kind) bool {
	limit := maxLead
	if f.kind.word == "BUG " { // SLUB shows the object
		limit = maxFrame - keepEnd
	}
	if f.regs || len(f.lines) >= limit {
		return false
	}
	switch {
	case f.kind == k && k.check == "boot/sanitizer": // one for each inlined function, where somebody decoded the trace
		return len(f.lines) == 1
	case k.word == "BUG": // the text of a WARN may call itself a bug, behind the WARNING or before it
		return f.kind.check == "boot/warning"
	case f.kind.word == "BUG":
		return k.check == "boot/warning" && len(f.lines) <= 2
	case k.role != body && k.role != lead:
		return false
	}
	warned := f.kind.role == body && (f.kind.check == "boot/warning" || f.kind.check == "boot/lockdep")
	return f.kind.role == lead || warned && k.role == lead && k.check != CheckOops
}

// join appends a line.
func (f *frame) join(text string, number int) {
	f.last = number
	switch last := len(f.lines) - 1; {
	case last+1 < maxFrame:
		f.lines = append(f.lines, text)
	default: // the end of a deep trace says what the kernel was asked to do
		end := f.lines[maxFrame-keepEnd:]
		copy(end, end[1:])
		f.lines[maxFrame-keepEnd-1], f.lines[last] = "[lines left out]", text
	}
	f.regs = f.regs || regsRE.MatchString(text)
	if likeRE.MatchString(text) {
		f.idle, f.solid = 0, len(f.lines)
	} else {
		f.idle++
	}
}

func (f *frame) has(word string) bool {
	return slices.ContainsFunc(f.lines, func(line string) bool { return strings.Contains(line, word) })
}

// ofTheDead reports whether a frame comes from a task that an oops has killed, which still holds what it held.
func (f *frame) ofTheDead() bool {
	return !f.has(" [#") && (f.has("make_task_dead+0x") || f.has("rewind_stack_"))
}

// ended reports whether the line that just joined is the last one.
func (f *frame) ended(text string) bool {
	switch {
	case strings.HasPrefix(text, "---[ end "):
		return true
	case strings.HasPrefix(text, "=====") && len(f.lines) > 4:
		return f.kind.check == "boot/sanitizer" || f.kind.check == "boot/memory"
	}
	return f.idle > maxIdle
}
