// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"bytes"
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A told is a console log that somebody else judged: behind lines such as "TITLE: " and "CORRUPTED: Y" and an empty
// line stands the log. Without a title it is one of a healthy kernel.
type told struct {
	name       string
	titles     []string // TITLE, then each ALT
	incomplete bool     // CORRUPTED: the log is cut off or mixed up, and names nothing for sure
	log        []byte
}

func readTold(t *testing.T, file string) *told {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, log, _ := bytes.Cut(append([]byte("\n"), data...), []byte("\n\n"))
	c := &told{name: filepath.Base(file)}
	for line := range strings.SplitSeq(string(head), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "TITLE", "ALT":
			c.titles = append(c.titles, value)
		case "CORRUPTED":
			c.incomplete = value == "Y"
		}
	}
	log, _, _ = bytes.Cut(log, []byte("\nREPORT:\n"))
	c.log = log
	return c
}

// kindsTold are the checks that the begin of a title stands for; what others tell of programs is none of the kernel's.
var kindsTold = []struct{ title, checks string }{
	{`go runtime error|SYZFAIL|SYZFATAL|trusty|unexpected kernel reboot|INFO: lost|no output|unregister_netdevice`, ""},
	{`INFO: rcu detected stall|BUG: soft lockup|INFO: task (?:hung|can't die)|BUG: workqueue lockup|BUG: spinlock lockup`, "boot/stall boot/lock"},
	{`KASAN|KMSAN|KCSAN|KFENCE|UBSAN|BUG: KASAN|BUG: KFENCE`, "boot/sanitizer"},
	{`possible deadlock|inconsistent lock state|.*suspicious RCU|.*bad unlock balance|.*held lock freed|.*still has locks|.*nested lock|.*lock held when|WARNING: (?:possible|locking)|INFO: trying to register|.*too low!`, "boot/lockdep boot/lockdep-off"},
	{`WARNING: refcount`, "boot/refcount"},
	{`WARNING: (?:ODEBUG|kobject|proc reg)`, "boot/object"},
	{`memory leak`, "boot/leak"},
	{`BUG: (?:Bad|bad usercopy|Dentry|Object)|VFS: (?:Busy|Close)|WARNING: bad usercopy|INFO: (?:Freed|Allocated)`, "boot/memory"},
	{`BUG: corrupted list`, "boot/list"},
	{`BUG: (?:scheduling|sleeping|using __?\w+|using smp|workqueue leaked)`, "boot/atomic"},
	{`BUG: (?:spin|rw)lock`, "boot/lock"},
	{`kernel BUG|general protection|BUG: unable|BUG: stack guard|divide error|stack segment|Internal error|Unhandled|Alignment|invalid opcode|int\d|kernel stack overflow`, "boot/oops"},
	{`PANIC: double fault`, "boot/oops boot/panic"},
	{`attempt to`, "boot/rust-panic"},
	{`kernel panic: Attempted to kill init`, "boot/init-died"},
	{`kernel panic`, "boot/panic"},
	{`WARNING`, "boot/warning"},
}

var inTitleRE = regexp.MustCompile(` (?:in|at) ([A-Za-z_][\w.:<>{}#]*)(?: / [\w.]+)?$`)

// functions returns the functions that any title names.
func (c *told) functions() []string {
	var res []string
	for _, title := range c.titles {
		if m := inTitleRE.FindStringSubmatch(title); m != nil && m[1] != "corrupted" {
			res = append(res, m[1])
		}
	}
	return res
}

// TestLongConsoles is `make consoles`: what we make of a corpus of logs that somebody else judged, in the form of [told], which
// CONSOLES names.
func TestLongConsoles(t *testing.T) {
	dir := os.Getenv("CONSOLES")
	if dir == "" {
		t.Skip("CONSOLES names no folder of console logs")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(files, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	n := map[string]int{}
	for _, file := range files {
		c := readTold(t, file)
		crashes, err := Read(bytes.NewReader(c.log))
		if err != nil {
			t.Fatal(err)
		}
		count(t, c, crashes, n)
	}
	for _, key := range slices.Sorted(maps.Keys(n)) {
		t.Logf("%-40s %5d", key, n[key])
	}
}

// count adds what the crashes of a log come to, and logs what is not as told.
func count(t *testing.T, c *told, crashes []Crash, n map[string]int) {
	worst := "nothing"
	for _, crash := range crashes {
		if crash.Severity == report.Error {
			worst = "error"
		} else if worst == "nothing" {
			worst = "warning"
		}
	}
	if len(c.titles) == 0 {
		n["healthy: "+worst]++
		if worst != "nothing" {
			t.Logf("%s: healthy, and we say %q", c.name, titles(crashes))
		}
		return
	}
	i := slices.IndexFunc(kindsTold, func(k struct{ title, checks string }) bool {
		return regexp.MustCompile(`^(?:` + k.title + `)`).MatchString(c.titles[0])
	})
	group := "whole"
	if c.incomplete {
		group = "cut off"
	}
	if i < 0 || kindsTold[i].checks == "" {
		n["not of a kernel: "+worst]++
		return
	}
	n[group+": "+worst]++
	if worst != "error" {
		t.Logf("%s: %s: %s is told as %s %q", c.name, group, c.titles[0], worst, titles(crashes))
	}
	if len(crashes) == 0 {
		return
	}
	found := crashes[max(0, slices.IndexFunc(crashes, func(c Crash) bool { return c.Severity == report.Error }))]
	if has := strings.Fields(kindsTold[i].checks); slices.Contains(has, found.Check) {
		n[group+": kind as told"]++
	} else {
		n[group+": another kind"]++
		t.Logf("%s: %s: kind of %s is %s %q", c.name, group, c.titles[0], found.Check, titles(crashes))
	}
	fns := c.functions()
	if len(fns) == 0 {
		return
	}
	if slices.ContainsFunc(fns, func(fn string) bool { return strings.Contains(strings.Join(found.Lines, "\n"), fn) }) {
		n[group+": the report has the function"]++
	}
	named := func(crash Crash) bool {
		return crash.Severity == report.Error && slices.ContainsFunc(fns, func(fn string) bool { return plain(fn) == crash.Func })
	}
	if named(found) {
		n[group+": function of the first error as told"]++
	}
	if slices.ContainsFunc(crashes, named) {
		n[group+": function as told"]++
	} else {
		n[group+": another function"]++
		t.Logf("%s: %s: function of %q is %q %q", c.name, group, fns, found.Func, titles(crashes))
	}
}
