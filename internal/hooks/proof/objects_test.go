// SPDX-License-Identifier: GPL-2.0-only

package proof

import (
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestCompiled says of the registrations of the small series which of them a build has seen, and what the
// compilers reject that we take.
func TestCompiled(t *testing.T) {
	tree := hookstest.ReadArchive(t, "../testdata/tree.txtar")
	series := hookstest.ReadArchive(t, "../testdata/series.txtar")
	var files []string
	for name, f := range series {
		tree[name] = f
		files = append(files, name)
	}
	a, err := Assert(hookstest.Touching(files...), tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"security/plain/main.o", "security/rust_lsm/rust_lsm.o"} {
		if !slices.Contains(a.Targets, want) {
			t.Errorf("%s is not among %q", want, a.Targets)
		}
	}
	if !slices.Contains(a.Configs, "SECURITY_PLAIN") {
		t.Errorf("%q do not build the series", a.Configs)
	}
	all := map[string]string{"SECURITY": "y", "SECURITY_PATH": "y"}
	for name, tc := range map[string]struct {
		made Made
		want string // the first words of why one is not compiled, or ""
	}{
		"all":           {Made{Done: true, Config: all}, ""},
		"without paths": {Made{Done: true}, "the configuration leaves it out"},
		"nothing":       {Made{IsFresh: func(string) bool { return false }, Config: all}, "security/plain/main.o was not built"},
		"fresh":         {Made{IsFresh: func(string) bool { return true }, Config: all}, ""},
		"an error": {Made{IsFresh: func(o string) bool { return o != "security/plain/main.o" }, Config: all,
			Errors: []report.Finding{{File: "security/plain/main.c", Line: 3, Severity: report.Error}}}, ""},
	} {
		why := ""
		for _, r := range a.Compiled(&tc.made) {
			if !r.Compiled && (why == "" || strings.Contains(r.Why, tc.want)) {
				why = r.Why
			}
		}
		if (why == "") != (tc.want == "") || !strings.HasPrefix(why, tc.want) {
			t.Errorf("%s: %q, want %q", name, why, tc.want)
		}
	}

	said := &Made{Errors: []report.Finding{
		{File: "security/plain/main.c", Line: 7, Severity: report.Error, Message: "no such thing"},
		{File: "security/plain/main.c", Line: 8, Severity: report.Error, Message: "as we say"},
		{File: "security/plain/main.c", Line: 9, Severity: report.Error, Message: "as we say elsewhere"},
		{File: "security/plain/main.c", Line: 10, Severity: report.Warning, Message: "unused"},
		{File: "kernel/fork.c", Line: 7, Severity: report.Error, Message: "not of the series"},
	}}
	ours := []report.Finding{
		{Check: "hooks/shim-type", Severity: report.Error, File: "security/plain/main.c", Line: 8},
		{Check: "hooks/shim-type", Severity: report.Error, File: "security/plain/main.h", Line: 1, Detail: "security/plain/main.c:9: int f(void)\nsecurity/plain/main.c:71: x"},
	}
	found := a.Unseen(said, ours)
	if len(found) != 1 || found[0].Line != 7 || found[0].Check != "hooks/compiler-found" || found[0].Patch != 1 {
		t.Errorf("%+v", found)
	}
}
