// SPDX-License-Identifier: GPL-2.0-only

package logic

import (
	"slices"
	"testing"
)

func TestConditionsSimplify(t *testing.T) {
	a, b := Is("A", ""), Is("B", "")
	for _, tt := range []struct {
		c    *Cond
		want string
	}{
		{And(), "y"},
		{Or(), "n"},
		{Or(Is("A", "y"), Is("A", "m")), "A"},
		{And(Is("A", "y"), Is("A", "m")), "n"},
		{And(Is("A", "y"), a), "A=y"},
		{And(a, Not(a)), "n"},
		{Or(a, Not(a)), "y"},
		{And(Is("A", "y"), Not(Is("A", "m"))), "A=y"},
		{And(a, And(b, Or(Is("C", "y"), Not(b)))), "A && B && (C=y || !B)"},
		{Not(Not(a)), "A"},
		{Or(And(a, b), a), "A"},
		{Not(Is("A", "m")), "A!=m"},
		{And(a, Unread("$(shell x)")), "A && [$(shell x)]"},
	} {
		if got := tt.c.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestNeedsAreWhatHoldsInEachCase(t *testing.T) {
	c := And(Is("A", ""), Or(And(Is("B", "y"), Is("C", "")), And(Is("B", "m"), Is("D", ""))), Not(Is("E", "")))
	if got := c.Needs(); !slices.Equal(got, []string{"A", "B"}) {
		t.Errorf("needs %v", got)
	}
	if got := c.Symbols(); !slices.Equal(got, []string{"A", "B", "C", "D", "E"}) {
		t.Errorf("symbols %v", got)
	}
	if !c.Holds(map[string]string{"A": "y", "B": "m", "D": "y"}) || c.Holds(map[string]string{"A": "y", "B": "y", "C": "y", "E": "m"}) {
		t.Error("Holds is wrong")
	}
}

func TestOppositesMakeADisjunctionHold(t *testing.T) {
	for _, tt := range []struct {
		c    *Cond
		want string
	}{
		{Or(Not(Is("A", "y")), Is("A", "")), "y"},
		{Or(Not(Is("A", "")), Is("A", "y")), "!A || A=y"},
		{Not(And(Is("A", ""), Is("B", ""))), "!A || !B"},
	} {
		if got := tt.c.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

// Numbers are compared as #if does: what is not set, or a module, is 0, and y is 1.
func TestCompared(t *testing.T) {
	config := map[string]string{"CPUS": "64", "START": "0x1000", "SMP": "y", "USB": "m", "NAME": `"x"`}
	for _, tt := range []struct {
		c     *Cond
		words string
		holds bool
	}{
		{Compared("CPUS", ">", 63), "CPUS>63", true},
		{Compared("CPUS", ">=", 65), "CPUS>=65", false},
		{Not(Compared("CPUS", ">", 63)), "CPUS<=63", false},
		{Not(Not(Compared("CPUS", "==", 64))), "CPUS=64", true},
		{Not(Compared("CPUS", "<", 64)), "CPUS>=64", true},
		{Compared("START", "==", 4096), "START=4096", true},
		{Compared("SMP", "!=", 0), "SMP!=0", true},
		{Compared("USB", "!=", 0), "USB!=0", false},
		{Compared("NAME", "!=", 0), "NAME!=0", false},
		{And(Compared("ABSENT", "<=", 3), Compared("CPUS", "<", 65)), "ABSENT<=3 && CPUS<65", true},
		{And(Compared("CPUS", ">", 1), Compared("CPUS", ">", 9)), "CPUS>1 && CPUS>9", true},
		{Or(Compared("CPUS", "==", 1), Is("CPUS", "")), "CPUS=1 || CPUS", true},
	} {
		if got := tt.c.String(); got != tt.words || tt.c.Holds(config) != tt.holds {
			t.Errorf("%s: holds %v, want %s and %v", got, tt.c.Holds(config), tt.words, tt.holds)
		}
	}
	if got := And(Compared("A", ">", 0), Compared("B", "<", 4)).Needs(); len(got) != 1 || got[0] != "A" {
		t.Errorf("needs %v", got)
	}
}
