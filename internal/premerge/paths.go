// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// checkPaths are what the checks read of every tree. What else one of them asks for comes when it
// is read.
var checkPaths = []string{
	"MAINTAINERS", ".mailmap", ".get_maintainer.ignore", "Makefile",
	"Documentation/process/coding-assistants.rst",
	"scripts/checkpatch.pl", "scripts/spelling.txt", "scripts/const_structs.checkpatch", "scripts/get_maintainer.pl", "scripts/spdxcheck.py",
	// These two are what rust/bindings includes from beside its users.
	"drivers/android/binder/rust_binder.h", "drivers/android/binder/rust_binder_events.h",
	"include/linux/args.h", "include/linux/lsm_count.h", "include/linux/lsm_hook_defs.h", "include/linux/lsm_hooks.h",
	"include/linux/types.h", "include/uapi/linux/lsm.h", "LICENSES",
	"rust/bindgen_parameters", "rust/bindings/bindings_helper.h", "rust/ffi.rs", "rust/helpers/helpers.c", "rust/kernel/lib.rs",
	"security/Kconfig", "security/Makefile", "security/lsm.h", "tools/testing/selftests/lsm/common.h",
	// What the framework says of hooks that sleep.
	"kernel/bpf/bpf_lsm.c",
	// From here on the kbuild files are read, from the top down.
	"Kbuild", "arch/x86/Makefile", "arch/x86/Makefile_32.cpu",
}

// Paths returns what Run, without build and boot, reads of a tree for set: for a fetch that brings
// no more than that.
func Paths(set *patchset.Set) []string {
	paths := slices.Clone(checkPaths)
	for _, p := range set.Patches {
		for _, f := range p.Files {
			if f.OldName != "" {
				paths = append(paths, f.OldName)
			}
			if name := patchset.Path(f); strings.HasPrefix(name, "security/") && path.Ext(name) == ".rs" {
				// A second crate root of its name is looked for among the LSMs.
				paths = append(paths, "security/*/"+path.Base(name))
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
