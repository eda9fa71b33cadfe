// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// byMake returns what GNU make makes of expressions, behind a makefile and values of CONFIG symbols, a line each.
func byMake(t *testing.T, makefile string, config map[string]string, expressions []string) []string {
	t.Helper()
	make, err := exec.LookPath("make")
	if err != nil {
		t.Skip("make is not here to be compared with")
	}
	var b strings.Builder
	for name, value := range config {
		if value != "n" {
			b.WriteString("CONFIG_" + name + " := " + value + "\n")
		}
	}
	b.WriteString(makefile + "\n")
	for _, x := range expressions {
		b.WriteString("$(info <" + x + ">)\n")
	}
	b.WriteString("all:;@:\n")
	cmd := exec.Command(make, "-R", "-r", "-s", "-f", "-")
	cmd.Stdin = strings.NewReader(b.String())
	cmd.Env = []string{"PATH=/nowhere"}
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, out, b.String())
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		lines = append(lines, strings.Trim(line, "<>\n"))
	}
	if len(lines) != len(expressions) {
		t.Fatalf("%d lines for %d expressions:\n%s", len(lines), len(expressions), out)
	}
	return lines
}

// variables are what the expressions of the tests refer to.
const variables = `empty :=
one = a.o
list := a.o b.o c/d.o
late = $(list) e.o
nested = list
name_of_one := one
call_it = [$(1):$(2)]
twice = $(1) $(1)
define several
x.o
y.o
endef
`

// TestFunctionsOfMake: each function of make that is followed gives what make gives.
func TestFunctionsOfMake(t *testing.T) {
	expressions := []string{
		"$(one)", "$(list)", "$(late)", "$(empty)", "$(missing)", "${list}", "$($(nested))", "$($(name_of_one))", "x$(one)y",
		"$(list:.o=.c)", "$(list:%.o=%.c)", "$(list:c/%=%)", "$(late:.o=)",
		"$(strip   a   b  )", "$(addprefix d/,$(list))", "$(addprefix d/,)", "$(addsuffix .o,a b)", "$(addsuffix /,$(basename $(list)))",
		"$(patsubst %.o,%.c,$(list))", "$(patsubst c/%,%,$(list))", "$(patsubst a.o,z,$(list))", "$(patsubst %,x-%,a b)", "$(patsubst %.x,%.y,$(list))",
		"$(subst .o,.c,$(list))", "$(subst m,y,mym)", "$(subst a,,banana)", "$(subst /,_,$(list))",
		"$(filter %.o,$(list) x.c)", "$(filter a.o b.o,$(list))", "$(filter c/%,$(list))", "$(filter none,$(list))",
		"$(filter-out a.o,$(list))", "$(filter-out %.o,$(list) x.c)", "$(filter-out $(list),$(late))",
		"$(notdir $(list))", "$(basename $(list))", "$(suffix $(list) plain)", "$(dir $(list))",
		"$(firstword $(list))", "$(lastword $(list))", "$(firstword )",
		"$(foreach f,$(list),$(f:.o=.c))", "$(foreach f,a b,$(f).o $(f)x.o)", "$(foreach a,1 2,$(foreach b,3 4,$(a)$(b)))",
		"$(if $(one),yes,no)", "$(if $(empty),yes,no)", "$(if $(empty),yes)", "$(if $(missing)$(one),x y,z)",
		"$(or $(empty),$(one),z)", "$(or $(empty),$(missing))", "$(and $(one),$(list))", "$(and $(one),$(empty))",
		"$(call call_it,a,b)", "$(call twice,z)", "$(call call_it,a)", "$(addprefix x,$(call twice,y))",
		"$(findstring b,abc)", "$(findstring z,abc)", "$(several)", "$(addprefix z/,$(several))",
	}
	e := newEvaluator(fstest.MapFS{}, func(string) []byte { return nil }, map[string]string{})
	e.run(variables)
	// A line of make's output is a line of ours once white space is one space.
	oneLine := strings.ReplaceAll(variables, "define several\nx.o\ny.o\nendef\n", "several = x.o y.o\n")
	for i, want := range byMake(t, oneLine, nil, expressions) {
		var got []string
		for _, w := range e.words(expressions[i]) {
			got = append(got, w.text)
		}
		if !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s is %q, by make %q", expressions[i], got, want)
		}
	}
}

// forms are kbuild files whose lists depend on symbols.
var forms = map[string]string{
	"a symbol in the name of the list": "obj-$(CONFIG_A) += a.o\nobj-$(CONFIG_B) += b.o\n",
	"both lists of one":                "obj-$(CONFIG_A) := a.o\nobj-$(CONFIG_A) += c.o\n",
	"a list that is set anew":          "obj-$(CONFIG_A) += a.o\nobj-y := b.o\n",
	"set where it is not":              "obj-y := a.o\nobj-y ?= b.o\nobj-m ?= c.o\n",
	"ifdef":                            "ifdef CONFIG_A\nobj-y += a.o\nelse\nobj-m += b.o\nendif\n",
	"ifndef":                           "ifndef CONFIG_A\nobj-y += a.o\nendif\n",
	"ifeq":                             "ifeq ($(CONFIG_A),y)\nobj-y += a.o\nendif\nifneq ($(CONFIG_B),m)\nobj-y += b.o\nendif\n",
	"ifeq with marks":                  "ifeq \"$(CONFIG_A)\" \"m\"\nobj-m += a.o\nendif\nifneq '$(CONFIG_B)' ''\nobj-y += b.o\nendif\n",
	"either of two":                    "ifneq ($(CONFIG_A)$(CONFIG_B),)\nobj-y += a.o\nendif\n",
	"both of two":                      "ifeq ($(CONFIG_A)$(CONFIG_B),yy)\nobj-y += a.o\nendif\n",
	"either by filter":                 "ifneq ($(filter y m,$(CONFIG_A) $(CONFIG_B)),)\nobj-y += a.o\nendif\n",
	"one of the other":                 "ifeq ($(CONFIG_A),$(CONFIG_B))\nobj-y += a.o\nendif\n",
	"else with a condition":            "ifeq ($(CONFIG_A),y)\nobj-y += a.o\nelse ifeq ($(CONFIG_B),y)\nobj-y += b.o\nelse\nobj-m += c.o\nendif\n",
	"one in the other":                 "ifdef CONFIG_A\nifdef CONFIG_B\nobj-y += a.o\nendif\nobj-y += b.o\nendif\n",
	"m as y":                           "obj-$(subst m,y,$(CONFIG_A)) += a.o\n",
	"y as m":                           "obj-$(patsubst y,m,$(CONFIG_A)) += a.o\n",
	"a variable between":               "kind := $(CONFIG_A)\nobj-$(kind) += a.o\n",
	"a variable that changes later":    "kind = $(CONFIG_A)\nobj-y += $(extra)\nextra = $(if $(kind),a.o,b.o)\n",
	"by if":                            "obj-$(if $(CONFIG_A),$(CONFIG_B)) += a.o\n",
	"by or":                            "obj-$(or $(CONFIG_A),$(CONFIG_B)) += a.o\n",
	"by and":                           "obj-$(and $(CONFIG_A),$(CONFIG_B)) += a.o\n",
	"taken out":                        "obj-y := a.o b.o\nifdef CONFIG_A\nobj-y := $(filter-out b.o,$(obj-y))\nendif\n",
	"a list of folders":                "obj-y += $(addprefix sub/,$(parts))\nparts = a.o\nparts-$(CONFIG_A) = b.o\nparts += $(parts-y)\n",
	"by foreach":                       "$(foreach n,a b,$(eval obj-$(CONFIG_A) += $(n).o))\n",
	"by a function":                    "define add\nobj-$(CONFIG_$(1)) += $(2).o\nendef\n$(eval $(call add,A,a))\n$(eval $(call add,B,b))\n",
	"lines that go on":                 "obj-$(CONFIG_A) += a.o \\\n\tb.o \\\n\tc.o # the last\n",
	"comments":                         "# obj-y += a.o\nobj-y += b.o # a.o\nifdef CONFIG_A # why\nobj-y += c.o\nendif # A\n",
	"undefined":                        "obj-y := a.o\nifdef CONFIG_A\nundefine obj-y\nendif\nobj-m := b.o\n",
}

// TestFormsAgainstMake: under each configuration of two symbols an object is built where make has it in a list.
func TestFormsAgainstMake(t *testing.T) {
	for name, text := range forms {
		t.Run(name, func(t *testing.T) {
			reader := NewReader(tree("== Kbuild\nobj-y += drivers/\n== drivers/Makefile\n"+text), "x86")
			for _, a := range []string{"y", "m", "n"} {
				for _, b := range []string{"y", "m", "n"} {
					config := map[string]string{"A": a, "B": b}
					lists := strings.Fields(byMake(t, text, config, []string{"$(obj-y) $(obj-m)"})[0])
					for _, file := range []string{"a", "b", "c", "sub/a", "sub/b"} {
						w := reader.File("drivers/" + file + ".c")
						// A list of another sort that names the file does not build it.
						got := w.When.Holds(config) && !w.Aside
						if want := slices.Contains(lists, file+".o"); got != want {
							t.Errorf("%s with A=%s B=%s: built %v, by make %v; when %s", file, a, b, got, want, w.When)
						}
					}
				}
			}
		})
	}
}
