// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"strings"
	"testing"
)

// TestDeep: of a trace that is longer than a report may be the end is kept, which says what the kernel was asked to do.
func TestDeep(t *testing.T) {
	log := "BUG: TASK stack guard page was hit at ffffc90000003ff8 (stack is ffffc90000004000..ffffc90000008000)\n" +
		"Oops: stack guard page: 0000 [#1] SMP\nCall Trace:\n <TASK>\n" +
		strings.Repeat(" sample_event+0x10/0x20\n sample_notify+0x10/0x20\n", maxFrame) +
		" sample_newlink+0x10/0x20\n rtnetlink_rcv_msg+0x10/0x20\n </TASK>\n---[ end trace 0000000000000000 ]---\n"
	crashes, err := Read(strings.NewReader(log))
	if err != nil || len(crashes) != 1 {
		t.Fatalf("%v, %d crashes", err, len(crashes))
	}
	if c := crashes[0]; c.Func != "sample_newlink" || len(c.Lines) > maxFrame {
		t.Errorf("%s, %d lines", c.Func, len(c.Lines))
	}
}
