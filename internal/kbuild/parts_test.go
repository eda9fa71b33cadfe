// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// What the configuration makes a part of a module is compiled after each patch, and only what is new of it is told.
func TestPartsOfModules(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	base := patch{
		"Kbuild":           "obj-y += drivers/\n",
		"security/Kconfig": "config MODULES\n\tbool\n\nconfig CHIP\n\ttristate \"x\"\n\nconfig OTHER\n\ttristate \"y\"\n",
		"drivers/Makefile": "obj-$(CONFIG_CHIP) += chip.o\nchip-y := core.o\nchip-$(CONFIG_OTHER) += other.o\n",
		"drivers/core.c":   function("core", "return 0; // WARN core is odd"),
		"drivers/other.c":  function("other", "ERROR in the base as well"),
	}
	cache := testCache(t)
	for name, c := range map[string]struct {
		config  string
		patches []patch
		want    string
		built   bool
	}{
		"right":        {"CHIP=m", []patch{{"drivers/core.c": function("core", "return 1; // WARN core is odd")}}, "", true},
		"a warning":    {"CHIP=m", []patch{{"drivers/core.c": function("core", "return 1; // WARN core is even")}}, "1 drivers/core.c:3 build/new-warning error: core is even", true},
		"an error":     {"CHIP=m", []patch{{"include/x.h": "int y;\n"}, {"drivers/core.c": function("core", "ERROR no")}}, "2 drivers/core.c:3 build/compiler error: no", false},
		"mended":       {"CHIP=m", []patch{{"drivers/core.c": function("core", "ERROR no")}, {"drivers/core.c": function("core", "return 2;")}}, "1 drivers/core.c:3 build/bisect error: the tree does not build after patch 1, and patch 2 mends it: this breaks bisection: no", true},
		"the base's":   {"CHIP=m\nCONFIG_OTHER=m", []patch{{"drivers/other.c": "\n" + function("other", "ERROR in the base as well")}}, "", true},
		"not chosen":   {"CHIP=n", []patch{{"drivers/core.c": function("core", "ERROR no")}}, "", true},
		"a new part":   {"CHIP=m", []patch{{"drivers/Makefile": "obj-$(CONFIG_CHIP) += chip.o\nchip-y := core.o new.o\n", "drivers/new.c": function("new", "return 0; // WARN new is odd")}}, "1 drivers/new.c:3 build/new-warning error: new is odd", true},
		"another file": {"CHIP=m", []patch{{"security/b.c": function("b", "return 1;")}}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := seriesOf(t, cache, base, c.patches...)
			r, err := BuildSeries(t.Context(), s, &Options{Fragments: []Fragment{{Name: "x", Text: "CONFIG_MODULES=y\nCONFIG_" + c.config + "\n", Loose: true}}, Lenses: []string{"none"}})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got := say(r); got != c.want || r.Built != c.built {
				t.Errorf("built %t, got\n%s\nwant\n%s", r.Built, got, c.want)
			}
		})
	}
}
