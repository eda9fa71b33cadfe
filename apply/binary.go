// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// maxBlob is the largest file that a binary patch may make: ten times the largest in Linux, and
// little enough to hold in memory.
const maxBlob = limit.BlobBytes

var (
	errBomb  = fmt.Errorf("the data expands to more than %d MiB", maxBlob>>20)
	errDelta = errors.New("the delta is damaged")
)

// applyBinary makes the new content of a binary file. As git does, it wants whole object names on
// the index line, and checks both the file before and the result against them.
func (r *patchRun) applyBinary(c *change, before []byte) ([]byte, []Conflict) {
	refuse := func(kind, format string, args ...any) ([]byte, []Conflict) {
		return nil, []Conflict{*conflict(c, kind, format, args...)}
	}
	if !r.isFullName(c.oldOID) || !r.isFullName(c.newOID) {
		return refuse(KindBinary, "the binary patch to %s has no full index line", c.name())
	}
	if c.oldName == "" && len(before) > 0 {
		return refuse(KindBinary, "the binary patch makes %s, which is not empty", c.name())
	}
	if c.oldName != "" {
		if have := r.hash(before); string(have) != c.oldOID {
			return refuse(KindBinary, "the binary patch applies to %s of %s, and the tree has %s",
				odb.Hash(c.oldOID).Short(), c.oldName, have.Short())
		}
	}
	if odb.Hash(c.newOID).IsZero() {
		return nil, nil // a deletion
	}
	if r.blobs != nil {
		if data, err := r.blobs.Blob(c.newOID); err == nil {
			return data, nil
		}
	}
	if c.forward == nil {
		return refuse(KindBinary, "the patch to the binary file %s came without its data", c.name())
	}
	after, err := expand(c.forward, before)
	switch {
	case errors.Is(err, errBomb):
		return refuse(KindBomb, "the binary patch to %s: %v", c.name(), err)
	case err != nil:
		return refuse(KindBinary, "the binary patch does not apply to %s: %v", c.name(), err)
	}
	if made := r.hash(after); string(made) != c.newOID {
		return refuse(KindBinary, "the binary patch to %s makes %s in place of %s",
			c.name(), made.Short(), odb.Hash(c.newOID).Short())
	}
	return after, nil
}

// isFullName reports whether oid is the whole name of an object.
func (r *patchRun) isFullName(oid string) bool { return len(oid) == r.digits && isObjectName(oid) }

// isObjectName reports whether s is hexadecimal and as long as a whole object name.
func isObjectName(s string) bool {
	if len(s) != 40 && len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

// expand returns what a binary hunk makes of before.
func expand(h *binaryHunk, before []byte) ([]byte, error) {
	var data bytes.Buffer
	if err := h.expandTo(&data); err != nil || !h.delta {
		return data.Bytes(), err
	}
	return patchDelta(before, data.Bytes())
}

// expandTo writes the data of h, which must be just as long as its header says.
func (h *binaryHunk) expandTo(w io.Writer) error {
	z, err := zlib.NewReader(bytes.NewReader(h.data))
	if err != nil {
		return err
	}
	n, err := io.Copy(w, io.LimitReader(z, h.size+1))
	if err == nil && n != h.size {
		err = fmt.Errorf("the data is not the %d bytes that its header tells", h.size)
	}
	return err
}

// patchDelta applies a delta in the format of git's packs to before.
func patchDelta(before, delta []byte) ([]byte, error) {
	const shortest = 4
	if len(delta) < shortest {
		return nil, errDelta
	}
	from, delta := deltaSize(delta)
	if from != uint64(len(before)) {
		return nil, errDelta
	}
	size, delta := deltaSize(delta)
	if size > maxBlob {
		return nil, errBomb
	}
	out := make([]byte, 0, min(size, 16*uint64(len(before)+len(delta))))
	for len(delta) > 0 {
		part, rest, ok := deltaStep(before, delta)
		if !ok || uint64(len(part)) > size-uint64(len(out)) {
			return nil, errDelta
		}
		out, delta = append(out, part...), rest
	}
	if uint64(len(out)) != size {
		return nil, errDelta
	}
	return out, nil
}

// deltaStep returns what the first instruction of delta adds, and the instructions after it.
func deltaStep(before, delta []byte) (part, rest []byte, ok bool) {
	op, delta := delta[0], delta[1:]
	if op&0x80 == 0 {
		if op == 0 || int(op) > len(delta) {
			return nil, nil, false
		}
		return delta[:op], delta[op:], true
	}
	var num [7]uint64 // four bytes of offset, three of size
	for i := range num {
		if op&(1<<i) == 0 {
			continue
		}
		if len(delta) == 0 {
			return nil, nil, false
		}
		num[i], delta = uint64(delta[0]), delta[1:]
	}
	offset := num[0] | num[1]<<8 | num[2]<<16 | num[3]<<24
	size := num[4] | num[5]<<8 | num[6]<<16
	if size == 0 {
		size = 0x10000
	}
	if offset+size > uint64(len(before)) {
		return nil, nil, false
	}
	return before[offset : offset+size], delta, true
}

// deltaSize reads one of the two sizes that begin a delta.
func deltaSize(delta []byte) (uint64, []byte) {
	var size uint64
	for shift := 0; len(delta) > 0; shift += 7 {
		b := delta[0]
		delta = delta[1:]
		if shift < 64 {
			size |= uint64(b&0x7f) << shift
		}
		if b&0x80 == 0 {
			break
		}
	}
	return size, delta
}
