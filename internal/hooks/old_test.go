// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
)

// oldEdits turn the tree of testdata/old.txtar into those of other versions, and of forks.
var oldEdits = map[string][]edit{
	"5.10": nil,
	"5.7, without Rust": {
		{"rust/kernel/lib.rs", "", ""}, {"rust/kernel/old.rs", "", ""}, {"rust/helpers.c", "", ""}, {"rust/Makefile", "", ""},
	},
	"6.1": {
		{"include/linux/lsm_hooks.h", "\tchar				*lsm;", "\tconst char			*lsm;"},
		{"include/linux/lsm_hooks.h", "__section(.lsm_info.init)", `__section(".lsm_info.init")`},
		{"security/Makefile", "subdir-$(CONFIG_SECURITY_OLD)		+= old\n", ""},
		{"security/Kconfig", "---help---", "help"},
	},
	"6.6": {
		{"include/linux/lsm_hook_defs.h", "short flag)", "short flag);"},
		{"security/old/lsm.c", "old_hooks[] __lsm_ro_after_init", "old_hooks[] __ro_after_init"},
		{"include/linux/lsm_hooks.h", "int (*init)(void);	/* Required. */", "int (*init)(void) __ro_after_init; /* Required. */"},
	},
	"a fork with hooks of its own": {
		{"include/linux/lsm_hook_defs.h", "LSM_HOOK(int, 0, binder", "#include <trace/hooks/vendor.h>\n#if IS_ENABLED(CONFIG_VENDOR)\nLSM_HOOK(int, 0, vendor_check,\n#ifdef CONFIG_VENDOR_WIDE\n\t struct vendor *v, u64 wide\n#else\n\t struct vendor *v\n#endif\n\t)\n#endif\nLSM_HOOK(int, 0, binder"},
		{"security/old/lsm.c", "	LSM_HOOK_INIT(path_chmod", "#if IS_ENABLED(CONFIG_VENDOR)\n	LSM_HOOK_INIT(vendor_check, old_vendor),\n#endif\n	LSM_HOOK_INIT(path_chmod"},
		{"security/old/lsm.c", "static int old_enabled", "#if IS_ENABLED(CONFIG_VENDOR)\nstatic int old_vendor(struct vendor *v, u64 wide)\n{\n	return 0;\n}\n#endif\nstatic int old_enabled"},
	},
}

// oldTree returns the tree after edits; one that replaces nothing deletes the file.
func oldTree(t *testing.T, edits ...edit) (tree fstest.MapFS, files []string) {
	t.Helper()
	tree = maps.Clone(hookstest.ReadArchive(t, "testdata/old.txtar"))
	for _, e := range edits {
		data := string(tree[e.file].Data)
		if !strings.Contains(data, e.old) {
			t.Fatalf("%s does not hold %q", e.file, e.old)
		}
		if e.old == "" {
			delete(tree, e.file)
			continue
		}
		data = strings.Replace(data, e.old, e.now, 1)
		tree[e.file] = &fstest.MapFile{Data: []byte(data)}
	}
	return tree, slices.Sorted(maps.Keys(tree))
}

// TestOldTrees checks an LSM in the form that trees of 5.7 to 6.7 and forks have: nothing is wrong,
// and what is spoiled is found.
func TestOldTrees(t *testing.T) {
	spoil := []struct {
		edit edit
		want string
	}{
		{edit{"security/old/lsm.c", "umode_t mode)\n{", "int mode)\n{"}, "hooks/shim-type security/old/lsm.c: int mode)"},
		{edit{"security/old/lsm.c", "LSM_HOOK_INIT(path_chmod", "LSM_HOOK_INIT(path_chown"}, "hooks/unknown-hook security/old/lsm.c: path_chown"},
		{edit{"security/old/lsm.c", ".name = \"old\",\n\t.flags", ".id = &old_id,\n\t.flags"}, "hooks/missing-field security/old/lsm.c: DEFINE_LSM; hooks/unknown-field security/old/lsm.c: .id"},
		{edit{"security/old/lsm.c", "static __init int old_init", "static int old_init"}, "hooks/init-section security/old/lsm.c: static int old_init"},
		{edit{"security/old/Kconfig", "	select SECURITY_PATH\n", ""}, "hooks/hook-gate security/old/lsm.c: path_chmod, old"},
		{edit{"security/old/Makefile", "lsm.o", "main.o"}, "hooks/not-built security/old/lsm.c: DEFINE_LSM"},
		{edit{"security/Kconfig", "yama,old,bpf", "yama,bpf"}, "hooks/not-in-default security/old/Kconfig: # SPDX"},
	}
	for version, edits := range oldEdits {
		t.Run(version, func(t *testing.T) {
			tree, files := oldTree(t, edits...)
			if _, bad, err := defs.List(tree); err != nil || len(bad) > 0 {
				t.Fatal(err, bad)
			}
			expect(t, hookstest.Touching(files...), fstest.MapFS{}, tree)
			for _, s := range spoil {
				if tree[s.edit.file] != nil && strings.Contains(string(tree[s.edit.file].Data), s.edit.old) {
					tree, files := oldTree(t, append(slices.Clone(edits), s.edit)...)
					expect(t, hookstest.Touching(files...), fstest.MapFS{}, tree, strings.Split(s.want, "; ")...)
				}
			}
		})
	}
	tree, files := oldTree(t, edit{"rust/kernel/old.rs", "_flags: c_int", "_flags: u32"})
	expect(t, hookstest.Touching(files...), fstest.MapFS{}, tree, "hooks/adapter-type rust/kernel/old.rs: _flags: u32")
	tree, files = oldTree(t, edit{"rust/helpers.c", "int flags", "long flags"})
	expect(t, hookstest.Touching(files...), fstest.MapFS{}, tree, "hooks/shim-type rust/helpers.c: long flags")
	tree, _ = oldTree(t, edit{"rust/kernel/old.rs", "_flags: c_int", "_flags: u32"})
	expect(t, hookstest.Touching("rust/kernel/old.rs"), fstest.MapFS{}, tree, "hooks/adapter-type rust/kernel/old.rs: _flags: u32")
	tree, _ = oldTree(t, edit{"rust/kernel/old.rs", "bindings::old_umount", "bindings::old_unmount"})
	expect(t, hookstest.Touching("rust/kernel/old.rs"), fstest.MapFS{}, tree, "hooks/no-shim rust/kernel/old.rs: bindings::old_unmount")
}
