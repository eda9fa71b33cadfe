// SPDX-License-Identifier: GPL-2.0-only

package bindgen

import (
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
)

// TestNewtype has an enumeration that bindgen makes a type of its own.
func TestNewtype(t *testing.T) {
	h, err := ctype.ParseType("int (*)(enum lockdown_reason)")
	if err != nil {
		t.Fatal(err)
	}
	tree := hookstest.ReadArchive(t, "../testdata/tree.txtar")
	for _, params := range []string{"", "--newtype-enum lockdown_reason\n"} {
		tree[paramsPath] = &fstest.MapFile{Data: []byte(params)}
		m := New(source.New(nil, nil, tree, "x86"))
		for text, want := range map[string]verdict{"bindings::lockdown_reason": Matches, "c_uint": verdictOf(params == ""), "c_int": Differs} {
			r, err := rustsyn.ParseType(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Same(&rustsyn.File{}, r, h.Elem.Params[0].Type); got != want {
				t.Errorf("%q: %s: %d, want %d", params, text, got, want)
			}
		}
	}
}
