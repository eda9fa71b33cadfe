// SPDX-License-Identifier: GPL-2.0-only

package hooks

import "github.com/lsmpatch/lsmpatch/patchset/report"

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
		{"hooks/no-shim", report.Error, "a C shim that Rust calls and nobody defines",
			"rustc ends the build with E0425, not found in bindings"},
		{"hooks/adapter-abi", report.Error, "a Rust function for a hook that is no extern \"C\" function",
			"rustc does not take it as the function pointer of the shim"},
		{"hooks/adapter-type", report.Error, "a Rust function whose type is not what bindgen makes of its hook's",
			"rustc ends the build with E0308, mismatched types"},
		{"hooks/trait-method", report.Error, "an adapter that calls a method its trait does not have",
			"rustc ends the build with E0576 or E0599"},
		{"hooks/trait-type", report.Error, "a trait method that takes other parameters than its hook",
			"rustc ends the build, or a value is cut off on its way"},
		{"hooks/default-return", report.Warning, "a default answer of a trait method that differs from the hook's",
			"an LSM that does not care about the hook changes what the kernel does"},
		{"hooks/not-registered", report.Warning, "a trait method named for a hook that no registered adapter calls",
			"an LSM implements it, and it is never called"},
		{"hooks/crossed", report.Warning, "a function named for one hook that serves another",
			"where the types of both agree no compiler sees it, and each does the other's work"},
		{"hooks/hook-gate", report.Error, "a hook of some configurations that is registered under all",
			"the build stops where the configuration lacks the hook"},
		{"hooks/sleeps", report.Warning, "a function for a hook that may not sleep which calls what may",
			"the kernel warns \"sleeping function called from invalid context\", or hangs"},
		{"hooks/unknown-field", report.Error, "a field that a struct of the framework does not have in this tree",
			"the build stops: no member of that name"},
		{"hooks/missing-field", report.Error, "a struct of the framework without a field that the tree needs",
			"the kernel follows a null pointer at boot, or rustc ends the build with E0063"},
		{"hooks/descriptor-section", report.Error, "a struct lsm_info outside of .lsm_info.init",
			"the LSM is built, but the kernel does not find it at boot"},
		{"hooks/descriptor-unused", report.Error, "a descriptor in Rust without #[used]",
			"the compiler leaves it out, and the kernel does not find it at boot"},
		{"hooks/init-section", report.Error, "a function outside of .init.text that calls __init code",
			"modpost ends the build: Section mismatches detected"},
		{"hooks/lsm-id-unknown", report.Error, "an LSM_ID_ that the uapi header does not define",
			"the build stops"},
		{"hooks/lsm-id-taken", report.Error, "an LSM ID whose number another has",
			"user space takes one LSM for the other"},
		{"hooks/blob-sizes-unused", report.Error, "sizes of security blobs that no descriptor names",
			"the blobs overlap those of other LSMs"},
		{"hooks/blob-size-missing", report.Error, "a security blob that is used without a size",
			"it overlaps the blob of another LSM"},
		{"hooks/kconfig-not-sourced", report.Error, "a new Kconfig file that no other sources",
			"its symbols do not exist, so nothing can be enabled"},
		{"hooks/kconfig-select", report.Error, "a Kconfig entry that selects RUST or SECURITY",
			"select overrides their dependencies, and the configuration does not build"},
		{"hooks/kconfig-depends", report.Error, "an LSM that can be enabled without what it needs",
			"the configuration does not build"},
		{"hooks/helper-not-included", report.Error, "a C helper that helpers.c does not include",
			"rustc does not find the functions in bindings"},
		{"hooks/module-not-declared", report.Error, "a module of the kernel crate that nothing declares",
			"it is never compiled"},
		{"hooks/module-gate", report.Error, "a module of the kernel crate without the cfg gate that its C side has",
			"the build stops where the configuration lacks it"},
		{"hooks/not-in-default", report.Warning, "a document that says an LSM is in the default of CONFIG_LSM where it is not",
			"who follows the document gets a kernel without the LSM"},
		{"hooks/compiler-disagrees", report.Error, "a link on which the compiler and lsmpatch differ, with --compile",
			"lsmpatch is wrong"},
		{"hooks/not-in-kernel", report.Error, "an LSM whose descriptor the built kernel does not have",
			"it cannot be started"},
		{"hooks/binary-disagrees", report.Error, "a hook that a built kernel has otherwise than its tree says",
			"lsmpatch is wrong, or the kernel was built of another tree"},
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
