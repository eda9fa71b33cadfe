// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func TestModules(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	base := patch{
		"security/Kconfig": "config SECURITY\n\tbool \"x\"\n\nconfig OLD\n\ttristate \"y\"\n\nconfig NEW\n\ttristate \"z\"\n",
		"security/old.c":   "int old; // MODULAR of the base\n// USES nothing_known\n",
		"security/b.c":     "int b; // EXPORT b_calls\n",
	}
	cache := testCache(t)
	for name, c := range map[string]struct {
		patch   patch
		modules []string
		want    string
		why     string
	}{
		"right":             {patch{"security/new.c": "int x; // USES b_calls\n// LICENSE\n"}, []string{"NEW"}, "", ""},
		"not exported":      {patch{"security/new.c": "// LICENSE\nint x; // USES c_calls\n"}, []string{"NEW"}, `1 security/new.c:2 build/modpost error: "c_calls" [security/new.ko] undefined!`, ""},
		"no licence":        {patch{"security/new.c": "int x;\n"}, []string{"NEW"}, "1 security/new.c:0 build/modpost error: security/new.ko: missing MODULE_LICENSE()", ""},
		"a warning":         {patch{"security/new.c": "// LICENSE\nint x; // MODULAR x is odd\n"}, []string{"NEW"}, "1 security/new.c:2 build/new-warning error: x is odd", ""},
		"the base's":        {patch{"security/old.c": "int new;\nint old; // MODULAR of the base\n// USES nothing_known\n"}, []string{"OLD"}, "", ""},
		"beside the base's": {patch{"security/old.c": "int old; // MODULAR of the base\n// USES nothing_known\n// USES more\n"}, []string{"OLD"}, `1 security/old.c:3 build/modpost error: "more" [security/old.ko] undefined!`, ""},
		"a new file alone":  {patch{"security/part.h": "int p;\n"}, []string{"OLD"}, "", ""},
		"none":              {patch{"security/new.c": "int x;\n"}, nil, "", "nothing changed that is known to be able to be a module"},
		"y it is":           {patch{"security/new.c": "int x;\n"}, []string{"ELSE"}, "1 :0 build/lens warning: did not look at the series: modules (no module can be made of it: something needs it to be y)", noModule},
	} {
		t.Run(name, func(t *testing.T) {
			s := seriesOf(t, cache, base, c.patch)
			for _, kept := range []bool{false, true} {
				r, err := BuildSeries(t.Context(), s, &Options{Fragments: []Fragment{{Name: "x", Text: "CONFIG_OLD=y\nCONFIG_NEW=y\n"}}, Modules: c.modules, Lenses: []string{"modules"}})
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				if got := strings.Replace(say(r), "0 :0 build/lens", "1 :0 build/lens", 1); got != c.want || len(r.Lenses) != 1 || r.Lenses[0].Why != c.why || r.Lenses[0].Ran != (c.why == "") {
					t.Errorf("kept %t: got\n%s\nwant\n%s\n%+v", kept, got, c.want, r.Lenses)
				}
			}
		})
	}
}

// How modpost names modules and what is wrong with them changed with Linux 7.
func TestPlaceModule(t *testing.T) {
	for message, want := range map[string]string{
		`"foo" [drivers/a/b.ko] undefined!`:                                                     "drivers/a/b foo",
		`drivers/a/b.ko: symbol 'foo' undefined!`:                                               "drivers/a/b foo",
		`missing MODULE_LICENSE() in drivers/a/b.o`:                                             "drivers/a/b ",
		`drivers/a/b.ko: missing MODULE_LICENSE()`:                                              "drivers/a/b ",
		`drivers/a/b.ko: module uses symbol 'foo' from namespace 'NS', but does not import it.`: "drivers/a/b foo",
		`GPL-incompatible module b.ko uses GPL-only symbol 'foo'`:                               "b foo",
		`vmlinux: symbol 'foo' undefined!`:                                                      "",
	} {
		got := ""
		d := &diagnoser{source: "/src", seen: map[report.Finding]bool{}, inTree: func(string) bool { return false }, end: func() {},
			user: func(module, symbol string) (string, int) { got = module + " " + symbol; return "x.c", 1 }}
		d.line("ERROR: modpost: " + message)
		if found := d.finish(); len(found) != 1 || got != want {
			t.Errorf("%s: %q, want %q; %+v", message, got, want, found)
		}
	}
}
