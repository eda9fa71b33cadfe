// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var (
	exitRE = lazyregexp.New(`exitcode=0x([0-9a-f]{8})`)
	// variesRE is what differs from run to run: numbers and addresses, names of tasks behind "by task".
	variesRE = lazyregexp.New(`0x[0-9a-f]+|\b[0-9a-f]{8,16}\b|\b\d+\b`)
	// placeRE is the place that lockdep's RCU checks and others tell in a line of their own.
	placeRE = lazyregexp.New(`^(` + `[\w./+-]*?[\w+-]+\.(?:c|h|S|rs)` + `):(\d+) (?:suspicious|RCU-list|invoked|Reader)`)
	treeRE  = lazyregexp.New(`^(?:.*?/)??((?:arch|block|certs|crypto|drivers|fs|include|init|io_uring|ipc|kernel|lib|mm|net|rust|samples|security|sound|virt)/.*)$`)
)

// crash returns what a frame comes to.
func (f *frame) crash(symbols *Symbols) Crash {
	lines := symbols.name(f.lines[:min(f.solid, len(f.lines))])
	c := Crash{Check: f.kind.check, Severity: f.kind.severity(), Hint: f.kind.hint, During: f.during, Times: 1}
	fn := f.find(lines)
	if f.kind.word == "not syncing" && f.kind.check == CheckOops { // a User Mode Linux tells its registers before it panics
		before := readLines(symbols.name(f.before))
		fn = cmp.Or(inRegisters(before), fn, inAnyRegister(before))
	}
	if !strings.HasPrefix(fn, "0x") {
		c.Func = plain(fn)
	}
	c.File, c.Line = f.place(lines)
	c.Title = f.title(lines, &c)
	c.Lines = append(symbols.name(f.before), symbols.decode(lines)...)
	if c.File == "" || isHelperFile(c.File) {
		if file, line := symbols.place(lines, c.Func); file != "" {
			c.File, c.Line = file, line
		}
	}
	return c
}

// title returns what is the same whenever the same fault is met.
func (f *frame) title(lines []string, c *Crash) string {
	title := strings.Replace(f.kind.title, "WHAT", demangled(f.groups["what"]), 1)
	title = strings.Replace(title, "MORE", f.groups["more"], 1)
	title = strings.Replace(title, "SAID", f.groups["said"], 1)
	if f.kind.check == "boot/sanitizer" && strings.HasPrefix(title, "KASAN: ") {
		title += access(lines)
	}
	if f.kind.check == CheckRustPanic {
		title += rustMessage(lines, f.groups["said"])
	}
	title += f.groups["why"]
	if f.kind.check != CheckInitDied {
		title = variesRE.ReplaceAllString(title, "N")
	}
	switch {
	case c.Func != "":
		title += " in " + c.Func
	case c.File != "":
		title += fmt.Sprintf(" at %s:%d", c.File, c.Line)
	}
	return title
}

// demangled returns what of a head, where it is a name of Rust's as its source has it: the mangled one holds what the compiler made up.
func demangled(what string) string {
	if strings.HasPrefix(what, "_R") {
		return plain(what)
	}
	return what
}

// place returns the place in the source that the head, or lockdep's line below it, tells.
func (f *frame) place(lines []string) (file string, line int) {
	groups := f.groups
	if groups["file"] == "" {
		groups = f.body
	}
	file, number := groups["file"], groups["line"]
	if file == "" {
		for _, l := range lines[:min(len(lines), 12)] {
			if m := placeRE.FindStringSubmatch(l); m != nil {
				file, number = m[1], m[2]
			}
		}
	}
	line, _ = strconv.Atoi(number)
	return InTree(file), line
}

// InTree cuts off the folder that the kernel was built in.
func InTree(file string) string {
	if m := treeRE.FindStringSubmatch(file); m != nil {
		return m[1]
	}
	return strings.TrimPrefix(file, "./")
}

// access returns " Read" or " Write" of the line below KASAN's head.
func access(lines []string) string {
	for _, line := range lines[:min(len(lines), 4)] {
		for _, word := range []string{"Read", "Write"} {
			if strings.HasPrefix(line, word+" of size ") || strings.HasPrefix(line, word+" at addr ") {
				return " " + word
			}
		}
	}
	return ""
}

// rustMessage returns what panic! was told: said before the place, else the line below that.
func rustMessage(lines []string, said string) string {
	if said != "" {
		return ": " + said
	}
	i := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "panicked at ") })
	if i < 0 || i+1 >= len(lines) {
		return ""
	}
	if said := strings.TrimSpace(lines[i+1]); said != "" && !strings.HasPrefix(said, "---") {
		return ": " + said
	}
	return ""
}

// initEnd puts into words how init ended, or why it did not begin.
func initEnd(panic, noInit string) string {
	m := exitRE.FindStringSubmatch(panic)
	switch {
	case m != nil:
		code, _ := strconv.ParseUint(m[1], 16, 32)
		if signal := code & 0x7f; signal != 0 {
			return fmt.Sprintf(" (signal %d)", signal)
		}
		return fmt.Sprintf(" (it exited with %d)", code>>8&0xff)
	case noInit != "":
		return "; before that: " + noInit
	}
	return ""
}
