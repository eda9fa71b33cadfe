// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Of what is alive, garbage may be this part, in percent: until the first collection, then, and once much is alive.
const (
	firstGarbage = 400
	someGarbage  = 100
	largeGarbage = 40
	// large is how much that is, in bytes. Most inputs are a hundredth of it.
	large = 48 << 20
)

// lateGC puts the first collection of garbage off until there are some 16 MB of it, for a verb that mostly ends before. From
// then on it is as always, and where there is much to look through, garbage is collected more often, so that an input of 25 MB
// does not take several times its size twice over.
//
// By itself the first one comes at 4 MB, and most of what it would look at is tables that stay.
func lateGC() {
	if set := debug.SetGCPercent(firstGarbage); set != 100 { // the user has asked for something else
		debug.SetGCPercent(set)
		return
	}
	afterGC(func() bool {
		debug.SetGCPercent(someGarbage)
		afterGC(func() bool {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			if now.HeapAlloc < large {
				return true
			}
			debug.SetGCPercent(largeGarbage)
			return false
		})
		return false
	})
}

// softMemory is what garbage may fill up to, so that an input of 25 MB, whose live data is a part of that, takes less than 300 MB.
const softMemory = 224 << 20

// holdMemory lets garbage be collected whenever the heap comes near softMemory, unless the user has set a limit. Where most of
// that is alive, it would be collected again and again for nothing: the limit goes, and a part of what is alive may be garbage.
func holdMemory() {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return
	}
	debug.SetMemoryLimit(softMemory)
	afterGC(func() bool {
		if alive() < softMemory*4/5 {
			return true
		}
		debug.SetMemoryLimit(math.MaxInt64)
		debug.SetGCPercent(largeGarbage)
		return false
	})
}

// alive returns how many bytes the last collection found alive. What was made since is no part of it, as it is of HeapAlloc.
func alive() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// afterGC calls f when garbage was collected, and again after the next time as long as it returns true.
func afterGC(f func() bool) {
	sentinel := new([64]byte)
	runtime.AddCleanup(sentinel, func(int) {
		if f() {
			afterGC(f)
		}
	}, 0)
}
