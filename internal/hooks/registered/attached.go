// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"io/fs"
	"slices"
)

// Attached returns the hooks that files which before does not have put a function into, sorted: those
// that a kernel with the LSM of the series calls and that of its base does not. Call it after Look.
func (c *Series) Attached(before fs.FS) []string {
	var res []string
	add := func(hook, file string) {
		if _, err := fs.Stat(before, file); err != nil && len(c.ByName[hook]) > 0 {
			res = append(res, hook)
		}
	}
	for _, regs := range c.Checked {
		for i := range regs {
			if regs[i].Shim == nil { // a shim attaches what is given to it
				add(regs[i].Hook, regs[i].Pos.File)
			}
		}
	}
	for _, l := range c.Links {
		if l.Shim != nil {
			add(l.Shim.Hook, l.pos.File)
		}
	}
	slices.Sort(res)
	return slices.Compact(res)
}
