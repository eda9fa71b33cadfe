// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"slices"
	"testing"
	"testing/fstest"
)

// Only folders that the base has can be asked for, since it is built with the same targets.
func TestFoldersOfChangedSources(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	before := fstest.MapFS{"security/Makefile": file("obj-y += a.o\n"), "security/a.c": file("x\n"), "Kbuild": file("obj-y += security/\n")}
	after := fstest.MapFS{
		"Kbuild": before["Kbuild"], "security/Makefile": file("obj-y += a.o new/\n"), "security/a.c": file("y\n"),
		"security/new/Makefile": file("obj-y += b.o\n"), "security/new/b.c": file("x\n"),
	}
	for _, tt := range []struct{ names, want []string }{
		{[]string{"security/a.c", "security/new/b.c", "security/Makefile"}, []string{"security/"}},
		{[]string{"MAINTAINERS", "security/lost.c"}, nil},
	} {
		if got := folders(before, after, tt.names); !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, want %v", tt.names, got, tt.want)
		}
	}
}
