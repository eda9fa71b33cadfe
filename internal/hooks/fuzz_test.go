// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// FuzzDefs reads damaged hook definitions: each hook that comes out must print as a C function of
// that type, and each problem must have its place.
func FuzzDefs(f *testing.F) {
	for _, s := range []string{
		"LSM_HOOK(int, 0, a, struct b *c)\n", "#ifdef X\nLSM_HOOK(void, LSM_RET_VOID, a, void)\n#else\n#endif\n",
		"LSM_HOOK(int, -E, a, int (*f)(void), ...)", "LSM_HOOK(int, 0, a, int x[3)\nLSM_HOOK(", "#define LSM_HOOK(x) y\nLSM_HOOK(1)",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		hooks, findings := parseDefs(DefsPath, data)
		for _, h := range hooks {
			if h.Name == "" || h.Line < 1 || h.Params == nil {
				t.Fatalf("hook %+v", h)
			}
			text := h.Type.Unnamed().String()
			again, err := ctype.ParseType(text)
			if strings.ContainsAny(text, "…[{") || strings.Contains(text, "typeof") {
				continue
			}
			if err != nil || !ctype.Compatible(again, h.Type, nil) {
				t.Fatalf("%q is not the type of %s: %v", text, h.Name, err)
			}
		}
		for _, p := range findings {
			if p.Line < 1 || p.Message == "" {
				t.Fatalf("finding %+v", p)
			}
		}
	})
}

// FuzzCheck puts damaged files into a series: a check must end, and never panic.
func FuzzCheck(f *testing.F) {
	tree, series := readArchive(f, "testdata/tree.txtar"), readArchive(f, "testdata/series.txtar")
	for _, name := range []string{mainC, shimC, lsmRS, sample, "security/plain/Kconfig", "include/linux/lsm_count.h"} {
		f.Add(name, series[name].Data)
	}
	archives, err := filepath.Glob("testdata/styles/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, archive := range archives {
		for name, file := range readArchive(f, archive) {
			if series[name] != nil {
				f.Add(name, file.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if series[name] == nil {
			return
		}
		set, _, after := editedFixture(t, tree, series, []edit{{name, "", string(data) + "\n"}})
		if _, err := Check(set, tree, after, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := Assert(set, after, nil); err != nil {
			t.Fatal(err)
		}
	})
}
