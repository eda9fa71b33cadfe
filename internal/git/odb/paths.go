// SPDX-License-Identifier: GPL-2.0-only

package odb

import "strings"

// Above calls yield with each folder above name, a clean path, the nearest first, without ".".
func Above(name string, yield func(dir string) bool) {
	for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name[:i], '/') {
		if !yield(name[:i]) {
			return
		}
	}
}

// FolderOf returns the folder that a clean path lies in, "" for the top.
func FolderOf(name string) string { return name[:max(strings.LastIndexByte(name, '/'), 0)] }
