// SPDX-License-Identifier: GPL-2.0-only

package check_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A check of one's own is a value; [check.Run] drives it.
func Example() {
	shouting := &check.Check{
		ID: "ours/shouting", Severity: report.Warning,
		What: "a subject that shouts", Why: "nobody likes to be shouted at",
		Run: func(v *check.View, tell func(report.Finding)) error {
			for _, p := range v.Set.Patches {
				if p.Subject == strings.ToUpper(p.Subject) {
					tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf("%q shouts", p.Subject)})
				}
			}
			return nil
		},
	}
	set := &patchset.Set{Patches: []*patchset.Patch{
		{Mail: patchset.Mail{Subject: "lsm: count hooks"}, Index: 1},
		{Mail: patchset.Mail{Subject: "FIX IT"}, Index: 2},
	}}
	findings, err := check.Run(&check.View{Set: set}, []*check.Check{shouting})
	if err != nil {
		fmt.Println(err)
	}
	for _, f := range findings {
		fmt.Printf("patch %d: %s: %s [%s]\n", f.Patch, f.Severity, f.Message, f.Check)
	}
	// Output: patch 2: warning: "FIX IT" shouts [ours/shouting]
}

func TestRunStopsAtOurOwnFailure(t *testing.T) {
	lost := errors.New("disk gone")
	ran := 0
	checks := []*check.Check{
		{ID: "t/finds", Severity: report.Error, Run: func(_ *check.View, tell func(report.Finding)) error {
			tell(report.Finding{Message: "found"})
			tell(report.Finding{Check: "t/other", Severity: report.Note, Message: "for another"})
			return nil
		}},
		{ID: "t/fails", Run: func(*check.View, func(report.Finding)) error { return lost }},
		{ID: "t/never", Run: func(*check.View, func(report.Finding)) error { ran++; return nil }},
	}
	findings, err := check.Run(&check.View{Set: &patchset.Set{}}, checks)
	if !errors.Is(err, lost) || !strings.Contains(err.Error(), "t/fails") {
		t.Errorf("error %v does not name the check that failed and why", err)
	}
	if ran != 0 {
		t.Error("a check ran after one that failed")
	}
	if len(findings) != 2 || findings[0].Check != "t/finds" || findings[0].Severity != report.Error ||
		findings[1].Check != "t/other" || findings[1].Severity != report.Note {
		t.Errorf("findings %+v", findings)
	}
}

func TestMemoWorksOnce(t *testing.T) {
	type key struct{ n int }
	v := &check.View{}
	made := 0
	work := func() int { made++; return 7 }
	for range 3 {
		if got := check.Memo(v, key{1}, work); got != 7 {
			t.Fatalf("got %d", got)
		}
	}
	check.Memo(v, key{2}, work)
	if made != 2 {
		t.Errorf("worked %d times for two keys", made)
	}
}
