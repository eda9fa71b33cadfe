// SPDX-License-Identifier: GPL-2.0-only

package kconfig

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/kbuildfile"
)

func TestWhatIsAskedOfAFile(t *testing.T) {
	before := fstest.MapFS{
		"drivers/a.c": {Data: []byte("int a;\n#ifdef CONFIG_B\nint b;\n#else\nint c;\n#endif\n")},
		"gone.c":      {Data: []byte("int a;\n")},
	}
	after := fstest.MapFS{
		"Kbuild":                 {Data: []byte("obj-y += drivers/ kernel/\n")},
		"drivers/Makefile":       {Data: []byte("obj-$(CONFIG_A) += a.o\nsubdir-y += dts\nhostprogs := gen\n")},
		"drivers/a.c":            {Data: []byte("#include \"a.h\"\nint a;\n#ifdef CONFIG_B\nint b2; /* new */\n/* a comment */\n#else\nint c2;\n#endif\n")},
		"drivers/a.h":            {Data: []byte("int h;\n")},
		"drivers/gen.c":          {Data: []byte("int main;\n")},
		"drivers/lost.c":         {Data: []byte("int l;\n")},
		"arch/arm64/mm/fault.c":  {Data: []byte("int f;\n")},
		"tools/perf/perf.c":      {Data: []byte("int p;\n")},
		"Documentation/x/y.rst":  {Data: []byte("text\n")},
		"include/linux/common.h": {Data: []byte("int h;\n")},
		"drivers/lone.h":         {Data: []byte("int h;\n")},
		"drivers/Kconfig":        {Data: []byte("config A\n")},
		"drivers/dts/Makefile":   {Data: []byte("dtb-$(CONFIG_BOARD) += b.dtb\n")},
		"drivers/dts/b.dts":      {Data: []byte("#include \"b.dtsi\"\n/ {\n};\n")},
		"drivers/dts/b.dtsi":     {Data: []byte("/ {\n\t#size-cells = <1>;\n};\n")},
	}
	r := kbuildfile.NewReader(after, "x86")
	for _, tt := range []struct {
		name, why, when string
		lines           int
	}{
		{"drivers/a.c", "", "A", 2},
		{"drivers/a.h", "", "A", 1},
		{"drivers/dts/b.dts", "", "BOARD", 2},
		{"drivers/dts/b.dtsi", "", "BOARD", 3},
		{"drivers/gen.c", "a program of the build", "", 0},
		{"drivers/lost.c", "drivers/Makefile lacks lost.o", "", 0},
		{"arch/arm64/mm/fault.c", "for ARCH=arm64", "", 0},
		{"tools/perf/perf.c", "tools", "", 0},
		{"Documentation/x/y.rst", "documentation", "", 0},
		{"include/linux/common.h", "", "y", 1},
		{"drivers/lone.h", "includes it", "", 0},
		{"drivers/Kconfig", "not compiled", "", 0},
		{"gone.c", "removed", "", 0},
	} {
		f := file(r, before, after, nil, tt.name, "x86")
		if !strings.Contains(f.Why, tt.why) || tt.why == "" && f.Why != "" || f.When != tt.when || f.Lines != tt.lines {
			t.Errorf("%s: why %q, when %q, %d lines", tt.name, f.Why, f.When, f.Lines)
		}
	}
	elsewhere := fstest.MapFS{"old/a.c": after["drivers/a.c"]}
	if f := file(r, elsewhere, after, changed.Moves{"drivers/a.c": "old/a.c"}, "drivers/a.c", "x86"); f.Lines != 1 {
		t.Errorf("moved: %d lines", f.Lines)
	}
	f := file(r, before, after, nil, "drivers/a.c", "x86")
	if len(f.goals) != 3 || f.goals[1].When.String() != "A && B && B!=m" || f.goals[2].When.String() != "A && (!B || B=m)" {
		t.Errorf("goals are %v", f.goals)
	}
}

func TestRangesOfLines(t *testing.T) {
	if got := Ranges([]int{1, 2, 3, 7, 9, 10}); got != "1-3, 7, 9-10" {
		t.Errorf("got %s", got)
	}
}

func TestFragment(t *testing.T) {
	c := Config{Changed: []Setting{{"A", "n", "y"}, {"B", "y", "n"}, {"C", "n", "m"}}}
	if got := c.Fragment(); got != "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=m\n" {
		t.Errorf("got %q", got)
	}
}

func TestKeptPlan(t *testing.T) {
	p := &Plan{Arch: "um", Configs: []Config{{Text: "CONFIG_A=y\n", Changed: []Setting{{"A", "n", "y"}}, unset: []string{"B"}}},
		Files: []File{{Path: "a.c", Unpromised: []Group{{Lines: []int{1}, When: "A"}}}}}
	data, err := p.Keep()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Recall(data)
	if err != nil || got.Configs[0].Text != "CONFIG_A=y\n" || got.Configs[0].Fragment() != p.Configs[0].Fragment() || got.Files[0].Unpromised[0].When != "A" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "{}", `{"plan":{"configs":[{}]}}`} {
		if _, err := Recall([]byte(bad)); err == nil {
			t.Errorf("%q is a plan", bad)
		}
	}
}

// A second configuration is built for the files that still lack what it alone compiles.
func TestWants(t *testing.T) {
	p := &Plan{Files: []File{
		{Path: "a.c", Config: 1, Unpromised: []Group{{Lines: []int{5, 6}, Config: 2}, {Lines: []int{9}, Config: 0}}},
		{Path: "b.c", Config: 2}, {Path: "c.c", Config: 1}, {Path: "d.c", Config: 0},
	}}
	for _, tt := range []struct {
		config  int
		missing map[string][]int
		want    string
	}{
		{2, map[string][]int{"a.c": {6, 9}, "b.c": {1}, "c.c": {1}, "d.c": {1}}, "a.c b.c"},
		{2, map[string][]int{"a.c": {9}}, ""}, {3, map[string][]int{"a.c": {6}, "b.c": {1}}, ""}, {2, nil, ""},
	} {
		if got := strings.Join(p.Wants(tt.config, tt.missing), " "); got != tt.want {
			t.Errorf("configuration %d, %v: %q, want %q", tt.config, tt.missing, got, tt.want)
		}
	}
}
