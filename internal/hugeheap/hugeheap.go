// SPDX-License-Identifier: GPL-2.0-only

// Package hugeheap has the kernel back the heap of a program that imports it with huge pages, where it gives them to who asks
// (/sys/kernel/mm/transparent_hugepage/enabled is "madvise", as on most distributions; see Documentation/admin-guide/mm/transhuge.rst).
//
// Most runs of lsmpatch end before garbage would be collected, and touch each page of their heap for the first time. In a virtual
// machine that costs 10 to 40 µs a page of 4 KB: more than what is done with it. A huge page is 512 of them for the price of a few.
// Where pages are cheap, nothing is lost; where there are no huge ones, some 2 ms.
//
// There is nothing to call: it happens while packages are initialised. This one imports next to nothing, so that most others come
// after it, and what they make is in huge pages already.
package hugeheap

import (
	"runtime"
	"syscall"
	"unsafe"
)

const (
	// size is how much of the heap is asked for, in bytes: what a run makes before garbage is collected for the first time.
	size = 16 << 20
	// page is the size of a huge page, in bytes; where it is another one, less of the heap is in them.
	page = 2 << 20
)

// Asked tells whether the kernel took the request. It may have no huge pages all the same.
var Asked = ask()

// ask has the heap grow by size, asks for huge pages there, and leaves the room to what comes. The runtime maps memory when the
// heap grows, and asks for nothing by itself; a page that was not touched yet takes no memory.
func ask() bool {
	room := make([]byte, size)
	first := uintptr(unsafe.Pointer(unsafe.SliceData(room)))
	from, to := (first+page-1)&^(page-1), (first+size)&^(page-1)
	_, _, errno := syscall.RawSyscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_HUGEPAGE)
	runtime.KeepAlive(room)
	room = nil
	runtime.GC() // only a collection makes it free; there is next to nothing to look through yet
	return errno == 0
}
