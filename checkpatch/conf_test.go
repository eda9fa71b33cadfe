// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestConf: a tree's own options count, and do not overrule those that are given.
func TestConf(t *testing.T) {
	tree := fstest.MapFS{confFile: {Data: []byte("# ours\n--strict --ignore SPACING,BRACES # why\n--max-line-length=80\n--tab-size 4\n")}}
	got, _ := withConf(&Options{Tree: tree, Ignore: []string{"VOLATILE"}, MaxLineLength: 90})
	want := &Options{Tree: tree, Strict: true, Ignore: []string{"VOLATILE", "SPACING,BRACES"}, MaxLineLength: 90, TabSize: 4}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	r := NewChecker(&Options{Tree: tree}).File("lib/a.c", []byte("// SPDX-License-Identifier: GPL-2.0-only\nint a=1;\nint a [1];\n"))
	if got := foundIn(r); len(got) != 1 || got[0] != "BRACKET_SPACE" {
		t.Errorf("%+v", got)
	}
}

// TestConfNamesFilesOfTheTree: a tree named any file of the host as its list of types, and findings quoted it.
func TestConfNamesFilesOfTheTree(t *testing.T) {
	tree := fstest.MapFS{
		confFile: {Data: []byte("--typedefsfile=/etc/passwd --codespellfile ../../etc/passwd\n")}, "scripts/types": {Data: []byte("pointer_of_ours\n")},
	}
	if opts, named := withConf(&Options{Tree: tree}); named.typedefs != nil || named.codespell != nil || opts.TypedefsFile != "" || opts.CodespellFile != "" {
		t.Errorf("%+v, %+v", opts, named)
	}
	tree[confFile] = &fstest.MapFile{Data: []byte("--typedefsfile scripts/types\n")}
	if _, named := withConf(&Options{Tree: tree}); string(named.typedefs) != "pointer_of_ours\n" {
		t.Errorf("%+v", named)
	}
}
