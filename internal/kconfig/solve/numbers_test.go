// SPDX-License-Identifier: GPL-2.0-only

package solve

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
)

// numeric has numbers that a person sets, that follow from a choice, and whose range is a symbol's.
const numeric = `
S SMP bool;d "y";p "y"
S CPUS int;d "y";p SMP;r (.. CPUS_BEGIN CPUS_END) | "y";v CPUS_DEFAULT | "y"
S CPUS_BEGIN int;d "y";v "1" | (! SMP);v "2" | "y"
S CPUS_END int;d "y";v "512" | BIGSMP;v "64" | "y"
S CPUS_DEFAULT int;d "y";v "1" | (! SMP);v "8" | "y"
S BIGSMP bool;d SMP;p SMP
S SLOW bool;d "y";p "y"
S FAST bool;d "y";p "y"
S TICKS int;d "y";v "100" | SLOW;v "1000" | FAST
S START hex;d "y";p "y";r (.. "0x0" "0x3fffff") | "y";v "0x1000" | "y"
S MONITORS int;d "y";p "y";r (.. "1" "8") | "y";v "2" | "y"
S WATCH bool;d (>= MONITORS "3");p (>= MONITORS "3")
S AGAIN int;d "y";v AGAIN | "y"
C bool 0;d "y";p "y";M SLOW;M FAST
`

func loadNumbers(t *testing.T, base string) *Solver {
	t.Helper()
	return New(parsed(t, strings.ReplaceAll(numeric, ";", "\n")), symbols.ParseConfig(base))
}

const numericBase = "CONFIG_SLOW=y\nCONFIG_TICKS=100\nCONFIG_START=0x1000\nCONFIG_MONITORS=2\nCONFIG_CPUS=1\n"

// What #if lines and dependencies compare has the nearest value that the range allows.
func TestNumbers(t *testing.T) {
	for _, tt := range []struct {
		goal *logic.Cond
		want string // the symbols that change, with their values; "" for nothing, "cannot: " with the core
	}{
		{logic.Compared("MONITORS", ">=", 3), "MONITORS=3"},
		{logic.Compared("MONITORS", "==", 2), ""},
		{logic.Compared("MONITORS", "!=", 2), "MONITORS=1"},
		{logic.Compared("MONITORS", "<", 2), "MONITORS=1"},
		{logic.Compared("MONITORS", ">", 8), "cannot: MONITORS"},
		{logic.Is("WATCH", "y"), "MONITORS=3 WATCH=y"},
		{logic.And(logic.Is("WATCH", "y"), logic.Compared("MONITORS", "<=", 2)), "cannot: WATCH"},
		{logic.Compared("TICKS", "==", 1000), "FAST=y SLOW="},
		{logic.Compared("TICKS", "==", 300), "cannot: TICKS"},
		{logic.Compared("CPUS", ">", 16), "CPUS=17 SMP=y"},
		{logic.Compared("CPUS", ">", 64), "BIGSMP=y CPUS=65 SMP=y"},
		{logic.And(logic.Compared("CPUS", ">", 64), logic.Not(logic.Is("BIGSMP", ""))), "cannot: CPUS"},
		{logic.Compared("START", ">=", 0x200000), "START=0x200000"},
		{logic.Compared("START", ">", 0x1000), "START=0x2000"}, // as aligned as it was
		{logic.Compared("START", "<", 0x1000), "START=0x0"},
		{logic.And(logic.Compared("START", ">", 0x1000), logic.Compared("START", "<", 0x1900)), "START=0x1800"},
		{logic.Compared("START", "==", 0x1234), "START=0x1234"},
		{logic.Compared("START", ">=", 0x3ff001), "START=0x3ff800"}, // its range ends before 0x400000
		{logic.Compared("SMP", "!=", 0), "SMP=y"},
		{logic.Compared("NOWHERE", "<", 1), ""},
		{logic.Compared("AGAIN", "<", math.MaxInt64), ""},
	} {
		s := loadNumbers(t, numericBase)
		got := s.Solve(t.Context(), []Goal{{"", tt.goal}})
		if core, cannot := strings.CutPrefix(tt.want, "cannot: "); cannot {
			if found := strings.Join(s.Core(t.Context(), tt.goal), " "); len(got.Met) != 0 || found != core {
				t.Errorf("%s: met %v, cannot for %q, want %q", tt.goal, got.Met, found, core)
			}
			continue
		}
		var changed []string
		for _, name := range got.Changed {
			changed = append(changed, name+"="+got.Values[name])
		}
		if len(got.Met) != 1 || strings.Join(changed, " ") != tt.want {
			t.Errorf("%s: met %v, changed %v, want %s", tt.goal, got.Met, changed, tt.want)
		}
	}
}

// Numbers that two ask for at once are one number.
func TestNumbersTogether(t *testing.T) {
	got := loadNumbers(t, numericBase).Solve(t.Context(), []Goal{{"", logic.Compared("MONITORS", ">", 4)}, {"", logic.Compared("MONITORS", "<", 7)},
		{"", logic.Compared("MONITORS", ">=", 7)}, {"", logic.Is("MONITORS", `"5"`)}})
	if fmt.Sprintf("%v %v %s", got.Met, got.Failed, got.Values["MONITORS"]) != "[0 1 3] [2] 5" {
		t.Errorf("met %v, failed %v, MONITORS=%s", got.Met, got.Failed, got.Values["MONITORS"])
	}
}

// riddle returns a model in which n+1 symbols each need one of n places that no two share: nobody solves it in time for a large n.
func riddle(t *testing.T, n int) *Solver {
	t.Helper()
	var b strings.Builder
	all := "(! (! SEAT0))"
	for i := range n + 1 {
		seat := "PLACE_" + fmt.Sprint(i) + "_0"
		for j := range n {
			free := `"y"`
			for k := range i {
				free = fmt.Sprintf("(& %s (! PLACE_%d_%d))", free, k, j)
			}
			fmt.Fprintf(&b, "S PLACE_%d_%d bool\nd %s\np %s\n", i, j, free, free)
			if j > 0 {
				seat = fmt.Sprintf("(| %s PLACE_%d_%d)", seat, i, j)
			}
		}
		fmt.Fprintf(&b, "S SEAT%d bool\nd %s\np %s\n", i, seat, seat)
		all = fmt.Sprintf("(& %s SEAT%d)", all, i)
	}
	fmt.Fprintf(&b, "S ALL bool\nd %s\np %s\n", all, all)
	return New(parsed(t, b.String()), map[string]string{})
}

// A question that takes too long is given up, and said not to be answered.
func TestTime(t *testing.T) {
	s := riddle(t, 3)
	if got := s.Solve(t.Context(), []Goal{{"", logic.Is("ALL", "y")}}); s.Late() || len(got.Failed) != 1 {
		t.Errorf("a small riddle: late %v, %+v", s.Late(), got)
	}
	s = riddle(t, 14)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	got := s.Solve(ctx, []Goal{{"", logic.Is("ALL", "y")}, {"", logic.Is("SEAT0", "y")}})
	if took := time.Since(start); !s.Late() || took > 30*time.Second {
		t.Errorf("late %v after %v: %+v", s.Late(), took, got)
	}
	if core := s.Core(ctx, logic.Is("ALL", "y")); core != nil {
		t.Errorf("a reason that nobody proved: %v", core)
	}
}

// A number that is not there has no value that could be kept.
func TestNumberThatIsNotThere(t *testing.T) {
	const tables = `
S SMP bool
d "y"
p "y"
S CPUS int
d SMP
p SMP
v "32" | SMP
S MANY bool
d (>= CPUS "4")
v "y" | (>= CPUS "4")
`
	s := New(parsed(t, tables), map[string]string{})
	model := s.smallest(t.Context(), nil)
	if away := s.away("CPUS"); len(away) == 0 || slices.ContainsFunc(away, func(l int) bool { return holds(model, l) }) {
		t.Errorf("%v of %v", away, model)
	}
}
