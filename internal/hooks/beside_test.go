// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

// TestBeside: a series changes a function of an LSM in another file than the one that registers it, which it does not touch.
func TestBeside(t *testing.T) {
	const file, header, fn = "security/plain/lockdown.c", "security/plain/plain.h", "int plain_locked_down(unsigned int what) { return 0; }"
	_, _, before := fixture(t)
	before[file] = &fstest.MapFile{Data: []byte("#include \"plain.h\"\n" + fn + "\n")}
	before[mainC] = &fstest.MapFile{Data: []byte(strings.Replace(string(before[mainC].Data), "#include \"lockdown.c\"\n", "", 1))}
	for name, c := range map[string]struct{ file, old, now, want string }{
		"another type":            {file, "unsigned int what", "unsigned long what", "hooks/shim-type " + file},
		"another name":            {file, "unsigned int what", "unsigned int why", ""},
		"what it does":            {file, "return 0", "return what", ""},
		"another type declared":   {header, "unsigned int what", "unsigned long what", "hooks/shim-type " + header},
		"gone":                    {file, fn, "/* plain_locked_down() went */", "hooks/undefined-function security/plain/main.c"},
		"gone, as is its header":  {header, "int plain_locked_down(unsigned int what);", "", "hooks/unresolved security/plain/main.c"},
		"static where none calls": {file, "int plain_locked_down", "static int plain_locked_down", "hooks/undefined-function security/plain/main.c"},
	} {
		after := maps.Clone(before)
		text := string(before[c.file].Data)
		if !strings.Contains(text, c.old) {
			t.Fatalf("%s does not hold %q:\n%s", c.file, c.old, text)
		}
		after[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(text, c.old, c.now, 1))}
		findings, _, err := Check(&check.View{Set: hookstest.Touching(c.file), Before: before, After: after}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range findings {
			if got = append(got, f.Check+" "+f.File); f.Patch != 1 {
				t.Errorf("%s: %s is not laid to the patch", name, f.Check)
			}
		}
		slices.Sort(got)
		if strings.Join(slices.Compact(got), ", ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
