// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// lateAdditions tells of functions that add hooks, and that an initcall runs or calls: the framework asks .init of those LSMs alone that are
// enabled, and in their order.
func (c *needs) lateAdditions() {
	for _, name := range c.Src.LSMFiles(".c") {
		u := c.Src.Unit(name)
		w := c.wordsOf(u)
		for _, use := range u.Uses {
			isInitcall := strings.HasSuffix(use.Name.Text, "initcall") || strings.HasSuffix(use.Name.Text, "initcall_sync")
			if !isInitcall || strings.HasPrefix(use.Name.Text, "security_") || len(use.Args) != 1 { // security_initcall() was the framework's own
				continue
			}
			run := ctype.Text(use.Args[0])
			for _, d := range w.bodies[addHooks] {
				if d.Name == run || slices.ContainsFunc(w.bodies[d.Name], func(by *ctype.Decl) bool { return by.Name == run }) {
					c.Add("hooks/initcall", use.Name.Pos(), fmt.Sprintf("%s runs %s, and that gives hooks to %s (%s) whether or not the LSM is enabled, and in no order", use.Name.Text, run, addHooks, d.Pos),
						"make it .init of DEFINE_LSM(): "+d.Name)
				}
			}
		}
	}
}
