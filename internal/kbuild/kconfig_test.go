// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func testKconfigs(t *testing.T) kconfigs {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/kconfig.txtar")
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{}
	for _, f := range archive.Files {
		tree[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
	}
	k, err := readKconfig(t.Context(), tree, "x86")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestReadKconfig(t *testing.T) {
	k := testKconfigs(t)
	got := slices.Sorted(maps.Keys(k))
	want := []string{"A", "AFTER_HELP", "IN_IF", "IN_MENU", "LONG", "NO_PROMPT", "X86_ONLY"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("symbols (-want +got):\n%s", diff)
	}
	for name, want := range map[string]definition{
		"A":          {file: "Kconfig", line: 3, prompt: true},
		"IN_IF":      {file: "Kconfig", line: 13, in: &block{nil, []string{"A && !B"}}, prompt: true, tristate: true},
		"IN_MENU":    {file: "Kconfig", line: 21, in: &block{nil, []string{"NET"}}, depends: []string{"C || (D=m)"}, prompt: true},
		"LONG":       {file: "Kconfig", line: 27, depends: []string{"RUST && 64BIT"}, prompt: true},
		"AFTER_HELP": {file: "Kconfig", line: 32, prompt: true},
		"NO_PROMPT":  {file: "Kconfig", line: 35},
	} {
		if diff := cmp.Diff([]definition{want}, k[name], cmp.AllowUnexported(definition{}, block{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestExplain(t *testing.T) {
	k := testKconfigs(t)
	for _, c := range []struct {
		name, want, message, hint string
		got                       map[string]string
	}{
		{"LONG", "y", "it depends on RUST (it is n)", "add what", map[string]string{"64BIT": "y"}},
		{"IN_IF", "y", "it depends on !B (it is y)", "add what", map[string]string{"A": "y", "B": "y"}},
		{"IN_MENU", "y", "it depends on (C || D=m), NET (it is n)", "add what", nil},
		{"NO_PROMPT", "y", "it has no prompt", "select NO_PROMPT", nil},
		{"NOWHERE", "y", "no Kconfig of this tree defines it", "is the series applied", nil},
		{"A", "n", "", "another symbol selects it", map[string]string{"A": "y"}},
	} {
		var f report.Finding
		k.explain(&f, c.name, c.want, c.got)
		if !strings.Contains(f.Message, c.message) || !strings.Contains(f.Hint, c.hint) {
			t.Errorf("%s: %q, hint %q; want %q, hint %q", c.name, f.Message, f.Hint, c.message, c.hint)
		}
	}
}

func TestExpr(t *testing.T) {
	config := map[string]string{"Y": "y", "M": "m", "S": `"text"`, "N64": "64"}
	for text, want := range map[string]tristate{
		"Y": yes, "M": module, "NO": no, "y": yes, "n": no, "m": module,
		"!Y": no, "!M": module, "!NO": yes,
		"Y && M": module, "Y && NO": no, "NO || M": module, "M || Y": yes,
		"NO && NO || Y": yes, "NO && (NO || Y)": no, "!(Y && M)": module,
		"M = m": yes, "M=y": no, "M != y": yes, `S = "text"`: yes, "N64 = 64": yes,
		"NO if Y": no, "NO if NO": yes, "M if Y": module,
		"N64 >= 32": yes, "Y # why": yes,
		"$(cc-option,-mfoo)": yes, "Y &&": yes, ")": yes, "": yes,
		strings.Repeat("(", 200) + "NO" + strings.Repeat(")", 200): yes,
	} {
		if got := parseExpr(text).value(config); got != want {
			t.Errorf("%.40s: %d, want %d", text, got, want)
		}
	}
}

func FuzzKconfig(f *testing.F) {
	archive, err := txtar.ParseFile("testdata/kconfig.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range archive.Files {
		f.Add(string(file.Data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		k := kconfigs{}
		k.parse("Kconfig", text)
		lines := strings.Count(text, "\n") + 1
		for name, defs := range k {
			for _, d := range defs {
				if d.line < 1 || d.line > lines {
					t.Errorf("%s stands in line %d of %d", name, d.line, lines)
				}
				for _, condition := range d.conditions() {
					// What is true has no unmet part, and what is not has one.
					e := parseExpr(condition)
					if e.value(nil) == no && len(e.unmet(nil)) == 0 {
						t.Errorf("%q does not hold, and nothing says why", condition)
					}
				}
			}
		}
	})
}
