// SPDX-License-Identifier: GPL-2.0-only

package odb

// ReadOffsetVarint reads a number as offsets in packs are written; it returns how many bytes it took.
func ReadOffsetVarint(b []byte) (value, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	value = int(b[0] & 0x7f)
	for n = 1; b[n-1]&0x80 != 0; n++ {
		if n >= len(b) || n > 4 {
			return 0, 0
		}
		value = (value+1)<<7 | int(b[n]&0x7f)
	}
	return value, n
}

// AppendOffsetVarint writes a number as offsets in packs are written.
func AppendOffsetVarint(b []byte, value int) []byte {
	var tmp [8]byte
	at := len(tmp) - 1
	tmp[at] = byte(value & 0x7f)
	for value >>= 7; value > 0; value >>= 7 {
		value--
		at--
		tmp[at] = byte(value&0x7f) | 0x80
	}
	return append(b, tmp[at:]...)
}
