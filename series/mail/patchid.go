// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"hash"
	"strconv"
)

// PatchID returns what git patch-id --stable prints for diff, 40 hex digits: the same for patches that change the
// same lines in the same way, wherever these stand and whatever white space they have. Text before the first
// "diff " line does not count. It is "" where there is no diff.
func PatchID(diff []byte) string {
	id := patchHash{part: sha1.New(), before: -1, after: -1}
	for line := range bytes.Lines(diff) {
		if !id.line(line) {
			break
		}
	}
	if id.size == 0 {
		return ""
	}
	id.flush()
	return hex.EncodeToString(id.sum[:])
}

// A patchHash follows git's builtin/patch-id.c. Each file is hashed for itself, and the hashes are added up, so
// that the order of files means nothing.
type patchHash struct {
	part hash.Hash
	sum  [sha1.Size]byte
	size int // of what was hashed
	// before and after are the lines of the hunk that still come on each side; -1 within the header of a file.
	before, after int
	binary        bool
	old, new      []byte // the blobs that the index line names
	bare          []byte // the last line, without its white space
}

// line takes one line with its end. It returns false at the end of the patch.
func (h *patchHash) line(line []byte) bool {
	switch {
	case bytes.HasPrefix(line, []byte("\\ ")) && len(line) > 12: // No newline at end of file
		return true
	case h.size == 0 && !bytes.HasPrefix(line, []byte("diff ")):
		return true
	}
	if h.before == -1 {
		index, isIndex := bytes.CutPrefix(line, []byte("index "))
		switch {
		case bytes.HasPrefix(line, []byte("GIT binary patch")) || bytes.HasPrefix(line, []byte("Binary files")):
			h.binary, h.before = true, 0
			h.part.Write(h.old)
			h.part.Write(h.new)
			h.flush()
			return true
		case isIndex:
			words := bytes.Fields(index)
			if len(words) > 0 {
				h.old, h.new, _ = bytes.Cut(words[0], []byte(".."))
			}
			return true
		case bytes.HasPrefix(line, []byte("--- ")):
			h.before, h.after = 1, 1
		case !isAlpha(line[0]):
			return false
		}
	}
	if h.binary {
		if bytes.HasPrefix(line, []byte("diff ")) { // which git does not count, either
			h.binary, h.before = false, -1
		}
		return true
	}
	if h.before == 0 && h.after == 0 {
		if bytes.HasPrefix(line, []byte("@@ -")) {
			h.before, h.after = hunkLines(line)
			return true
		}
		if !bytes.HasPrefix(line, []byte("diff ")) {
			return false
		}
		h.flush()
		h.before, h.after = -1, -1
	}
	if line[0] == '-' || line[0] == ' ' {
		h.before--
	}
	if line[0] == '+' || line[0] == ' ' {
		h.after--
	}
	h.bare = h.bare[:0]
	for _, c := range line {
		if c != ' ' && (c < '\t' || c > '\r') {
			h.bare = append(h.bare, c)
		}
	}
	h.part.Write(h.bare)
	h.size += len(h.bare)
	return true
}

// flush adds the hash of what was read since the last time, as a number with its lowest byte first.
func (h *patchHash) flush() {
	carry := 0
	for i, b := range h.part.Sum(nil) {
		carry += int(h.sum[i]) + int(b)
		h.sum[i] = byte(carry)
		carry >>= 8
	}
	h.part.Reset()
}

// hunkLines returns how many lines the head of a hunk announces on each side.
func hunkLines(line []byte) (before, after int) {
	words := bytes.Fields(line)
	count := func(i int) int {
		if i >= len(words) {
			return 1
		}
		_, n, ok := bytes.Cut(words[i], []byte(","))
		if !ok {
			return 1
		}
		lines, _ := strconv.Atoi(string(n))
		return lines
	}
	return count(1), count(2)
}
