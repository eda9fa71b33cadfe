// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// childCode ends the process with 0:
//
//	mov $60, %eax; xor %edi, %edi; syscall
var childCode = [...]byte{0xb8, 0x3c, 0x00, 0x00, 0x00, 0x31, 0xff, 0x0f, 0x05}

// childProgram returns the program that init starts for the task hooks: a whole static ELF file
// in 129 bytes. Init itself would do, but it is large, and without KVM each start of it takes
// seconds.
func childProgram() []byte {
	const load, headers = 0x400000, 64 + 56
	h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Entry: load + headers, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS] = byte(elf.ELFCLASS64)
	h.Ident[elf.EI_DATA] = byte(elf.ELFDATA2LSB)
	h.Ident[elf.EI_VERSION] = byte(elf.EV_CURRENT)
	size := uint64(headers + len(childCode))
	p := elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X),
		Vaddr: load, Paddr: load, Filesz: size, Memsz: size, Align: 0x1000}
	var buf bytes.Buffer
	// A bytes.Buffer takes all that is written.
	_ = binary.Write(&buf, binary.LittleEndian, h)
	_ = binary.Write(&buf, binary.LittleEndian, p)
	buf.Write(childCode[:])
	return buf.Bytes()
}
