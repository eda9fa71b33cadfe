// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestScriptTypes: an older tree is not told of what its own script does not know.
func TestScriptTypes(t *testing.T) {
	const source = "// SPDX-License-Identifier: GPL-2.0-only\nint a=1;\n#if 0\n#endif\n"
	for script, want := range map[string]string{
		`WARN("LONG_LINE", "a"); ERROR("SPACING",`:             "SPACING",
		`WARN("LONG_LINE", "a"); ERROR("SPACING", WARN('IF_0'`: "SPACING IF_0",
		`print "a stand-in"`:                                   "SPACING IF_0",
		"":                                                     "SPACING IF_0",
	} {
		tree := fstest.MapFS{}
		if script != "" {
			tree["scripts/checkpatch.pl"] = &fstest.MapFile{Data: []byte(script)}
		}
		types := foundIn(NewChecker(&Options{Tree: tree}).File("lib/a.c", []byte(source)))
		if got := strings.Join(types, " "); got != want {
			t.Errorf("with %q: %s, not %s", script, got, want)
		}
	}
}
