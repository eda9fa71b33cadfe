// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"maps"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// TestMoves: of what goes and what comes, that of which at least half is the same is one file.
func TestMoves(t *testing.T) {
	base := t.TempDir()
	body := "int a;\nint b;\nint c;\nint d;\nint e;\nint f;\n"
	for name, text := range map[string]string{"old/x.c": body, "old/y.c": "int yy;\nint y;\n" + body, "old/z.c": "long z;\n", "old/list.txt": body, "kept/k.c": body} {
		write(t, base+"/"+name, text)
	}
	after := tree.NewOverlay(tree.NewDirFS(base))
	for name, text := range map[string]string{
		"old/x.c": "", "old/y.c": "", "old/z.c": "", "old/list.txt": "", // removed
		"new/x.c": body, "new/renamed.c": "int yy;\nint y;\n" + strings.Replace(body, "int d;\n", "", 1), "new/z.c": "long other;\n", "new/list.txt": body, "new/copy.c": body, "kept/k.c": "int k;\n",
	} {
		c := tree.Change{Path: name, Mode: filemode.Regular, Data: []byte(text)}
		if text == "" {
			c = tree.Change{Path: name}
		}
		if err := after.Write(c); err != nil {
			t.Fatal(err)
		}
	}
	moves, err := Moves(after.Base(), after)
	if err != nil {
		t.Fatal(err)
	}
	if want := (changed.Moves{"new/renamed.c": "old/y.c", "new/x.c": "old/x.c"}); !maps.Equal(moves, want) {
		t.Errorf("got %v, want %v", moves, want)
	}
}
