// SPDX-License-Identifier: GPL-2.0-only

package lists

import (
	"io/fs"
	"regexp"
	"strings"
)

// eachFile calls use with the text of each file below dir whose name ends with suffix.
func (d *Tree) eachFile(dir, suffix string, use func(text []byte)) {
	// A folder that cannot be read holds nothing that could be found.
	_ = fs.WalkDir(d.fsys, dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(name, suffix) {
			return nil
		}
		if text, err := fs.ReadFile(d.fsys, name); err == nil {
			use(text)
		}
		return nil
	})
}

// IncludesAsm reports whether include/linux/NAME.h of the tree includes asm/NAME.h.
func (d *Tree) IncludesAsm(name string) bool {
	text := d.Read("include/linux/"+name+".h", nil)
	re, err := regexp.Compile(`#include\s+<asm/` + regexp.QuoteMeta(name) + `\.h>`)
	return err == nil && text != nil && re.Match(text)
}
