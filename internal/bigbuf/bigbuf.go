// SPDX-License-Identifier: GPL-2.0-only

// Package bigbuf makes large buffers on huge pages.
//
// The first write to each 4 KiB of fresh memory is a page fault, which a virtual machine may take ten
// microseconds for: longer than it takes to copy, to hash or to inflate what goes there. A run over a
// short series spends most of its time on files of a megabyte, such as MAINTAINERS; on huge pages it
// needs a fault for each 2 MiB.
package bigbuf

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// least is the size from which on a buffer is a large one.
	least = 64 << 10
	// hugePage is the size of a huge page on x86-64, and on arm64 with pages of 4 KiB.
	hugePage = 2 << 20
)

var (
	mu   sync.Mutex
	free []byte
)

// Reserve has large buffers come from a region of size bytes, until it is used up. The garbage collector
// frees the region as a whole, so it is for runs that end soon. It takes no memory before it is written to.
func Reserve(size int) {
	region := make([]byte, size+hugePage)
	start := -uintptr(unsafe.Pointer(unsafe.SliceData(region))) % hugePage
	region = region[start:][:size]
	// Without huge pages it is memory as any other.
	_ = unix.Madvise(region, unix.MADV_HUGEPAGE)
	mu.Lock()
	defer mu.Unlock()
	free = region
}

// Make returns an empty slice with a capacity of n bytes.
func Make(n int) []byte {
	if n >= least {
		mu.Lock()
		defer mu.Unlock()
		if n <= len(free) {
			out := free[:0:n]
			free = free[n:]
			return out
		}
	}
	return make([]byte, 0, n)
}
