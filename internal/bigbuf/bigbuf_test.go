// SPDX-License-Identifier: GPL-2.0-only

package bigbuf

import (
	"bytes"
	"testing"
)

// TestMake makes buffers until well after the region is used up, and fills each beyond its capacity: none
// may reach into another.
func TestMake(t *testing.T) {
	Reserve(3 * least)
	var all [][]byte
	for i, n := range []int{least, 10, 2*least - 1, 0, least, 3 * least} {
		b := Make(n)
		if len(b) != 0 || cap(b) < n {
			t.Fatalf("Make(%d): length %d, capacity %d", n, len(b), cap(b))
		}
		all = append(all, append(b, bytes.Repeat([]byte{byte(i)}, n+1)...))
	}
	if len(free) != 1 {
		t.Errorf("%d bytes of the region are left, not 1", len(free))
	}
	for i, b := range all {
		if n := bytes.Count(b, []byte{byte(i)}); n != len(b) {
			t.Errorf("buffer %d was overwritten: %d of %d bytes are its own", i, n, len(b))
		}
	}
}
