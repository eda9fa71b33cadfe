// SPDX-License-Identifier: GPL-2.0-only

package hooks

import "github.com/lsmpatch/lsmpatch/internal/report"

// A CheckInfo describes one check.
type CheckInfo struct {
	ID       string
	Severity report.Severity
	// What says what the check looks for, Why what happens where nobody looks.
	What, Why string
}

// Checks returns the table of all checks, in the order of the chain from the hook to the boot.
func Checks() []CheckInfo {
	return []CheckInfo{
		{"hooks/bad-definition", report.Error, "a line of lsm_hook_defs.h that cannot be read",
			"the hook does not compile, or is unknown to all who read the list"},
		{"hooks/unknown-hook", report.Error, "a function registered for a hook that the tree does not have",
			"the build stops at LSM_HOOK_INIT: no such member of union security_list_options"},
		{"hooks/no-function", report.Warning, "NULL registered for a hook",
			"the kernel calls it"},
		{"hooks/unresolved", report.Note, "a registered function whose declaration is not found",
			"its type cannot be compared with the hook's"},
		{"hooks/cast", report.Warning, "a registered function that is cast",
			"the compiler compares nothing, and kernel CFI stops the machine at the first call"},
		{"hooks/shim-type", report.Error, "a C function or function pointer whose type differs from its hook's",
			"the build stops with -Wincompatible-pointer-types, or kernel CFI stops the machine"},
		{"hooks/bad-rust", report.Warning, "Rust that cannot be read",
			"what is there cannot be checked, and rustc will not take it either"},
		{"hooks/adapter-abi", report.Error, "a Rust function for a hook that is no extern \"C\" function",
			"rustc does not take it as the function pointer of the shim"},
		{"hooks/adapter-type", report.Error, "a Rust function whose type is not what bindgen makes of its hook's",
			"rustc ends the build with E0308, mismatched types"},
		{"hooks/not-counted", report.Error, "an LSM that include/linux/lsm_count.h does not count",
			"it is dropped at boot with \"exceeded maximum LSM count\""},
		{"hooks/not-built", report.Error, "a file of an LSM that no Makefile names",
			"it is never compiled"},
	}
}

func severityOf(id string) report.Severity {
	for _, c := range Checks() {
		if c.ID == id {
			return c.Severity
		}
	}
	return report.Error
}
