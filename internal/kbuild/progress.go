// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
)

// progress counts make's commands and tells of them now and then.
type progress struct {
	w           io.Writer // nil: only count
	every       time.Duration
	start, last time.Time
	counts      map[string]int // by label
}

// told are the labels that a progress line counts apart.
var told = [...]string{"CC", "RUSTC", "LD"}

func newProgress(w io.Writer, every time.Duration) *progress {
	if every == 0 {
		every = time.Second
	}
	now := time.Now()
	return &progress{w: w, every: every, start: now, last: now, counts: map[string]int{}}
}

// line counts a line of make's output, where it is one of a command.
func (p *progress) line(s string) {
	m := labelRE.FindStringSubmatch(s)
	if m == nil {
		return
	}
	p.counts[m[1]]++
	if time.Since(p.last) >= p.every {
		p.say(p.String())
	}
}

func (p *progress) total() int {
	n := 0
	for _, count := range p.counts {
		n += count
	}
	return n
}

// String returns "412 CC, 23 RUSTC, 5 LD, 61 others".
func (p *progress) String() string {
	var parts []string
	others := p.total()
	for _, label := range told {
		others -= p.counts[label]
		parts = append(parts, fmt.Sprintf("%d %s", p.counts[label], label))
	}
	return strings.Join(append(parts, fmt.Sprintf("%d others", others)), ", ")
}

// say writes a line with the time that has passed.
func (p *progress) say(s string) {
	p.last = time.Now()
	if p.w != nil {
		fmt.Fprintf(p.w, "build: %s, %s\n", s, time.Since(p.start).Round(time.Second))
	}
}

func (p *progress) end() { p.say(p.String()) }

// lineWriter cuts what is written to it into lines, and long lines short.
type lineWriter struct {
	line func(string)
	rest []byte
}

func (l *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			l.keep(p)
			return n, nil
		}
		l.keep(p[:end])
		l.end()
		p = p[end+1:]
	}
}

// keep adds to the current line what it may still hold.
func (l *lineWriter) keep(p []byte) {
	l.rest = append(l.rest, p[:min(len(p), max(0, maxLine-len(l.rest)))]...)
}

// end hands on the current line.
func (l *lineWriter) end() {
	l.line(string(l.rest))
	l.rest = l.rest[:0]
}
