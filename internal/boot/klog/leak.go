// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// pidRE is the task of a report, as dump_stack() tells it.
var pidRE = lazyregexp.New(`^(?:\w+ )?CPU: \d+ (?:UID: \d+ )?PID: (\d+) `)

func (f *frame) pid() string {
	for _, line := range f.lines {
		if m := pidRE.FindStringSubmatch(line); m != nil {
			return m[1]
		}
	}
	return ""
}

// countsWrong reports whether a frame says that a task is atomic where it must not be: it is now, or a function that it called has
// left it so.
func (f *frame) countsWrong() bool {
	return f.kind.check == "boot/atomic" && !strings.Contains(f.kind.word, "preemptible") && !strings.Contains(f.kind.word, "assuming") || f.leavesLocked()
}

// namesLeaker reports whether it was seen which function left the task so.
func (f *frame) namesLeaker() bool {
	return f.kind.place == inHead || f.kind.word == "workqueue leaked" || f.leavesLocked()
}

// belowHook reports whether a trace goes through a hook of LSMs, which may itself be what sleeps.
func (f *frame) belowHook() bool {
	return slices.ContainsFunc(readLines(f.lines), func(l line) bool {
		return l.call != nil && !l.call.unsure && strings.HasPrefix(l.call.fn, "security_")
	})
}

func (f *frame) leavesLocked() bool {
	return f.kind.word == "still has locks held" || f.kind.word == "returning to user"
}

// leaks returns for each frame that only follows from a preempt count which another one has left wrong that other one.
//
// Whoever leaves it wrong is mostly not in the traces that come, which are of what the task did next. Two reports of one task
// are one fault, and where a task has shown that, those of others follow too: they called the same function.
func (r *Reader) leaks() map[*frame]*frame {
	var wrong []*frame
	tasks := map[string]int{} // how many reports each has
	leaked := false
	for _, f := range r.frames {
		if !f.countsWrong() {
			continue
		}
		wrong = append(wrong, f)
		pid := f.pid()
		tasks[pid]++
		leaked = leaked || pid != "" && tasks[pid] > 1
	}
	if !leaked {
		return nil
	}
	root := wrong[max(0, slices.IndexFunc(wrong, (*frame).namesLeaker))]
	follows := map[*frame]*frame{}
	for _, f := range wrong {
		if f != root && !f.namesLeaker() && !f.belowHook() {
			follows[f] = root
		}
	}
	return follows
}
