// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"testing"
	"testing/fstest"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// TestPages: an entry of the index for which there is no page, and one that has its page.
func TestPages(t *testing.T) {
	index := &fstest.MapFile{Data: []byte("Text about\n   heron\n\n.. toctree::\n   :maxdepth: 1\n\n   apparmor\n   heron\n")}
	for _, tc := range []struct {
		added string
		page  bool
		want  int
	}{
		{"   heron\n", false, 8}, {"   heron\n", true, 0}, {"   :maxdepth: 1\n", false, 0}, {"   a bird\n", false, 0}, {"   crane\n", false, 0},
	} {
		tree := fstest.MapFS{lsmIndex: index, defs.DefsPath: {Data: []byte("LSM_HOOK(int, 0, file_open, struct file *file)\n")}}
		if tc.page {
			tree[lsmDocs+"/heron.rst"] = &fstest.MapFile{Data: []byte("Heron\n")}
		}
		frag := &gitdiff.TextFragment{Lines: []gitdiff.Line{{Op: gitdiff.OpAdd, Line: tc.added}}}
		set := &patchset.Set{Patches: []*patchset.Patch{{Index: 1, Files: []*gitdiff.File{{NewName: lsmIndex, TextFragments: []*gitdiff.TextFragment{frag}}}}}}
		s, err := registered.New(set, tree, tree, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := &needs{Series: s}
		c.pages()
		line := 0
		for _, f := range c.Findings {
			line = f.Line
		}
		if line != tc.want {
			t.Errorf("%q: line %d, want %d", tc.added, line, tc.want)
		}
	}
}
