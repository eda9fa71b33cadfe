// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// progress counts make's commands and tells of them now and then.
type progress struct {
	w     io.Writer // nil: only count
	every time.Duration
	start time.Time

	mu   sync.Mutex // over what follows: a beat tells while make writes
	last time.Time
	// begun is when the first object was compiled, skipped how many commands had ended by then, and expected about how many there
	// are to be in all; 0 for unknown. Those before the first object take far longer each: they configure.
	begun    time.Time
	skipped  int
	expected int
	counts   map[string]int // by label
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
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts[m[1]]++
	if p.begun.IsZero() && (m[1] == "CC" || m[1] == "RUSTC") {
		p.begun, p.skipped = time.Now(), p.sum()
	}
	if time.Since(p.last) >= p.every {
		p.tell(p.text())
	}
}

// minDone is which part of the commands, one in so many, tells how long the others take.
const minDone = 50

// beatEvery is how long nothing may be told while a program works.
const beatEvery = 15 * time.Second

// beat tells how things stand while nothing else does, until stop is called.
func (p *progress) beat() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				p.mu.Lock()
				if time.Since(p.last) >= beatEvery {
					p.tell(p.text())
				}
				p.mu.Unlock()
			}
		}
	}()
	return func() { close(done); <-ended }
}

func (p *progress) total() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sum()
}

func (p *progress) sum() int {
	n := 0
	for _, count := range p.counts {
		n += count
	}
	return n
}

// String returns "412 CC, 23 RUSTC, 5 LD, 61 others", and where it is known of how many.
func (p *progress) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text()
}

func (p *progress) text() string {
	var parts []string
	sum := p.sum()
	others := sum
	for _, label := range told {
		others -= p.counts[label]
		parts = append(parts, fmt.Sprintf("%d %s", p.counts[label], label))
	}
	text := strings.Join(append(parts, fmt.Sprintf("%d others", others)), ", ")
	if sum == 0 || sum >= p.expected {
		return text
	}
	text += fmt.Sprintf(" of about %d", p.expected)
	if done := sum - p.skipped; !p.begun.IsZero() && done*minDone >= p.expected {
		left := time.Duration(float64(time.Since(p.begun)) / float64(done) * float64(p.expected-sum))
		text += fmt.Sprintf(", about %s left", left.Round(time.Second))
	}
	return text
}

// say writes a line with the time that has passed.
func (p *progress) say(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(s)
}

func (p *progress) tell(s string) {
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
