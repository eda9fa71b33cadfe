// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"path"
)

// parents calls yield with each folder above name, the nearest first, without ".".
func parents(name string, yield func(dir string) bool) {
	for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if !yield(dir) {
			return
		}
	}
}

func folderOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}
