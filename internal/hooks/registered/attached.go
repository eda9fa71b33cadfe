// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"io/fs"
	"slices"
)

// Attached returns the hooks that files which before does not have put a function into, sorted: sure are
// those of C, which a kernel with the LSM of the series calls and that of its base does not. maybe are
// those that pass through code which may leave some out, as an abstraction in Rust does with the hooks
// that an LSM does not override. Call it after Look.
func (c *Series) Attached(before fs.FS) (sure, maybe []string) {
	isNew := func(hook, file string) bool {
		_, err := fs.Stat(before, file)
		return err != nil && len(c.ByName[hook]) > 0
	}
	for _, regs := range c.Checked {
		for i := range regs {
			// A shim attaches what is given to it, and a condition of the preprocessor may be false.
			if regs[i].Shim == nil && regs[i].Cond == "" && isNew(regs[i].Hook, regs[i].Pos.File) {
				sure = append(sure, regs[i].Hook)
			}
		}
	}
	for _, l := range c.Links {
		if l.Shim != nil && isNew(l.Shim.Hook, l.pos.File) {
			maybe = append(maybe, l.Shim.Hook)
		}
	}
	slices.Sort(sure)
	slices.Sort(maybe)
	return slices.Compact(sure), slices.Compact(maybe)
}
