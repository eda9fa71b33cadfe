// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/boot/klog"
	"github.com/lsmpatch/lsmpatch/internal/boot/ktap"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// Bounds on what is kept of a console, whatever the guest writes.
const (
	maxLine  = 4 << 10
	maxHead  = 3 << 20 // from the begin
	maxTail  = 1 << 20 // from the end
	maxHooks = 20
)

// A console reads what the guest writes, as it comes.
type console struct {
	live      io.Writer // gets each line of the kernel; nil: none
	collector *collector
	expect    []*regexp.Regexp
	met       []bool // which of expect
	hooks     []string
	log       klog.Reader
	tests     ktap.Reader // of the tests in the kernel
	lsmLines  []string    // of the LSM framework, for the reason
	running   string      // the program that init runs
	doctests  map[string]place
	over      func() // called once when nothing more is to be waited for
	rest      []byte
	bytes     int
	head      bytes.Buffer
	last      tail
}

func newConsole(m *machine, over func()) *console {
	return &console{live: m.opts.Console, collector: newCollector(m.nonce), expect: m.expect,
		met: make([]bool, len(m.expect)), over: over}
}

// Write takes the next bytes. It never fails, so that QEMU goes on.
func (c *console) Write(p []byte) (int, error) {
	c.bytes += len(p)
	n := len(p)
	for {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			c.keep(p)
			return n, nil
		}
		c.keep(p[:end])
		c.end()
		p = p[end+1:]
	}
}

func (c *console) keep(p []byte) {
	c.rest = append(c.rest, p[:min(len(p), max(0, maxLine-len(c.rest)))]...)
}

// end takes the current line.
func (c *console) end() {
	s := strings.TrimRight(string(c.rest), "\r")
	c.rest = c.rest[:0]
	if c.collector.line(s) {
		c.check()
		return // ours, and not the kernel's
	}
	if c.live != nil {
		io.WriteString(c.live, s+"\n")
	}
	if c.head.Len() < maxHead {
		c.head.WriteString(s + "\n")
	} else {
		c.last.Write([]byte(s + "\n"))
	}
	c.line(s)
}

// programMark stands before each line that a program in the guest prints, as it comes; the facts
// have it again. What the kernel says in the middle of it has a stamp.
const programMark = "lsmpatch| "

// duringProgram stands before the name of what init runs, where a suite of KUnit has its own alone.
const duringProgram = "the program "

// A place is one in the source.
type place struct {
	file string
	line int
}

const maxDoctests = 10000

// doctestRE is where an example of Rust stands, which the tree has generated code of: scripts/rustdoc_test_gen.rs.
var doctestRE = lazyregexp.New(`^ *# (rust_doctest_\w+)\.location: ([\w./+-]+):(\d+)$`)

// line looks at a line of the kernel's log.
func (c *console) line(s string) {
	if said, ok := strings.CutPrefix(s, programMark); ok {
		if name, ok := strings.CutPrefix(said, "# running "); ok {
			c.running = name
		}
		texts := klog.Texts(s)
		if len(texts) == 1 {
			return
		}
		s = strings.Join(texts[1:], " ")
	}
	for i, re := range c.expect {
		if re.MatchString(s) {
			c.met[i] = true
			if len(c.hooks) < maxHooks {
				c.hooks = append(c.hooks, s)
			}
			break
		}
	}
	if len(c.lsmLines) < 1000 && (strings.Contains(s, "LSM") || strings.Contains(s, "security=")) {
		c.lsmLines = append(c.lsmLines, s)
	}
	for _, text := range klog.Texts(s) {
		c.tests.Line(text)
		if m := doctestRE.FindStringSubmatch(text); m != nil && len(c.doctests) < maxDoctests {
			if c.doctests == nil {
				c.doctests = map[string]place{}
			}
			number, _ := strconv.Atoi(m[3])
			c.doctests[m[1]] = place{m[2], number}
		}
	}
	c.log.During = c.tests.Suite()
	if c.log.During == "" && c.running != "" {
		c.log.During = duringProgram + c.running
	}
	c.log.Line(s)
	c.check()
}

// check calls over once the guest has told all, or is lost.
func (c *console) check() {
	if c.over != nil && (c.collector.facts != nil || c.log.Lost()) {
		c.over()
		c.over = nil
	}
}

// text returns what was kept.
func (c *console) text() string {
	if c.last.dropped > 0 {
		return c.head.String() + fmt.Sprintf("[%d bytes left out]\n", c.last.dropped) + c.last.text()
	}
	return c.head.String() + c.last.text()
}

// lastLines returns the last n lines.
func (c *console) lastLines(n int) string {
	lines := strings.Split(strings.TrimSpace(c.text()), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// A tail keeps the last maxTail bytes written to it, or a little more.
type tail struct {
	kept    []byte
	dropped int
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - maxTail; over > maxTail {
		t.dropped += over
		t.kept = append([]byte(nil), t.kept[over:]...)
	}
	return len(p), nil
}

func (t *tail) text() string { return string(t.kept) }
