// SPDX-License-Identifier: GPL-2.0-only

package report_test

import (
	"fmt"
	"log"
	"os"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func findings() []report.Finding {
	return []report.Finding{
		{Check: "series/no-recipients", Severity: report.Note, Message: "the mails name no recipients"},
		{Check: "hooks/shim-type", Severity: report.Error, Patch: 2, File: "rust/helpers/lsm.c", Line: 24, Column: 8,
			Message: "hook task_alloc takes `unsigned long`, the series has `u64`", Hint: "write `unsigned long`"},
		{Check: "checkpatch/LONG_LINE", Severity: report.Warning, Patch: 3, File: "rust/kernel/lsm.rs", Line: 12,
			Message: "line length of 130 exceeds 100 columns", Waived: "a URL"},
	}
}

// Findings as people see them, one a line where there is no more to say.
func ExampleWriteFindings() {
	found := findings()
	report.Sort(found)
	if err := report.WriteFindings(os.Stdout, found, nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.CountLine(found))
	// Output:
	// note: the mails name no recipients [series/no-recipients]
	// patch 2: rust/helpers/lsm.c:24:8: error: hook task_alloc takes `unsigned long`, the series has `u64` [hooks/shim-type]
	//   hint: write `unsigned long`
	// patch 3: rust/kernel/lsm.rs:12: waived warning: line length of 130 exceeds 100 columns [checkpatch/LONG_LINE]
	//   waived: a URL
	// 1 error, 1 note (1 waived)
}

// What was waived does not count, and only an error puts the series at fault.
func ExampleAnyError() {
	found := findings()
	fmt.Println(report.AnyError(found))
	errors, warnings, notes, waived := report.Tally(found)
	fmt.Println(errors, warnings, notes, waived)
	found[1].Waived = "the tree is older"
	fmt.Println(report.AnyError(found))
	// Output:
	// true
	// 1 0 1 1
	// false
}

// The most precise place that is known.
func ExampleFinding_Position() {
	for _, f := range []report.Finding{
		{Patch: 2, File: "a.c", Line: 7, Column: 3}, {Patch: 2, File: "a.c", Line: 7}, {File: "a.c"}, {Patch: 2}, {},
	} {
		fmt.Printf("%q\n", f.Position())
	}
	// Output:
	// "a.c:7:3"
	// "a.c:7"
	// "a.c"
	// "patch 2"
	// ""
}

// A report is what a run over a series did, step by step. The verdict is that of its worst step.
func ExampleReport_Verdict() {
	r := &report.Report{Steps: []report.Step{
		{Name: "series", Status: report.Passed, Summary: "5 patches"},
		{Name: "apply", Status: report.Passed, Summary: "18 hunks"},
		{Name: "hooks", Status: report.Failed, Summary: "1 error", Findings: findings()[1:2]},
		{Name: "build", Status: report.Skipped, Summary: "a step before it failed"},
	}}
	fmt.Println(r.Verdict(), len(r.Findings()))
	// Output: failed 1
}

// The JSON names of a finding are a contract with scripts.
func ExampleWriteJSON() {
	if err := report.WriteJSON(os.Stdout, findings()[1]); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {
	//   "check": "hooks/shim-type",
	//   "severity": "error",
	//   "patch": 2,
	//   "file": "rust/helpers/lsm.c",
	//   "line": 24,
	//   "column": 8,
	//   "message": "hook task_alloc takes `unsigned long`, the series has `u64`",
	//   "hint": "write `unsigned long`"
	// }
}
