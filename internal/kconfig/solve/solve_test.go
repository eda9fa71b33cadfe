// SPDX-License-Identifier: GPL-2.0-only

package solve

import (
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
)

// small has one of each thing that makes a configuration hard. Each symbol's facts are on a line.
const small = `
S MODULES bool;d "y";p "y"
S PCI bool;d "y";p "y"
S USB tristate;d PCI;p PCI
S STORAGE tristate;d USB;p USB
S HELPER tristate;d "y";s (| (& STORAGE USB) (& OTHER PCI))
S OTHER tristate;d PCI;p PCI
S NOBODY bool;d "y"
S SERDEV tristate;d (| USB (! USB));p (| USB (! USB))
S WANTS_MODULE tristate;d (& USB "m");p (& USB (& "m" MODULES))
S FAST bool;d "y";p "y"
S SLOW bool;d "y";p "y"
S DEFAULT bool;d "y";v "y" | PCI
S IMPLIED tristate;d PCI;i USB
S SIZE int;d "y";v "64" | "y"
S BIG bool;d (>= SIZE "100");p (>= SIZE "100")
S LIMIT int;d PCI;p PCI
S ARCHED bool;d ARM;p ARM
S DEEP bool;d ARCHED;p ARCHED
S FORCED bool;d ARM;s FORCES
S FORCES bool;d "y";p "y"
C bool 0;d "y";p "y";M FAST;M SLOW
S OLD bool;d "y";p "y"
S NEW bool;d "y";p "y"
S AUTO1 bool;d (& OLD NEW);v "y" | (& OLD NEW)
S AUTO2 bool;d (& OLD NEW);v "y" | (& OLD NEW)
S AUTO3 bool;d (& OLD NEW);v "y" | (& OLD NEW)
S GOVERNOR bool;d "y";p "y"
S GOVERNORS tristate;d GOVERNOR;v "m" | GOVERNOR
S NONE bool;d NEW;p NEW
S ALL bool;d NEW;p NEW
S SOME bool;d NEW;p NEW
C bool 0;d NEW;p NEW;v ALL | "y";M NONE;M ALL;M SOME
`

func load(t *testing.T, base string) *Solver {
	t.Helper()
	values := map[string]string{}
	for _, f := range strings.Fields(base) {
		name, value, _ := strings.Cut(f, "=")
		values[name] = value
	}
	return New(parsed(t, strings.ReplaceAll(small, ";", "\n")), values)
}

func parsed(t *testing.T, tables string) *symbols.Model {
	t.Helper()
	m, err := symbols.Parse(strings.NewReader(strings.TrimSpace(tables)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSmallestChange(t *testing.T) {
	for _, tt := range []struct {
		name, base string
		goal       *logic.Cond
		changed    string
	}{
		{"dependencies", "FAST=y", logic.Is("STORAGE", ""), "DEFAULT HELPER IMPLIED PCI STORAGE USB"},
		{"nothing to do", "FAST=y PCI=y DEFAULT=y", logic.Is("PCI", ""), ""},
		{"a selector for a symbol without prompt", "FAST=y PCI=y DEFAULT=y", logic.Is("HELPER", ""), "HELPER OTHER"},
		{"a choice", "FAST=y", logic.Is("SLOW", "y"), "FAST SLOW"},
		{"not", "FAST=y PCI=y DEFAULT=y", logic.Not(logic.Is("PCI", "")), "DEFAULT PCI"},
		{"X || !X", "FAST=y", logic.Is("SERDEV", "y"), "SERDEV"},
		{"only as a module", "FAST=y PCI=y DEFAULT=y", logic.Is("WANTS_MODULE", ""), "IMPLIED MODULES USB WANTS_MODULE"},
		{"without modules m is y", "FAST=y", logic.Is("GOVERNOR", ""), "GOVERNOR GOVERNORS"},
		{"what follows spares nothing of the base", "FAST=y OLD=y", logic.Is("NEW", ""), "ALL AUTO1 AUTO2 AUTO3 NEW"},
		{"the default of a choice", "FAST=y", logic.Is("NEW", ""), "ALL NEW"},
		{"implied", "FAST=y PCI=y DEFAULT=y", logic.Is("IMPLIED", ""), "IMPLIED USB"},
	} {
		s := load(t, tt.base)
		got := s.Solve(t.Context(), []Goal{{tt.name, tt.goal}})
		if got == nil || len(got.Met) != 1 || !tt.goal.Holds(got.Values) {
			t.Errorf("%s: not met: %+v", tt.name, got)
			continue
		}
		if strings.Join(got.Changed, " ") != tt.changed {
			t.Errorf("%s: changed %v, want %s", tt.name, got.Changed, tt.changed)
		}
	}
}

// A prompt that nobody sees is none: what it would set follows.
func TestHiddenPrompt(t *testing.T) {
	const tables = `
S MODULES bool
d "y"
p "y"
S CHOOSES bool
d "y"
p "y"
S STRICT bool
d MODULES
p (& MODULES CHOOSES)
v "y" | MODULES
`
	for _, chooses := range []string{"n", "y"} {
		s := New(parsed(t, tables), map[string]string{"CHOOSES": chooses})
		got := s.Solve(t.Context(), []Goal{{"", logic.Is("MODULES", "")}, {"", logic.Is("STRICT", "")}})
		if got.Values["STRICT"] != "y" || got.Hidden["STRICT"] != (chooses == "n") || got.Hidden["MODULES"] {
			t.Errorf("CHOOSES=%s: %+v", chooses, got)
		}
	}
}

// A number is written where what it depends on is met: a line under #ifdef CONFIG_LIMIT asks for that.
func TestNumberThatIsToBeThere(t *testing.T) {
	got := load(t, "FAST=y").Solve(t.Context(), []Goal{{"", logic.Is("LIMIT", "")}})
	if len(got.Met) != 1 || got.Values["PCI"] != "y" {
		t.Errorf("%+v", got)
	}
	got = load(t, "FAST=y PCI=y DEFAULT=y").Solve(t.Context(), []Goal{{"", logic.Not(logic.Is("LIMIT", ""))}})
	if len(got.Met) != 1 || got.Values["PCI"] == "y" {
		t.Errorf("%+v", got)
	}
	if core := load(t, "FAST=y").Core(t.Context(), logic.And(logic.Is("LIMIT", ""), logic.Is("DEEP", ""))); len(core) == 0 {
		t.Error("no reason")
	}
}

func TestGoalsThatContradict(t *testing.T) {
	s := load(t, "FAST=y")
	got := s.Solve(t.Context(), []Goal{{"", logic.Is("FAST", "")}, {"", logic.Is("SLOW", "")}, {"", logic.Is("USB", "m")}, {"", logic.Is("NOBODY", "")}})
	if !slices.Equal(got.Met, []int{0, 2}) || !slices.Equal(got.Failed, []int{1, 3}) {
		t.Errorf("met %v, failed %v", got.Met, got.Failed)
	}
	if got.Values["USB"] != "m" || got.Values["MODULES"] != "y" {
		t.Errorf("values are %v", got.Values)
	}
}

func TestReasonsOfCannot(t *testing.T) {
	s := load(t, "FAST=y")
	for _, tt := range []struct {
		goal *logic.Cond
		core string
	}{
		{logic.Is("ABSENT", ""), "ABSENT"},
		{logic.Is("DEEP", ""), "ARCHED ARM DEEP"},
		{logic.Is("NOBODY", ""), "NOBODY"},
		{logic.Is("BIG", ""), "BIG"},
		{logic.Is("PCI", "m"), "PCI"},
		{logic.And(logic.Is("FAST", ""), logic.Is("SLOW", "")), "FAST"},
		{logic.Is("USB", ""), ""},
		{logic.Is("FORCES", ""), "ARM FORCED"}, // conf would only warn
	} {
		if got := strings.Join(s.Core(t.Context(), tt.goal), " "); got != tt.core {
			t.Errorf("%s cannot for %q, want %q", tt.goal, got, tt.core)
		}
	}
}
