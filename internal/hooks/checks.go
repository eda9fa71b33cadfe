// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Checks returns the table of all checks, in the order of the chain from the hook to the boot. Any
// driver can run any of them: they share one reading of the series and the tree. Those of what was
// built tell nothing by themselves: their findings come from package proof.
func Checks(opts *Options) []*check.Check {
	checks := []*check.Check{
		{ID: "hooks/bad-definition", Severity: report.Error, What: "a line of lsm_hook_defs.h that cannot be read",
			Why: "the hook does not compile, or is unknown to all who read the list"},
		{ID: "hooks/unknown-hook", Severity: report.Error, What: "a function registered for a hook that the tree does not have",
			Why: "the build stops at LSM_HOOK_INIT: no such member of union security_list_options"},
		{ID: "hooks/no-function", Severity: report.Warning, What: "NULL registered for a hook",
			Why: "the kernel calls it"},
		{ID: "hooks/unresolved", Severity: report.Warning, What: "a place that gives a hook a function which is not found",
			Why: "nobody compared its type with the hook's"},
		{ID: "hooks/not-compared", Severity: report.Note, What: "a function with a type that only a compiler can work out, such as typeof",
			Why: "its type is not compared with the hook's"},
		{ID: "hooks/shim-call", Severity: report.Error, What: "a call of a C shim with other arguments than it takes",
			Why: "rustc ends the build with E0061 or E0308"},
		{ID: "hooks/cast", Severity: report.Warning, What: "a registered function that is cast",
			Why: "the compiler compares nothing, and kernel CFI stops the machine at the first call"},
		{ID: "hooks/shim-type", Severity: report.Error, What: "a C function or function pointer whose type differs from its hook's",
			Why: "the build stops with -Wincompatible-pointer-types, or kernel CFI stops the machine"},
		{ID: "hooks/bad-rust", Severity: report.Warning, What: "Rust that cannot be read",
			Why: "what is there cannot be checked, and rustc will not take it either"},
		{ID: "hooks/no-shim", Severity: report.Error, What: "a C shim that Rust calls and nobody defines",
			Why: "rustc ends the build with E0425, not found in bindings"},
		{ID: "hooks/adapter-abi", Severity: report.Error, What: "a Rust function for a hook that is no extern \"C\" function",
			Why: "rustc does not take it as the function pointer of the shim"},
		{ID: "hooks/adapter-type", Severity: report.Error, What: "a Rust function whose type is not what bindgen makes of its hook's",
			Why: "rustc ends the build with E0308, mismatched types"},
		{ID: "hooks/trait-method", Severity: report.Error, What: "an adapter that calls a method its trait does not have",
			Why: "rustc ends the build with E0576 or E0599"},
		{ID: "hooks/trait-type", Severity: report.Error, What: "a trait method that takes other parameters than its hook",
			Why: "rustc ends the build, or a value is cut off on its way"},
		{ID: "hooks/default-return", Severity: report.Warning, What: "a default answer of a trait method that differs from the hook's",
			Why: "an LSM that does not care about the hook changes what the kernel does"},
		{ID: "hooks/not-registered", Severity: report.Warning, What: "a trait method named for a hook that no registered adapter calls",
			Why: "an LSM implements it, and it is never called"},
		{ID: "hooks/crossed", Severity: report.Warning, What: "a function named for one hook that serves another",
			Why: "where the types of both agree no compiler sees it, and each does the other's work"},
		{ID: "hooks/hook-gate", Severity: report.Error, What: "a hook of some configurations that is registered under all",
			Why: "the build stops where the configuration lacks the hook"},
		{ID: "hooks/sleeps", Severity: report.Warning, What: "a function for a hook that may not sleep which calls what may",
			Why: "the kernel warns \"sleeping function called from invalid context\", or hangs"},
		{ID: "hooks/unknown-field", Severity: report.Error, What: "a field that a struct of the framework does not have in this tree",
			Why: "the build stops: no member of that name"},
		{ID: "hooks/missing-field", Severity: report.Error, What: "a struct of the framework without a field that the tree needs",
			Why: "the kernel follows a null pointer at boot, or rustc ends the build with E0063"},
		{ID: "hooks/descriptor-section", Severity: report.Error, What: "a struct lsm_info outside of .lsm_info.init",
			Why: "the LSM is built, but the kernel does not find it at boot"},
		{ID: "hooks/descriptor-unused", Severity: report.Error, What: "a descriptor in Rust without #[used]",
			Why: "the compiler leaves it out, and the kernel does not find it at boot"},
		{ID: "hooks/init-section", Severity: report.Error, What: "a function outside of .init.text that calls __init code",
			Why: "modpost ends the build: Section mismatches detected"},
		{ID: "hooks/lsm-id-unknown", Severity: report.Error, What: "an LSM_ID_ that the uapi header does not define",
			Why: "the build stops"},
		{ID: "hooks/lsm-id-taken", Severity: report.Error, What: "an LSM ID whose number another has",
			Why: "user space takes one LSM for the other"},
		{ID: "hooks/blob-sizes-unused", Severity: report.Error, What: "sizes of security blobs that no descriptor names",
			Why: "the blobs overlap those of other LSMs"},
		{ID: "hooks/blob-size-missing", Severity: report.Error, What: "a security blob that is used without a size",
			Why: "it overlaps the blob of another LSM"},
		{ID: "hooks/kconfig-not-sourced", Severity: report.Error, What: "a new Kconfig file that no other sources",
			Why: "its symbols do not exist, so nothing can be enabled"},
		{ID: "hooks/kconfig-select", Severity: report.Error, What: "a Kconfig entry that selects RUST or SECURITY",
			Why: "select overrides their dependencies, and the configuration does not build"},
		{ID: "hooks/kconfig-depends", Severity: report.Error, What: "an LSM that can be enabled without what it needs",
			Why: "the configuration does not build"},
		{ID: "hooks/helper-not-included", Severity: report.Error, What: "a C helper that helpers.c does not include",
			Why: "rustc does not find the functions in bindings"},
		{ID: "hooks/module-not-declared", Severity: report.Error, What: "a module of the kernel crate that nothing declares",
			Why: "it is never compiled"},
		{ID: "hooks/module-gate", Severity: report.Error, What: "a module of the kernel crate without the cfg gate that its C side has",
			Why: "the build stops where the configuration lacks it"},
		{ID: "hooks/not-in-default", Severity: report.Warning, What: "a document that says an LSM is in the default of CONFIG_LSM where it is not",
			Why: "who follows the document gets a kernel without the LSM"},
		{ID: "hooks/compiler-disagrees", Severity: report.Error, What: "a link on which the compiler and lsmpatch differ, with --compile",
			Why: "lsmpatch is wrong"},
		{ID: "hooks/not-in-kernel", Severity: report.Error, What: "an LSM whose descriptor the built kernel does not have",
			Why: "it cannot be started"},
		{ID: "hooks/binary-disagrees", Severity: report.Error, What: "a hook that a built kernel has otherwise than its tree says",
			Why: "lsmpatch is wrong, or the kernel was built of another tree"},
		{ID: "hooks/not-counted", Severity: report.Error, What: "an LSM that include/linux/lsm_count.h does not count",
			Why: "it is dropped at boot with \"exceeded maximum LSM count\""},
		{ID: "hooks/wiring-unread", Severity: report.Note, What: "a file of an LSM that a makefile builds under a condition which is not worked out",
			Why: "nobody knows under which configuration it is built"},
		{ID: "hooks/not-built", Severity: report.Error, What: "a file of an LSM that no Makefile names",
			Why: "it is never compiled"},
	}
	for _, c := range checks {
		c.Run = func(v *check.View, tell func(report.Finding)) error { return tellOf(v, opts, c.ID, tell) }
	}
	return checks
}
