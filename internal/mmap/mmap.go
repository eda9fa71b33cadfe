// SPDX-License-Identifier: GPL-2.0-only

// Package mmap maps whole files for reading. Call [File], and [Unmap] what it returns.
package mmap

import (
	"os"

	"golang.org/x/sys/unix"
)

// File maps a whole file for reading. The data is nil where the file is empty.
func File(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return nil, err
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, &os.PathError{Op: "mmap", Path: name, Err: err}
	}
	return data, nil
}

// Unmap takes back what [File] returned, nil among it.
func Unmap(data []byte) error {
	if data == nil {
		return nil
	}
	return unix.Munmap(data)
}

// dropSize is how much of a mapped file may be touched before it is dropped.
const DropSize = 1 << 20

// Drop lets the kernel take back the memory of data[from:to], where data is what mapFile returned.
// The data can still be read; it comes from the page cache again. Whoever goes through a large file
// once keeps his memory small so.
func Drop(data []byte, from, to int) {
	page := os.Getpagesize()
	from, to = (from+page-1)/page*page, to/page*page
	if from < to {
		_ = unix.Madvise(data[from:to], unix.MADV_DONTNEED) // only advice
	}
}

// Need tells that all of data[from:to] is about to be read, where data is what mapFile returned: it is mapped
// at once, not at one fault after the other.
func Need(data []byte, from, to int) {
	page := os.Getpagesize()
	from, to = from/page*page, min((to+page-1)/page*page, len(data))
	if from < to {
		_ = unix.Madvise(data[from:to], unix.MADV_POPULATE_READ) // only advice, which Linux takes from 5.14 on
	}
}
