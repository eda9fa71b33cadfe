// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"strings"
	"testing"
)

// TestBadPath: a name in another encoding than UTF-8 was called an attack, as git takes it.
func TestBadPath(t *testing.T) {
	for name, want := range map[string]string{
		"a/b.c": "", "a/caf\u00e9.c": "", "a/caf\xe9.c": "not in UTF-8", "/a": "absolute", "a/../../b": "leaves the tree", "a//b": "none that a tree may have",
		strings.Repeat("a", 256): "longer", ".git/config": "own folder",
	} {
		if got := badPath(name); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q", name, got)
		}
	}
}
