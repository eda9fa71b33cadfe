// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// fakeLenses puts programs into PATH that complain of what a file has behind UGLY.
func fakeLenses(t *testing.T, names ...string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		write(t, filepath.Join(dir, name), `#!/bin/sh
for f; do :; done
grep -q UGLY "$f" || exit 0
echo "Diff in /src/$f:$(grep -n UGLY "$f" | head -n 1 | cut -d: -f1):"
exit 1
`)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

const fakeKernelDoc = "#!/bin/sh\ngrep -n DOC \"$2\" | while IFS=: read -r n text; do echo \"Warning: $2:$n ${text#*DOC }\"; done\n"

func TestLenses(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	fakeLenses(t, "rustfmt")
	base := patch{"scripts/kernel-doc": fakeKernelDoc, "security/old.h": "// DOC of the base\n", "rust/old.rs": "UGLY\n", "rust/fine.rs": "\n"}
	for name, c := range map[string]struct {
		patch  patch
		lenses []string
		want   string
	}{
		"kernel-doc":  {patch{"security/old.h": "\n// DOC of the base\n// DOC of the series\n"}, nil, "security/old.h:3 build/new-kernel-doc warning: of the series"},
		"rustfmt":     {patch{"rust/fine.rs": "fn a() {\nUGLY\n", "rust/old.rs": "\nUGLY\n"}, nil, "rust/fine.rs:2 build/new-rustfmt warning: not laid out as rustfmt has it"},
		"none":        {patch{"security/old.h": "// DOC of the series\n"}, []string{"none"}, ""},
		"that misses": {patch{"security/old.c": "x\n"}, []string{"coccinelle"}, ":0 build/lens warning: did not look at the series: coccinelle (the toolchain has no spatch)"},
		"by default":  {patch{"security/b.c": "x\n"}, nil, ":0 build/lens note: did not look at the series: sparse (the toolchain has no sparse)"},
	} {
		t.Run(name, func(t *testing.T) {
			s := seriesOf(t, testCache(t), base, c.patch)
			for run := range 2 { // made, and kept
				if run == 1 && name != "kernel-doc" {
					break
				}
				r, err := BuildSeries(t.Context(), s, &Options{Fragments: testFragment, Lenses: c.lenses})
				if err != nil {
					t.Fatal(err)
				}
				r.Close()
				got := slices.DeleteFunc(strings.Split(say(r), "\n"), func(s string) bool { return s == "" })
				for i := range got {
					_, got[i], _ = strings.Cut(got[i], " ")
				}
				if strings.Join(got, "\n") != c.want {
					t.Errorf("got  %s\nwant %s\n%+v", strings.Join(got, "\n"), c.want, r.Lenses)
				}
			}
		})
	}
}

// What could not look was remembered, and never looked again: not with a longer limit, not with the program there.
func TestLensLooksTheNextTime(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	s := seriesOf(t, testCache(t), nil, patch{"security/b.c": function("b", "return 1;")})
	for _, there := range []bool{false, true} {
		if there {
			fakeLenses(t, "spatch")
		}
		r, err := BuildSeries(t.Context(), s, &Options{Fragments: testFragment, Lenses: []string{"coccinelle"}})
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		if len(r.Lenses) != 1 || r.Lenses[0].Ran != there || r.Cached != there {
			t.Errorf("with the program %t: %+v, cached %t", there, r.Lenses, r.Cached)
		}
	}
}

func TestParseLenses(t *testing.T) {
	cheap, err := ParseLenses(nil)
	if err != nil || !slices.Contains(cheap, "w1") || slices.Contains(cheap, "clippy") {
		t.Errorf("%v, %v", cheap, err)
	}
	if more, err := ParseLenses([]string{"default", "clippy"}); err != nil || len(more) != len(cheap)+1 {
		t.Errorf("%v, %v", more, err)
	}
	if all, err := ParseLenses([]string{"all"}); err != nil || len(all) != len(Lenses) {
		t.Errorf("%v, %v", all, err)
	}
	if none, err := ParseLenses([]string{"none"}); err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
	if _, err := ParseLenses([]string{"sparce"}); err == nil {
		t.Error("a lens that is none")
	}
}

// What lenses say is read: sparse and clang's analyzer speak as compilers do.
func TestFormsOfLenses(t *testing.T) {
	for line, want := range map[string]string{
		"Warning: security/a.c:5 function parameter 'b' not described in 'foo'":              "build/kernel-doc warning 5",
		"/src/security/a.c:12:2-8: preceding lock on line 10":                                "build/coccinelle warning 12",
		"/src/security/a.c:7:3-9: WARNING: NULL check before some freeing":                   "build/coccinelle warning 7",
		"Diff in /src/security/a.c:3:":                                                       "build/rustfmt warning 3",
		"/src/security/a.c:3:9: warning: incorrect type in argument 1 (different)":           "build/compiler warning 3",
		"/src/security/a.c:9:3: warning: Dereference of null pointer [core.NullDereference]": "build/compiler warning 9",
	} {
		d := &diagnoser{source: "/src", seen: map[report.Finding]bool{}, inTree: func(string) bool { return true }, end: func() {}}
		d.line(line)
		found := d.finish()
		if len(found) != 1 || found[0].File != "security/a.c" {
			t.Errorf("%s: %+v", line, found)
			continue
		}
		f := found[0]
		if got := strings.Join([]string{f.Check, f.Severity.String(), string('0' + rune(f.Line%10))}, " "); got[:len(got)-1] != want[:len(got)-1] || f.Line == 0 {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

// What a loose fragment asks for and does not get is not told.
func TestLooseFragment(t *testing.T) {
	b := newBuilder(&Options{})
	b.fragments = []Fragment{{Name: "a", Text: "CONFIG_A=y\n"}, {Name: "b", Text: "CONFIG_A=y\nCONFIG_B=y\n", Loose: true}}
	if lost, err := b.stuck(t.Context(), map[string]string{}); err != nil || len(lost) != 0 {
		t.Errorf("%+v, %v", lost, err)
	}
}
