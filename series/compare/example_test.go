// SPDX-License-Identifier: GPL-2.0-only

package compare_test

import (
	"log"
	"os"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/compare"
)

func ExampleCompare() {
	older := &patchset.Set{Version: 1, Total: 2, Patches: []*patchset.Patch{{Index: 1, Title: "lsm: a"}, {Index: 2, Title: "lsm: b"}}}
	newer := &patchset.Set{Version: 2, Total: 1, Patches: []*patchset.Patch{{Index: 1, Title: "lsm: b"}}}
	c := compare.Compare(older, newer)
	if err := c.WriteText(os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// v1 (2 patches) -> v2 (1 patch)
	//   1 <   -  dropped       lsm: a
	//   2 =   1  unchanged     lsm: b
}
