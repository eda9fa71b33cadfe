// SPDX-License-Identifier: GPL-2.0-only

package maintainers_test

import (
	"fmt"
	"log"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/series/maintainers"
)

func ExampleRead() {
	tree := fstest.MapFS{"MAINTAINERS": {Data: []byte(`
SAMPLE SECURITY MODULE
M:	Mary Maintainer <mary@example.org>
L:	lsm@lists.example.org
S:	Maintained
F:	security/sample/
`)}}
	m, err := maintainers.Read(tree)
	if err != nil {
		log.Fatal(err)
	}
	recipients, err := m.Recipients([]string{"security/sample/hooks.c"}, "")
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range recipients {
		fmt.Printf("%s (%s of %q)\n", r, r.Roles[0].Kind, r.Roles[0].Section)
	}
	// Output:
	// Mary Maintainer <mary@example.org> (maintainer of "SAMPLE SECURITY MODULE")
	// lsm@lists.example.org (open list of "SAMPLE SECURITY MODULE")
}
