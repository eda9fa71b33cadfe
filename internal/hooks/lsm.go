// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// An lsm is a descriptor, a struct lsm_info, that the series defines.
type lsm struct {
	name string // as the kernel shows it
	pos  ctype.Pos
	cond string
}

// lsms finds the descriptors in the files of the series.
func (c *checker) lsms() []lsm {
	var found []lsm
	for _, name := range c.src.touchedWith(".c") {
		u := c.src.unit(name)
		for _, use := range u.Uses {
			if (use.Name.Text == "DEFINE_LSM" || use.Name.Text == "DEFINE_EARLY_LSM") && use.Init != nil && len(use.Args) == 1 {
				found = append(found, lsm{name: strings.Trim(ctype.Text(use.Args[0]), `"`), pos: use.Name.Pos, cond: use.Cond})
			}
		}
	}
	return found
}
