// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

// TestMisfit: where a series does not apply, what it changes in files that it does not fit is not judged, and that is said; what it
// registers in files of its own is.
func TestMisfit(t *testing.T) {
	const (
		defsMisfit = "diff --git a/include/linux/lsm_hook_defs.h b/include/linux/lsm_hook_defs.h\n--- a/include/linux/lsm_hook_defs.h\n+++ b/include/linux/lsm_hook_defs.h\n" +
			"@@ -1,3 +1,4 @@\n LSM_HOOK(int, 0, older_hook, int a)\n+LSM_HOOK(int, 0, file_seal, struct file *file)\n LSM_HOOK(int, 0, other_hook, int a,\n 	 int b)\n"
		wrapperMisfit = "diff --git a/security/security.c b/security/security.c\n--- a/security/security.c\n+++ b/security/security.c\n" +
			"@@ -1,2 +1,2 @@\n int older;\n-int security_file_open(struct file *file, int flags)\n+int security_file_open(struct file *file)\n"
		mine = "diff --git a/security/mine/mine.c b/security/mine/mine.c\nnew file mode 100644\n--- /dev/null\n+++ b/security/mine/mine.c\n@@ -0,0 +1,8 @@\n" +
			"+#include <linux/lsm_hooks.h>\n+static int mine(PARAMS)\n+{\n+\treturn 0;\n+}\n+static struct security_hook_list h[] = {\n+\tLSM_HOOK_INIT(NAME, mine),\n+};\n"
		unresolved = "hooks/unresolved"
	)
	mineFor := func(hook, params string) string {
		return strings.NewReplacer("PARAMS", params, "NAME", hook).Replace(mine)
	}
	for name, tc := range map[string]struct{ diff, with, without string }{
		"definitions":           {defsMisfit, unresolved, "hooks/no-wrapper"},
		"a wrapper":             {wrapperMisfit, unresolved, "hooks/wrapper-type"},
		"and a hook of its own": {defsMisfit + mineFor("file_seal", "struct file *file"), unresolved, "hooks/unknown-hook"},
		"and a wrong function":  {wrapperMisfit + mineFor("file_open", "int file"), "hooks/shim-type", "hooks/wrapper-type"},
	} {
		files, _, err := gitdiff.Parse(strings.NewReader(tc.diff))
		if err != nil {
			t.Fatal(err)
		}
		set := &patchset.Set{Patches: []*patchset.Patch{{Index: 1, Files: files}}}
		got := idsOf(t, &check.View{Set: set, Before: withWrappers(t)})
		if !strings.Contains(got, unresolved) || !strings.Contains(got, tc.with) || strings.Contains(got, tc.without) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
