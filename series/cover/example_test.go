// SPDX-License-Identifier: GPL-2.0-only

package cover_test

import (
	"fmt"

	"github.com/lsmpatch/lsmpatch/series/cover"
)

func ExampleParse() {
	letter := cover.Parse(`This series of two patches mends the locking.

Changes in v2: none to the code.

 security/lsm.c | 12 ++++++------
 1 file changed, 6 insertions(+), 6 deletions(-)
`)
	fmt.Println(letter.Announced[0].Count, "patches announced")
	fmt.Println(letter.Totals)
	fmt.Println(letter.Stats[0].Path, letter.Stats[0].Changes)
	fmt.Println("tells what changed:", letter.Changelog)
	// Output:
	// 2 patches announced
	// 1 file, 6 insertions and 6 deletions
	// security/lsm.c 12
	// tells what changed: true
}
