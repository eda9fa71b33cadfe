// SPDX-License-Identifier: GPL-2.0-only

package patchset_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// The series that the program carries is there as the mails it was sent in.
func ExampleBuiltin() {
	carried, ok := patchset.Builtin("rust-lsm")
	if !ok {
		log.Fatal("not carried")
	}
	for _, m := range carried.Mails {
		fmt.Println(m.File)
	}
	// Output:
	// 0000-cover-letter.patch
	// 0001-rust-bindings-include-lsm_hooks.h-to-expose-LSM-type.patch
	// 0002-rust-helpers-add-C-shims-for-LSM-hook-initialisation.patch
	// 0003-rust-kernel-add-LSM-abstraction-layer.patch
	// 0004-security-add-Rust-LSM-sample-CONFIG_SECURITY_RUST_LS.patch
	// 0005-Documentation-rust-add-LSM-abstraction-guide-update-.patch
}

const renamed = `diff --git a/security/old.c b/security/new.c
similarity index 80%
rename from security/old.c
rename to security/new.c
--- a/security/old.c
+++ b/security/new.c
@@ -1,3 +1,4 @@
 int a;
-int b;
+long b;
+long c;
 int d;
`

// A file of a diff is go-gitdiff's; these answer what every caller asks of one.
func ExampleCount() {
	files, _, err := gitdiff.Parse(strings.NewReader(renamed))
	if err != nil {
		log.Fatal(err)
	}
	added, deleted := patchset.Count(files[0])
	fmt.Printf("%s, %s: +%d -%d\n", patchset.Path(files[0]), patchset.Status(files[0]), added, deleted)
	// Output: security/new.c, renamed: +2 -1
}
