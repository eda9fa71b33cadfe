// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// progress shows the lines that long work writes, ended by "\n" or "\r". On a terminal each
// takes the place of the one before; elsewhere one is written every few seconds, so that a log
// tells that work goes on and is not flooded.
type progress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	every    time.Duration
	last     time.Time
	partial  []byte
	shown    bool
}

// progress returns a writer for long work, to be closed by the function beside it; nil where the
// user wants none.
func (a *app) progress() (io.Writer, func()) {
	if a.quiet {
		return nil, func() {}
	}
	p := &progress{w: a.stderr, terminal: isTerminal(a.stderr), every: 10 * time.Second}
	return p, p.clear
}

func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.partial = append(p.partial, b...)
	var line []byte
	for {
		i := bytes.IndexAny(p.partial, "\r\n")
		if i < 0 {
			break
		}
		if text := bytes.TrimSpace(p.partial[:i]); len(text) > 0 {
			line = text
		}
		p.partial = p.partial[i+1:]
	}
	if line != nil {
		p.show(report.Printable(string(line)))
	}
	return len(b), nil
}

func (p *progress) show(line string) {
	switch {
	case p.terminal:
		if runes := []rune(line); len(runes) > 78 {
			line = string(runes[:77]) + "…"
		}
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
		p.shown = true
	case time.Since(p.last) >= p.every:
		fmt.Fprintf(p.w, "lsmpatch: %s\n", line)
		p.last = time.Now()
	}
}

// clear takes the line off the terminal.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
