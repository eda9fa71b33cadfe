// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"fmt"
	"strings"
	"testing"
)

// docs/build.md has the table of lenses as it is.
func TestLensesAreDocumented(t *testing.T) {
	text := read(t, "../../docs/build.md")
	for _, l := range Lenses {
		mark := ""
		if l.Cheap {
			mark = "*"
		}
		if line := fmt.Sprintf("| %s%s | %s | %s |\n", l.Name, mark, l.What, l.Cost); !strings.Contains(text, line) {
			t.Errorf("docs/build.md lacks\n%s", line)
		}
	}
}
