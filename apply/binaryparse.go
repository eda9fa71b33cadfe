// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"encoding/binary"
	"io"
	"strconv"
	"strings"
)

// A binaryHunk is the data of a binary patch, still compressed.
type binaryHunk struct {
	// delta says that the data is a delta against the file, not its content.
	delta bool
	// size is how long the data is once it is expanded.
	size int64
	data []byte
}

// binaryPart reads what may follow a header in place of hunks: git's binary patch, or the line
// that says that binary files differ.
func (p *parser) binaryPart(c *draft) error {
	line := p.peek()
	switch {
	case line == "GIT binary patch\n":
		p.skip(line)
		c.binary = true
		return p.binaryHunks(c)
	case strings.HasSuffix(line, " differ\n") &&
		(strings.HasPrefix(line, "Binary files ") || strings.HasPrefix(line, "Files ")):
		p.skip(line)
		c.binary = true
	}
	return nil
}

// binaryHunks reads the data that makes the new file, and that which makes the old one again,
// where it is there.
func (p *parser) binaryHunks(c *draft) (err error) {
	c.forward, err = p.binaryHunk()
	if err == nil && c.forward == nil {
		return p.errorf(KindCorrupt, "a binary patch without data")
	}
	if err == nil {
		c.backward, err = p.binaryHunk()
	}
	return err
}

// binaryHunk reads "literal" or "delta" with its data, up to an empty line.
func (p *parser) binaryHunk() (*binaryHunk, error) {
	line := p.peek()
	h := &binaryHunk{}
	size, ok := strings.CutPrefix(line, "literal ")
	if !ok {
		if size, h.delta = strings.CutPrefix(line, "delta "); !h.delta {
			return nil, nil
		}
	}
	size = strings.TrimSpace(size)
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 {
		return nil, p.errorf(KindOverflow, "the size of a binary patch is no number: %.20q", size)
	}
	h.size = n
	for {
		p.skip(line)
		line = p.peek()
		if line == "\n" {
			p.skip(line)
			return h, p.checkData(h)
		}
		if h.data, ok = appendBase85(h.data, line); !ok {
			return nil, p.errorf(KindCorrupt, "corrupt binary patch")
		}
	}
}

// maxExpanded bounds the data of all binary patches in one mail.
const maxExpanded = 4 * maxBlob

// checkData makes sure that the data of h expands to what its header says. Git does so for both
// directions before it looks at any file.
func (p *parser) checkData(h *binaryHunk) error {
	if h.size > maxBlob {
		return p.errorf(KindBomb, "binary patch: %v", errBomb)
	}
	if p.expanded += h.size; p.expanded > maxExpanded {
		return p.errorf(KindBomb, "the binary patches expand to more than %d MiB", maxExpanded>>20)
	}
	if err := h.expandTo(io.Discard); err != nil {
		return p.errorf(KindCorrupt, "corrupt binary patch: %v", err)
	}
	return nil
}

const base85Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"

// appendBase85 decodes a line of a binary patch: a letter for its length, then groups of five digits
// for four bytes each, the most significant first.
func appendBase85(data []byte, line string) ([]byte, bool) {
	if len(line) < 7 || (len(line)-2)%5 != 0 || line[len(line)-1] != '\n' {
		return nil, false
	}
	length := int(line[0])
	switch {
	case 'A' <= length && length <= 'Z':
		length += 1 - 'A'
	case 'a' <= length && length <= 'z':
		length += 27 - 'a'
	default:
		return nil, false
	}
	digits := line[1 : len(line)-1]
	longest := len(digits) / 5 * 4
	if length > longest || length <= longest-4 {
		return nil, false
	}
	for ; digits != ""; digits = digits[5:] {
		var n uint64
		for i := range 5 {
			d := strings.IndexByte(base85Digits, digits[i])
			if d < 0 {
				return nil, false
			}
			n = n*85 + uint64(d)
		}
		if n>>32 != 0 {
			return nil, false
		}
		data = binary.BigEndian.AppendUint32(data, uint32(n))
	}
	return data[:len(data)-(longest-length)], true
}
