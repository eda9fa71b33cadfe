// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"io/fs"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var releaseLine = lazyregexp.New(`(?m)^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) *= *(.*?) *$`)

// release returns the kernel version that the Makefile at the top of a tree states: "7.3.4",
// "7.3.0-rc2"; "" where it states none.
func release(fsys fs.FS) string {
	makefile, err := fs.ReadFile(fsys, "Makefile")
	if err != nil {
		return ""
	}
	part := map[string]string{}
	for _, m := range releaseLine.FindAllStringSubmatch(string(makefile), -1) {
		if _, seen := part[m[1]]; !seen {
			part[m[1]] = m[2]
		}
	}
	if part["VERSION"] == "" {
		return ""
	}
	return part["VERSION"] + "." + part["PATCHLEVEL"] + "." + part["SUBLEVEL"] + part["EXTRAVERSION"]
}
