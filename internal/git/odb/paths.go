// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"path"
)

// Above calls yield with each folder above name, the nearest first, without ".".
func Above(name string, yield func(dir string) bool) {
	for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if !yield(dir) {
			return
		}
	}
}

// FolderOf returns the folder that a path lies in, "" for the top.
func FolderOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}
