// SPDX-License-Identifier: GPL-2.0-only

package kconfig

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/solve"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
)

const tables = `
S NET bool
d "y"
p "y"
S SLOTS int
d NET
p NET
r (.. "1" "16") | "y"
v "4" | NET
S NAME string
d "y"
p "y"
v "box" | "y"
S WIDE bool
d (>= SLOTS "8")
p (>= SLOTS "8")
S HIDDEN bool
d "y"
S PICKED bool
d "y"
s LOST
S ARMED bool
d ARM
p ARM
S LOST bool
d ARM
p ARM
S LEFT bool
d "y"
p "y"
S RIGHT bool
d "y"
p "y"
C bool 0
d "y"
p "y"
M LEFT
M RIGHT
`

const tablesBase = "CONFIG_NAME=\"box\"\nCONFIG_LEFT=y\n"

// aWorker returns one that has read the tree, as if conf had made base of its configuration.
func aWorker(t *testing.T, tree fstest.MapFS, names ...string) *worker {
	t.Helper()
	m, err := symbols.Parse(strings.NewReader(strings.TrimPrefix(tables, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	w := &worker{ctx: t.Context(), opts: &Options{Options: symbols.Options{Arch: "x86_64", SrcArch: "x86"}}, model: m,
		base: symbols.ParseConfig(tablesBase), plan: &Plan{Configs: []Config{}, Files: []File{}}}
	w.read(fstest.MapFS{}, tree, names)
	w.solver = solve.New(m, w.base)
	return w
}

func tree(files ...string) fstest.MapFS {
	res := fstest.MapFS{"Makefile": {Data: []byte("x")}, "Kbuild": {Data: []byte("obj-y += net/\n")}}
	for i := 0; i < len(files); i += 2 {
		res[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return res
}

// What is solved is written as a whole configuration, and told by the symbols that a person sets.
func TestConfigOfASolution(t *testing.T) {
	w := aWorker(t, tree("net/Makefile", "obj-$(CONFIG_WIDE) += wide.o\n", "net/wide.c", "int wide;\n#if CONFIG_SLOTS > 9\nint ten;\n#endif\n"), "net/wide.c")
	if goals := w.goals(); len(goals) != 2 || w.fulfilled(w.base) {
		t.Fatalf("goals %+v", goals)
	}
	s := w.solver.Solve(t.Context(), w.goals())
	if s == nil || len(s.Met) != 2 || s.Values["SLOTS"] != "10" {
		t.Fatalf("solution %+v", s)
	}
	text := w.whole(tablesBase, s)
	for _, want := range []string{"CONFIG_NAME=\"box\"\n", "CONFIG_NET=y\n", "CONFIG_SLOTS=10\n", "CONFIG_WIDE=y\n", "# CONFIG_RIGHT is not set\n"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q is not once in\n%s", want, text)
		}
	}
	c := w.config(text+"CONFIG_HIDDEN=y\n", s)
	w.plan.Configs = append(w.plan.Configs, c)
	if got := c.Fragment(); got != "CONFIG_NET=y\nCONFIG_SLOTS=10\nCONFIG_WIDE=y\n# CONFIG_ARMED is not set\n# CONFIG_LOST is not set\n# CONFIG_RIGHT is not set\n" || c.Followed != 1 {
		t.Errorf("%d followed, fragment\n%s", c.Followed, got)
	}
	w.settle(t.Context())
	if f := w.plan.Files[0]; f.Config != 1 || w.plan.Promised != 2 || w.plan.Lines != 2 || len(f.Unpromised) != 0 {
		t.Errorf("plan %+v", w.plan)
	}
}

// Where a changed source hangs on a tristate the first configuration has modules, whatever the source itself is then.
func TestModulesOfAPlan(t *testing.T) {
	const more = `
S MODULES bool
d "y"
p "y"
S BUS tristate
d "y"
p "y"
S DRIVER tristate
d BUS
p BUS
S ONLY_M tristate
d (& BUS "m")
p (& BUS "m")
`
	w := aWorker(t, tree("net/Makefile", "obj-$(CONFIG_WIDE) += wide.o\nobj-$(CONFIG_DRIVER) += driver.o\nobj-$(CONFIG_ONLY_M) += only.o\ndriver-$(CONFIG_NET) += part.o\n",
		"net/wide.c", "int x;\n", "net/part.c", "int x;\n", "net/only.c", "int x;\n"), "net/wide.c", "net/part.c", "net/only.c")
	m, err := symbols.Parse(strings.NewReader(strings.TrimPrefix(tables, "\n") + strings.TrimPrefix(more, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	w.model, w.solver = m, solve.New(m, w.base)
	if w.plan.Modules = w.modules(); !slices.Equal(w.plan.Modules, []string{"DRIVER", "ONLY_M"}) {
		t.Errorf("modules of %v", w.plan.Modules)
	}
	s := w.solver.Solve(t.Context(), w.andMore(w.goals()))
	if s == nil || s.Values["MODULES"] != "y" || s.Values["DRIVER"] != "y" || s.Values["BUS"] != "y" || s.Values["ONLY_M"] != "m" {
		t.Errorf("solved by %+v", s)
	}
	w.plan.Configs = append(w.plan.Configs, Config{})
	if got := w.andMore(w.goals()); len(got) != len(w.goals()) {
		t.Errorf("a further configuration is asked for modules: %+v", got)
	}
}

// What objtool looks at in a whole kernel alone is asked for where code that nothing may trace changes.
func TestNoinstrOfAPlan(t *testing.T) {
	const more = `
S DEBUG_ENTRY bool
d "y"
p "y"
S NOINSTR_VALIDATION bool
d DEBUG_ENTRY
v "y" | DEBUG_ENTRY
`
	m, err := symbols.Parse(strings.NewReader(strings.TrimPrefix(tables, "\n") + strings.TrimPrefix(more, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"noinstr void f(void)\n{\n\tg();\n}\n":                                  true,
		"static noinstr\nint f(int a,\n\t\tint b)\n{\nout:\n\treturn g();\n}\n": true,
		"DEFINE_IDTENTRY_NOINSTR(x)\n{\n}\nint g(void)\n{\n\treturn 0;\n}\n":    true,
		"int f(void)\n{\n\tinstrumentation_begin();\n}\n":                       true,
		"int f(void)\n{\n\treturn g(); /* not noinstr */\n}\n":                  true, // by a comment: no harm is done
		"int f(void)\n{\n\treturn g();\n}\n":                                    false,
		"int noinstruction(void)\n{\n\treturn g();\n}\n":                        false,
	} {
		w := aWorker(t, tree("net/Makefile", "obj-y += x.o\n", "net/x.c", text), "net/x.c")
		w.model, w.solver = m, solve.New(m, w.base)
		s := w.solver.Solve(t.Context(), w.andMore(w.goals()))
		if s == nil || (s.Values["DEBUG_ENTRY"] == "y") != want {
			t.Errorf("%q: solved by %+v", text, s)
		}
	}
	old := "noinstr void f(void)\n{\n\tg();\n}\n\nint g(void)\n{\n\treturn 1;\n}\n"
	f := File{}
	f.addGoals(logic.Always, old, []int{8})
	if f.noinstr {
		t.Error("a line of another function of the file counts")
	}
}

// Each file and line that no configuration compiles has its reason.
func TestReasons(t *testing.T) {
	files := []string{"net/Makefile", "obj-$(CONFIG_ARMED) += a.o\nobj-$(CONFIG_HIDDEN) += b.o\nobj-$(CONFIG_PICKED) += c.o\nobj-$(CONFIG_NOWHERE) += d.o\nobj-y += e.o\n"}
	lines := ""
	for _, c := range []string{"CONFIG_SLOTS > 16", "defined(CONFIG_LEFT) && defined(CONFIG_RIGHT)", "0", "defined(CONFIG_LEFT)"} {
		lines += "#if " + c + "\nint x;\n#endif\n"
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		files = append(files, "net/"+name+".c", "int x;\n")
	}
	w := aWorker(t, tree(append(files, "net/e.c", lines)...), "net/a.c", "net/b.c", "net/c.c", "net/d.c", "net/e.c", "net/gone.c", "Documentation/x.rst")
	w.plan.Configs = append(w.plan.Configs, Config{Text: tablesBase})
	w.reasons(t.Context())
	w.settle(t.Context())
	var got []string
	for _, f := range w.plan.Files {
		got = append(got, fmt.Sprintf("%s %d %s", f.Path, f.Config, f.Why))
		for _, g := range f.Unpromised {
			got = append(got, fmt.Sprintf("  %s %d %s", Ranges(g.Lines), g.Config, g.Why))
		}
	}
	want := []string{"Documentation/x.rst 0 removed",
		"net/a.c 0 needs ARMED, but no Kconfig file that ARCH=x86_64 reads defines ARM; ARMED depends on ARM",
		"net/b.c 0 needs HIDDEN, but HIDDEN has no prompt, and nothing selects it",
		"net/c.c 0 needs PICKED, but no Kconfig file that ARCH=x86_64 reads defines ARM; LOST depends on ARM; PICKED has no prompt, and what selects it cannot be set",
		"net/d.c 0 needs NOWHERE, but no Kconfig file that ARCH=x86_64 reads defines NOWHERE", "net/e.c 1 ",
		`  2 0 needs SLOTS>16, but SLOTS may be 1 to 16`,
		"  5 0 needs LEFT && RIGHT, but LEFT is one of a choice of LEFT, RIGHT",
		"  8 0 no configuration has it", "net/gone.c 0 removed"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Where no time was left the reason says that, and blames no symbol.
func TestReasonWithoutTime(t *testing.T) {
	w := aWorker(t, tree("net/Makefile", "obj-$(CONFIG_WIDE) += wide.o\n", "net/wide.c", "int wide;\n"), "net/wide.c")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if s := w.solver.Solve(over, w.goals()); s != nil {
		t.Errorf("solved without time: %+v", s)
	}
	w.reasons(over)
	if got, want := w.plan.Files[0].Why, "whether a configuration has WIDE was not found out within 5m0s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := w.why(over, logic.Never); got != "no configuration has it" {
		t.Errorf("got %q", got)
	}
	w.solver = nil
	if got := w.why(over, logic.Is("WIDE", "")); got != "conf did not take the configuration that was worked out for WIDE" {
		t.Errorf("got %q", got)
	}
}

func TestWantsOfAPlan(t *testing.T) {
	p := &Plan{Arch: "um", Configs: []Config{{Text: "CONFIG_A=y\n", Changed: []Setting{{"A", "n", "y"}}, unset: []string{"B"}}},
		Files: []File{{Path: "a.c", Config: 1}, {Path: "b.c", Config: 1, Unpromised: []Group{{Lines: []int{4}, Config: 2}}}, {Path: "c.c"}}}
	data, err := p.Keep()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Recall(data)
	if err != nil || back.Configs[0].Text != p.Configs[0].Text || back.Configs[0].Fragment() != "CONFIG_A=y\n# CONFIG_B is not set\n" {
		t.Errorf("%+v, %v", back, err)
	}
	for _, bad := range []string{"", "{}", `{"plan":{"configs":[{}]},"texts":[],"unset":[]}`} {
		if _, err := Recall([]byte(bad)); err == nil {
			t.Errorf("%q is a plan", bad)
		}
	}
	missing := map[string][]int{"a.c": {1}, "b.c": {4, 5}, "c.c": {2}}
	if got := p.Wants(1, missing); !slices.Equal(got, []string{"a.c", "b.c"}) {
		t.Errorf("wanted of the first: %v", got)
	}
	if got := p.Wants(2, missing); !slices.Equal(got, []string{"b.c"}) {
		t.Errorf("wanted of the second: %v", got)
	}
	if got := Ranges([]int{1, 2, 3, 7, 9, 10}); got != "1-3, 7, 9-10" {
		t.Errorf("ranges %q", got)
	}
}

func TestArchitectures(t *testing.T) {
	for name, want := range map[string]string{"": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "riscv64": "riscv", "um": "um", "vax": ""} {
		if a, ok := ArchOf(name); a.Name != want || ok != (want != "") {
			t.Errorf("%q: %+v, %v", name, a, ok)
		}
	}
	got := Tiny(fstest.MapFS{"kernel/configs/tiny.config": {Data: []byte("CONFIG_A=y\n")}, "arch/x86/configs/tiny.config": {Data: []byte("CONFIG_B=y\n")}}, "x86")
	if got != "CONFIG_A=y\nCONFIG_B=y\n" {
		t.Errorf("tiny is %q", got)
	}
}

// TestReasonOfASelect: conf only warns where what is selected depends on what is not there; such a kernel may not build.
func TestReasonOfASelect(t *testing.T) {
	const more = `
S FORCED bool
d ARM
s FORCES
S FORCES bool
d "y"
p "y"
`
	w := aWorker(t, tree("net/Makefile", "obj-$(CONFIG_FORCES) += a.o\n", "net/a.c", "int x;\n"), "net/a.c")
	m, err := symbols.Parse(strings.NewReader(strings.TrimPrefix(tables, "\n") + strings.TrimPrefix(more, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	w.model, w.solver = m, solve.New(m, w.base)
	w.reasons(t.Context())
	if got, want := w.plan.Files[0].Why, "needs FORCES, but no Kconfig file that ARCH=x86_64 reads defines ARM; FORCED is selected, and depends on ARM"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestReasonOfALostList: what a list got is lost where it is assigned anew, but to a module. What is not to be y does not ask for one.
func TestReasonOfALostList(t *testing.T) {
	if w := aWorker(t, tree("net/Makefile", "obj-y += a.o\n", "net/a.c", "int x;\n"), "net/a.c"); w.rule("LEFT", nil, logic.Or(logic.Not(logic.Is("LEFT", "")), logic.Is("LEFT", "m"))) !=
		"LEFT is one of a choice of LEFT, RIGHT" {
		t.Error("a bool that is not to be y is told not to be a module")
	}
	w := aWorker(t, tree("net/Makefile", "obj-$(CONFIG_WIDE) += a.o\nobj-y = other.o\n", "net/a.c", "int x;\n"), "net/a.c")
	w.reasons(t.Context())
	if got, want := w.plan.Files[0].Why, "needs WIDE=m, but WIDE is a bool, which is never m"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
