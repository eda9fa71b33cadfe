// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
)

// makeDelta returns a delta of git's pack format that makes data out of base. What both have in
// common at their beginnings and ends is copied, and between them each run of lines that base has too.
func makeDelta(base, data []byte) []byte {
	front := commonFront(base, data)
	back := commonBack(base[front:], data[front:])
	b := binary.AppendUvarint(nil, uint64(len(base)))
	b = binary.AppendUvarint(b, uint64(len(data)))
	b = appendCopy(b, 0, front)
	b = appendLines(b, base[front:len(base)-back], data[front:len(data)-back], front)
	return appendCopy(b, len(base)-back, back)
}

// minCopy is the least that is worth to be copied: an instruction has seven bytes.
const minCopy = 16

// appendLines appends the instructions that make data out of the lines of base, which begins at an
// offset of the whole.
func appendLines(b, base, data []byte, offset int) []byte {
	seed := maphash.MakeSeed()
	starts := make(map[uint64]int, len(base)/32)
	for at := 0; at < len(base); {
		line := base[at:][:lineEnd(base[at:])]
		if h := maphash.Bytes(seed, line); len(line) >= minCopy {
			starts[h] = at
		}
		at += len(line)
	}
	literal := 0 // where what could not be copied begins
	for at := 0; at < len(data); {
		line := data[at:][:lineEnd(data[at:])]
		from, ok := starts[maphash.Bytes(seed, line)]
		n := 0
		if ok {
			n = commonFront(base[from:], data[at:])
		}
		if n < minCopy {
			at += len(line)
			continue
		}
		b = appendLiteral(b, data[literal:at])
		b = appendCopy(b, offset+from, n)
		at += n
		literal = at
	}
	return appendLiteral(b, data[literal:])
}

// lineEnd returns the length of the first line of data, with its end.
func lineEnd(data []byte) int {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1
	}
	return len(data)
}

// appendLiteral appends instructions that hold data themselves.
func appendLiteral(b, data []byte) []byte {
	for len(data) > 0 {
		n := min(len(data), 127)
		b = append(append(b, byte(n)), data[:n]...)
		data = data[n:]
	}
	return b
}

// compareSize is how many bytes are compared at once, which is faster than one by one.
const compareSize = 4096

// commonFront returns how many bytes a and b have in common at their beginnings.
func commonFront(a, b []byte) (n int) {
	limit := min(len(a), len(b))
	for n+compareSize <= limit && bytes.Equal(a[n:n+compareSize], b[n:n+compareSize]) {
		n += compareSize
	}
	for n < limit && a[n] == b[n] {
		n++
	}
	return n
}

// commonBack returns how many bytes a and b have in common at their ends.
func commonBack(a, b []byte) (n int) {
	limit := min(len(a), len(b))
	a, b = a[len(a)-limit:], b[len(b)-limit:]
	for n+compareSize <= limit && bytes.Equal(a[limit-n-compareSize:limit-n], b[limit-n-compareSize:limit-n]) {
		n += compareSize
	}
	for n < limit && a[limit-1-n] == b[limit-1-n] {
		n++
	}
	return n
}

// appendCopy appends instructions that copy a stretch of the base.
func appendCopy(b []byte, at, size int) []byte {
	for size > 0 {
		n := min(size, 0xffff)
		b = append(b, 0x80|0x0f|0x30, byte(at), byte(at>>8), byte(at>>16), byte(at>>24), byte(n), byte(n>>8))
		at, size = at+n, size-n
	}
	return b
}
