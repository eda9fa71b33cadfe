// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"strings"
	"testing"
)

// TestLeaks: a preempt count that is left wrong makes a report wherever the task sleeps next.
func TestLeaks(t *testing.T) {
	report := func(head, pid string, trace ...string) string {
		return head + "\nCPU: 0 UID: 0 PID: " + pid + " Comm: a Not tainted 7.3.4 #1\nCall Trace:\n <TASK>\n dump_stack_lvl+0x12/0x40\n " +
			strings.Join(trace, "+0x12/0x40\n ") + "+0x12/0x40\n </TASK>\n"
	}
	const sleeping, scheduling = "BUG: sleeping function called from invalid context at mm/a.c:12", "BUG: scheduling while atomic: a/1/0x00000002"
	for name, c := range map[string]struct{ log, want string }{
		"of one task": {report(sleeping, "1", "sample_walk", "vfs_open") + report(scheduling, "1", "vfs_read"),
			"sleeping function called from invalid context in sample_walk; -scheduling while atomic in vfs_read"},
		"of others too": {report(sleeping, "1", "sample_walk") + report(sleeping, "2", "sample_other") + report(scheduling, "1", "vfs_read"),
			"sleeping function called from invalid context in sample_walk; -sleeping function called from invalid context in sample_other; -scheduling while atomic in vfs_read"},
		"of two tasks": {report(sleeping, "1", "sample_walk") + report(sleeping, "2", "sample_other"),
			"sleeping function called from invalid context in sample_walk; sleeping function called from invalid context in sample_other"},
		"in two hooks": {report(sleeping, "1", "sample_open", "security_file_open") + report(sleeping, "1", "sample_alloc", "security_task_alloc"),
			"sleeping function called from invalid context in sample_open; sleeping function called from invalid context in sample_alloc"},
		"who left it is known": {report(sleeping, "9", "worker_sleep") + report("BUG: workqueue leaked atomic, lock or RCU: kworker/0:1[9]\n     preempt=0x00000001 lock=0->0 RCU=0->0 workfn=sample_work", "9", "worker_thread"),
			"-sleeping function called from invalid context in worker_sleep; workqueue leaked atomic, lock or RCU in sample_work"},
	} {
		crashes, err := Read(strings.NewReader(c.log))
		var got []string
		for _, crash := range crashes {
			mark := ""
			if crash.Follows != "" {
				mark = "-"
			}
			got = append(got, mark+crash.Title)
		}
		if strings.Join(got, "; ") != c.want || err != nil {
			t.Errorf("%s: got %q, want %q: %v", name, got, c.want, err)
		}
	}
}
