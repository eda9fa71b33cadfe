// SPDX-License-Identifier: GPL-2.0-only

package defs

import (
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
