// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

func TestProgress(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, time.Nanosecond)
	p.expected = 4
	for _, line := range []string{"  CC      init/main.o", "no command", "  RUSTC L rust/core.o"} {
		p.line(line)
	}
	if got := p.String(); !strings.HasPrefix(got, "1 CC, 1 RUSTC, 0 LD, 0 others of about 4, about ") || p.total() != 2 {
		t.Errorf("%s", got)
	}
	p.line("  LD      vmlinux")
	p.line("  GZIP    x")
	if got := p.String(); got != "1 CC, 1 RUSTC, 1 LD, 1 others" {
		t.Errorf("at the end: %s", got)
	}
	p.beat()() // it ends when it is asked to
	p.end()
	if n := strings.Count(out.String(), "build: "); n != 5 {
		t.Errorf("%d lines:\n%s", n, out.String())
	}
}

// Half of the time goes before the first object is compiled. Three hours were foretold by that.
func TestProgressForetellsByObjects(t *testing.T) {
	p := newProgress(nil, time.Hour)
	p.expected = 200
	for _, step := range []struct {
		line string
		n    int
		want string
	}{
		{"  HOSTCC  scripts/x", 15, "0 CC, 0 RUSTC, 0 LD, 15 others of about 200"},
		{"  CC      a.o", 1, "1 CC, 0 RUSTC, 0 LD, 15 others of about 200"},
		{"  CC      b.o", 3, "4 CC, 0 RUSTC, 0 LD, 15 others of about 200"},
		{"  CC      c.o", 1, "5 CC, 0 RUSTC, 0 LD, 15 others of about 200, about 0s left"},
	} {
		for range step.n {
			p.line(step.line)
		}
		if got := p.String(); got != step.want {
			t.Errorf("got  %s\nwant %s", got, step.want)
		}
	}
	p.begun = time.Now().Add(-40 * time.Second) // 4 commands
	if got, want := p.String(), ", about 30m0s left"; !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want %s at its end", got, want)
	}
}

// What the last base of a kernel took tells how long the next one takes.
func TestExpectedCommands(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	cache := testCache(t)
	if n := cache.commands("a test"); n != 0 {
		t.Errorf("%d of nothing", n)
	}
	r := buildSeries(t, seriesOf(t, cache, nil, patch{"security/b.c": function("b", "return 1;")}))
	if n := cache.commands("a test"); n != r.Base.Commands || n == 0 {
		t.Errorf("%d, want %d", n, r.Base.Commands)
	}
	write(t, cache.dir+"/plan-x.json", "{}")
	r.Close()
	if _, err := cache.Prune(0); err != nil {
		t.Fatal(err)
	}
	if list, err := cache.List(); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
