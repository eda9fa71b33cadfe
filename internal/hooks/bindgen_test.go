// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// TestNewtype has an enumeration that bindgen makes a type of its own.
func TestNewtype(t *testing.T) {
	h, err := ctype.ParseType("int (*)(enum lockdown_reason)")
	if err != nil {
		t.Fatal(err)
	}
	tree := hookstest.ReadArchive(t, "testdata/tree.txtar")
	for _, params := range []string{"", "--newtype-enum lockdown_reason\n"} {
		tree[paramsPath] = &fstest.MapFile{Data: []byte(params)}
		m := newMapper(newSource(nil, nil, tree, "x86"))
		for text, want := range map[string]verdict{"bindings::lockdown_reason": matches, "c_uint": verdictOf(params == ""), "c_int": differs} {
			r, err := rustsyn.ParseType(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.same(&rustsyn.File{}, r, h.Elem.Params[0].Type); got != want {
				t.Errorf("%q: %s: %d, want %d", params, text, got, want)
			}
		}
	}
}
