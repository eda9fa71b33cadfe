// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"runtime"
	"runtime/debug"
)

// lateGC puts the first collection of garbage off until there are some 16 MB of it, for a verb that mostly ends before. From
// then on it is as always, so that long work takes no more memory than it did.
//
// By itself the first one comes at 4 MB, and most of what it would look at is tables that stay.
func lateGC() {
	if set := debug.SetGCPercent(400); set != 100 { // the user has asked for something else
		debug.SetGCPercent(set)
		return
	}
	sentinel := new([64]byte)
	runtime.AddCleanup(sentinel, func(int) { debug.SetGCPercent(100) }, 0)
}
