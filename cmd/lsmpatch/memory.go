// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// dropProgram gives the pages of the program itself back that starting it has touched: all packages
// have been initialised by then, of which a verb needs few. What is still needed comes back from the
// page cache. Where it cannot be done, nothing is lost. A program that is linked dynamically keeps its pages: its loader
// has written addresses into some of them, and made them read-only then.
func dropProgram() {
	self, err := os.Executable()
	if err != nil {
		return
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	if strings.Contains(string(maps), ".so") {
		return
	}
	for line := range strings.Lines(string(maps)) {
		// "00400000-00b2f000 r-xp 00000000 08:01 1234    /usr/bin/lsmpatch"
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[5] != self || strings.Contains(fields[1], "w") {
			continue
		}
		low, high, _ := strings.Cut(fields[0], "-")
		from, err1 := strconv.ParseUint(low, 16, 64)
		to, err2 := strconv.ParseUint(high, 16, 64)
		if err1 == nil && err2 == nil {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(from), uintptr(to-from), unix.MADV_DONTNEED)
		}
	}
}

// fewPatches is the length of a series that is done before it pays to collect garbage often.
const fewPatches = 20

// Of what is alive, garbage may be this part, in percent, in a run over a long series: where it lands, that takes no more memory
// than git; where files are taken apart, which leaves more garbage, half of the time would go into collecting it.
const (
	landingGarbage  = 30
	checkingGarbage = 60
)

// pace lets a run over a short series end before it would pay to collect garbage, and has one over a long series collect it where
// it is the given part of what is alive.
func pace(patches, garbage int) {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(firstGarbage) // what there is before the first collection is small
	if patches > fewPatches {
		afterGC(func() bool {
			debug.SetGCPercent(garbage)
			return false
		})
	}
}
