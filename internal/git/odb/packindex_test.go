// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// TestNameTable looks names and prefixes up in tables of all sizes, evenly spread and not.
func TestNameTable(t *testing.T) {
	t.Parallel()
	const size = 20
	rng := rand.New(rand.NewPCG(3, 4))
	for _, count := range []int{0, 1, 2, 100, 5000, 60000} {
		for _, skew := range []byte{0xff, 0x03, 0x00} {
			names := make([][]byte, count)
			for i := range names {
				names[i] = make([]byte, size)
				for k := range names[i] {
					names[i][k] = byte(rng.Uint32())
				}
				names[i][0] &= skew
				names[i][1] &= skew
			}
			slices.SortFunc(names, bytes.Compare)
			table := &nameTable{names: slices.Concat(names...), stride: size, size: size}
			for first := range 256 {
				n, _ := slices.BinarySearchFunc(names, first+1, func(name []byte, first int) int { return int(name[0]) - first })
				table.fanout = binary.BigEndian.AppendUint32(table.fanout, uint32(n))
			}
			gittest.Must(t, table.init())
			check := func(prefix []byte) {
				t.Helper()
				want, _ := slices.BinarySearchFunc(names, prefix, bytes.Compare)
				if got := table.search(prefix); got != want {
					t.Fatalf("%d names, skew %x: search(%x) is %d, not %d", count, skew, prefix, got, want)
				}
			}
			for range 300 {
				prefix := make([]byte, 1+rng.IntN(size))
				for k := range prefix {
					prefix[k] = byte(rng.Uint32())
				}
				check(prefix)
				if count > 0 {
					check(names[rng.IntN(count)][:1+rng.IntN(size)])
				}
			}
			for _, edge := range [][]byte{{0}, {0xff}, bytes.Repeat([]byte{0xff}, size), make([]byte, size)} {
				check(edge)
			}
		}
	}
}
