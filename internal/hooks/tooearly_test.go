// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/internal/hooks/changed"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

// inPatches returns a series of a patch for each list of edits.
func inPatches(patches ...[]edit) *patchset.Set {
	set := &patchset.Set{}
	for i, edits := range patches {
		p := &patchset.Patch{Index: i + 1}
		for _, e := range edits {
			frag := &gitdiff.TextFragment{}
			for line := range strings.Lines(e.old) {
				frag.Lines = append(frag.Lines, gitdiff.Line{Op: gitdiff.OpDelete, Line: line})
			}
			for line := range strings.Lines(e.now) {
				frag.Lines = append(frag.Lines, gitdiff.Line{Op: gitdiff.OpAdd, Line: line})
			}
			p.Files = append(p.Files, &gitdiff.File{OldName: e.file, NewName: e.file, TextFragments: []*gitdiff.TextFragment{frag}})
		}
		set.Patches = append(set.Patches, p)
	}
	return set
}

// TestTooEarly: each series is right in the end, and some do not build in between.
func TestTooEarly(t *testing.T) {
	def, wrapper, header, caller, lsm := sealing[:1], sealing[1:2], sealing[2:4], sealing[4:5], sealing[5:]
	retyped := func() (def, rest, lsm []edit) {
		return []edit{{defs.DefsPath, "file_open, struct file *file", "file_open, struct path *path"}},
			[]edit{
				{defs.SecurityPath, "int security_file_open(struct file *file)", "int security_file_open(struct path *path)"},
				{defs.SecurityPath, "(file_open, file)", "(file_open, path)"},
				{defs.SecurityPath, " * @file: it", " * @path: it"},
				{changed.HeaderPath, "int security_file_open(struct file *file);", "int security_file_open(struct path *path);"},
				{changed.HeaderPath, "inline int security_file_open(struct file *file)", "inline int security_file_open(struct path *path)"},
				{"fs/open.c", "int f(struct file *f)", "int f(struct path *f)"},
			}, []edit{{mainC, "plain_open(struct file *file)", "plain_open(struct path *path)"}}
	}
	typeDef, typeRest, typeLSM := retyped()
	all := func(lists ...[]edit) []edit { return slices.Concat(lists...) }
	newFile := []edit{{"fs/new.c", "", "int h(struct file *f)\n{\n\treturn security_file_seal(f, 1);\n}\n"}}
	made := []edit{{"fs/Makefile", "", "obj-y += new.o\n"}}
	for _, tc := range []struct {
		name    string
		patches [][]edit
		want    string // the patches that are told of
	}{
		{"at once", [][]edit{sealing}, ""},
		{"in their order", [][]edit{def, wrapper, header, caller, lsm}, ""},
		{"the LSM before the hook", [][]edit{lsm, all(def, wrapper, header, caller)}, "1"},
		{"the caller before the wrapper", [][]edit{all(def, header), caller, wrapper, lsm}, "2"},
		{"the wrapper before the hook", [][]edit{wrapper, all(def, header, caller, lsm)}, "1"},
		{"a new file that is not built yet", [][]edit{newFile, all(sealing, made)}, ""},
		{"a new file that is built", [][]edit{all(newFile, made), sealing}, "1"},
		{"a type, at once", [][]edit{all(typeDef, typeRest, typeLSM), {{"fs/seal.c", "g(void)", "g(int)"}}}, ""},
		{"a type, and the LSM later", [][]edit{all(typeDef, typeRest), typeLSM}, "1"},
		{"a type, and the wrapper later", [][]edit{all(typeDef, typeLSM), typeRest}, "1"},
		{"a type, and the callers later", [][]edit{all(typeDef, typeLSM, typeRest[:5]), typeRest[5:]}, "1"},
	} {
		before := withWrappers(t)
		_, _, after := editedFixture(t, before, fstest.MapFS{}, all(tc.patches...))
		findings, _, err := Check(&check.View{Set: inPatches(tc.patches...), Before: before, After: after}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range findings {
			if f.Check == "hooks/too-early" {
				got = append(got, fmt.Sprint(f.Patch))
				if f.Hint == "" || f.Line == 0 {
					t.Errorf("%s: %+v", tc.name, f)
				}
			}
		}
		if strings.Join(slices.Compact(got), " ") != tc.want {
			t.Errorf("%s: patches %q, want %q", tc.name, got, tc.want)
		}
	}
}

// TestGoneTooEarly: a hook goes before the LSM that uses it lets go.
func TestGoneTooEarly(t *testing.T) {
	hook := []edit{
		{defs.DefsPath, "LSM_HOOK(int, 0, file_open, struct file *file)\n", ""},
		{defs.SecurityPath, "/**\n * security_file_open() - Open\n * @file: it\n */\nint security_file_open(struct file *file)\n{\n\treturn call_int_hook(file_open, file);\n}\n", ""},
	}
	user := []edit{{mainC, "\tLSM_HOOK_INIT(file_open, plain_open),\n", ""}}
	for _, tc := range []struct {
		patches [][]edit
		want    int
	}{{[][]edit{hook, user}, 1}, {[][]edit{user, hook}, 0}} {
		before := withWrappers(t)
		_, _, after := editedFixture(t, before, fstest.MapFS{}, slices.Concat(tc.patches...))
		findings, _, err := Check(&check.View{Set: inPatches(tc.patches...), Before: before, After: after}, nil)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, f := range findings {
			if f.Check == "hooks/too-early" {
				n++
			}
		}
		if n != tc.want {
			t.Errorf("%d told, want %d", n, tc.want)
		}
	}
}
