// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestDeep: of a trace that is longer than a report may be the end is kept, which says what the kernel was asked to do.
func TestDeep(t *testing.T) {
	log := "BUG: TASK stack guard page was hit at ffffc90000003ff8 (stack is ffffc90000004000..ffffc90000008000)\n" +
		"Oops: stack guard page: 0000 [#1] SMP\nCall Trace:\n <TASK>\n" +
		strings.Repeat(" sample_event+0x10/0x20\n sample_notify+0x10/0x20\n", maxFrame) +
		" sample_newlink+0x10/0x20\n rtnetlink_rcv_msg+0x10/0x20\n sample_sendmsg+0x10/0x20\n sock_sendmsg+0x10/0x20\n </TASK>\n" +
		strings.Repeat("R10: 0000000000000000 R11: 0000000000000246 R12: 0000000000000000\n", 60) + "---[ end trace 0000000000000000 ]---\n"
	crashes, err := Read(strings.NewReader(log))
	if err != nil || len(crashes) != 1 {
		t.Fatalf("%v, %d crashes", err, len(crashes))
	}
	if c := crashes[0]; c.Func != "sample_newlink" || len(c.Lines) > maxFrame {
		t.Errorf("%s, %d lines", c.Func, len(c.Lines))
	}
}

// TestManyPointers: each line of a frame may be an instruction pointer, and each may have a trace of helpers alone behind it. Two megabytes
// of that took four and a half minutes.
func TestManyPointers(t *testing.T) {
	frame := "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [init:1]\n" + strings.Repeat("RIP: 0010:kfree+0x1/0x2\n", maxFrame/2) +
		strings.Repeat(" kfree+0x1/0x2\n", maxFrame/2-1) + "---[ end trace 0000000000000000 ]---\n"
	start := runtest.CPUTime()
	crashes, err := Read(strings.NewReader(strings.Repeat(frame, 2<<20/len(frame))))
	if took := runtest.CPUTime() - start; err != nil || len(crashes) != 1 || took > 30*time.Second {
		t.Errorf("%v, %d crashes after %v", err, len(crashes), took)
	}
}
