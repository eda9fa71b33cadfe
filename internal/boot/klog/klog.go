// SPDX-License-Identifier: GPL-2.0-only

// Package klog finds in a kernel's log what the kernel says against itself.
//
// For most uses, call [Read] with a whole log, or feed a [Reader] with lines as they come and call
// [Reader.Crashes] at the end. Each report of the kernel (the frame that an oops, a lockdep splat
// or a stall prints, with all that follows from it) makes one [Crash], whose title holds the kind
// of the fault and the function to look at and nothing that differs from run to run, so that two
// logs can be compared by their titles. A report that only sums up others of the log, or follows from one, is not told
// beside them.
//
// What a report looks like is the table [kinds], which was held against the printk calls of Linux
// 7.3 and the forms that 5.x and 6.x had; what looks alike and is none is the table [harmless].
package klog

import (
	"bufio"
	"io"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Crash is one report of a kernel about a fault of its own.
type Crash struct {
	// Check is the identifier of its findings, such as "boot/lockdep".
	Check    string
	Severity report.Severity
	// Title is the kind and the function: "KASAN: slab-use-after-free Read in foo_release".
	Title string
	// Func is the function to look at, demangled; "" where the log names none.
	Func string
	// File and Line are a place in the source, where the log or the symbols name one.
	File string
	Line int
	// Hint may be empty.
	Hint string
	// Lines are the frame, without time stamps. They are cut at maxFrame lines.
	Lines []string
	// During is what [Reader.During] was when it began.
	During string
	// Times is how often the same title came.
	Times int
	// Follows is the title of the report that this one follows from, such as the one of whoever left a lock taken; "" for none.
	Follows string
	// Bare is the title that the log alone gives, without symbols.
	Bare string
	// Nameless is whether the log alone says nothing of where the fault is, so that Bare may stand for any other one.
	Nameless bool
}

// Bounds on what is kept, whatever the guest writes.
const (
	maxLine    = 4 << 10
	maxFrame   = 400 // lines of a frame
	maxCrashes = 100
	maxStreams = 64 // contexts that print at the same time
)

// A Reader reads a kernel's log. The zero value is ready.
type Reader struct {
	// During is what runs while the next lines come, such as a suite of tests.
	During string

	frames  []*frame
	streams map[string]*frame // the open frame of each context that prints
	context string            // of the last line with a stamp
	lines   int
	lost    bool
	more    int // reports beyond maxCrashes
	noInit  string
	before  []string
}

// Read reads the whole log r. It returns what it found before an error of r.
func Read(r io.Reader) ([]Crash, error) {
	var reader Reader
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			reader.Line(strings.TrimRight(line, "\r\n"))
		}
		if err == io.EOF {
			return reader.Crashes(nil), nil
		}
		if err != nil {
			return reader.Crashes(nil), err
		}
	}
}

// Line takes the next line of the console, without its end.
func (r *Reader) Line(line string) {
	for _, part := range split(line[:min(len(line), maxLine)]) {
		r.part(part)
	}
}

// Lost reports whether the kernel has panicked, after which nothing more is to be waited for.
func (r *Reader) Lost() bool { return r.lost }

// Crashes returns what was found so far, in the order of the log, each title once. Symbols may be
// nil; else they put names where the log has addresses only, and source lines where it has names.
func (r *Reader) Crashes(symbols *Symbols) []Crash {
	var crashes []Crash
	at := map[string]int{}
	died := false
	follows := r.leaks()
	for _, f := range r.frames {
		if f.kind.sums != "" && r.tells(f.kind.sums, f) || died && f.ofTheDead() {
			continue
		}
		died = died || f.has(" [#")
		c := f.crash(symbols)
		bare := c
		if symbols != nil {
			bare = f.crash(nil)
		}
		c.Bare, c.Nameless = bare.Title, bare.Func == "" && bare.File == "" && !f.kind.saysAll()
		if root := follows[f]; root != nil {
			c.Follows = root.crash(symbols).Title
		}
		if i, ok := at[c.Title]; ok {
			crashes[i].Times++
			continue
		}
		at[c.Title] = len(crashes)
		crashes = append(crashes, c)
	}
	return crashes
}

// tells reports whether a frame other than f has word.
func (r *Reader) tells(word string, f *frame) bool {
	for _, other := range r.frames {
		if other != f && other.has(word) {
			return true
		}
	}
	return false
}

// Any reports whether anything was found.
func (r *Reader) Any() bool { return len(r.frames) > 0 }

// More returns how many reports came beyond those that are kept.
func (r *Reader) More() int { return r.more }
