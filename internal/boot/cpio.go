// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"fmt"
	"io"
	"strings"
)

// Modes of the entries of an archive, as stat(2) has them.
const (
	modeDir  = 0o040000
	modeFile = 0o100000
	modeChar = 0o020000
	modeLink = 0o120000
)

// An entry is a file of an initramfs.
type entry struct {
	name         string
	mode         uint32
	major, minor uint32 // of a device node
	data         []byte
}

// writeCPIO writes entries as a newc archive, the form that the kernel unpacks into its root
// (Documentation/driver-api/early-userspace/buffer-format.rst). All belongs to root and has
// no time, so that the same entries make the same bytes.
func writeCPIO(w io.Writer, entries []entry) error {
	for i, e := range append(entries[:len(entries):len(entries)], entry{name: "TRAILER!!!"}) {
		if err := writeEntry(w, i+1, e); err != nil {
			return err
		}
	}
	return nil
}

func writeEntry(w io.Writer, inode int, e entry) error {
	if int64(len(e.data)) > 1<<32-1 {
		return fmt.Errorf("%s: %d bytes are too many for an initramfs", e.name, len(e.data))
	}
	links := 1
	if e.mode&0o170000 == modeDir {
		links = 2
	}
	const magic = "070701"
	header := fmt.Sprintf(magic+"%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		inode, e.mode, 0, 0, links, 0, len(e.data), 0, 0, e.major, e.minor, len(e.name)+1, 0, e.name)
	for _, part := range []string{header, string(e.data)} {
		if _, err := io.WriteString(w, part+padding(len(part))); err != nil {
			return err
		}
	}
	return nil
}

// padding fills n bytes up to a multiple of four.
func padding(n int) string { return strings.Repeat("\x00", (4-n%4)%4) }
