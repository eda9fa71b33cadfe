// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

func TestWords(t *testing.T) {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"a.c": "int one, two; /* one */\n", "b.c": "int onetwo, _one, one_, One;\n", "sub/c.c": "two(one)", "out/d.c": "one", "e.txt": "one", ".git/f.c": "one", "g.c": "",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	enter := func(name string, folder bool) bool {
		return folder && name != "out" || !folder && path.Ext(name) == ".c"
	}
	var got []string
	for hit, err := range Words(t.Context(), files, []string{"one", "", "two", "three"}, enter) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %v", hit.Path, hit.Words))
	}
	if want := "a.c [one two]; sub/c.c [two one]"; strings.Join(got, "; ") != want {
		t.Errorf("%q, want %q", got, want)
	}
	for range Words(t.Context(), files, []string{"one"}, enter) {
		break // nothing waits for ever
	}
	stopped, stop := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	stop(why)
	for _, err := range Words(stopped, files, []string{"one"}, enter) {
		if !errors.Is(err, why) {
			t.Errorf("%v, want %v", err, why)
		}
	}
}
