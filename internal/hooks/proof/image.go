// SPDX-License-Identifier: GPL-2.0-only

package proof

import (
	"bytes"
	"debug/elf"
	"fmt"
)

// image reads the memory of a kernel as it is linked.
type image struct {
	f       *elf.File
	types   *typeSource
	symbols []elf.Symbol
}

// maxDescriptors bounds how many LSMs a kernel is believed to have.
const maxDescriptors = 256

// descriptors reads the array of struct lsm_info between two symbols. A kernel without them has
// no such LSMs.
func (m *image) descriptors(start, end string) ([]BuiltLSM, error) {
	from, okFrom := m.address(start)
	to, okTo := m.address(end)
	info := m.types.structs["lsm_info"]
	if !okFrom || !okTo || info.size <= 0 {
		return nil, nil
	}
	if to < from || (to-from)/uint64(info.size) > maxDescriptors {
		return nil, fmt.Errorf("descriptors from %#x to %#x: not an array of struct lsm_info", from, to)
	}
	var lsms []BuiltLSM
	for at := from; at+uint64(info.size) <= to; at += uint64(info.size) {
		lsm, err := m.descriptor(at, info)
		if err != nil {
			return nil, fmt.Errorf("descriptor at %#x: %w", at, err)
		}
		lsms = append(lsms, lsm)
	}
	return lsms, nil
}

func (m *image) descriptor(at uint64, info layout) (BuiltLSM, error) {
	var lsm BuiltLSM
	name := at + uint64(info.offsets["name"]) // before Linux 7.0 the name stood in the descriptor
	if offset, ok := info.offsets["id"]; ok {
		id, err := m.pointer(at + uint64(offset))
		if err != nil {
			return lsm, err
		}
		name = id + uint64(m.types.structs["lsm_id"].offsets["name"])
	}
	text, err := m.pointer(name)
	if err != nil {
		return lsm, err
	}
	if lsm.Name, err = m.cString(text); err != nil {
		return lsm, err
	}
	init, err := m.pointer(at + uint64(info.offsets["init"]))
	if err != nil {
		return lsm, err
	}
	lsm.Init, lsm.InitSection = m.function(init)
	return lsm, nil
}

func (m *image) address(symbol string) (uint64, bool) {
	for i := range m.symbols {
		if m.symbols[i].Name == symbol {
			return m.symbols[i].Value, true
		}
	}
	return 0, false
}

// function returns the name of the function at addr, and its section.
func (m *image) function(addr uint64) (name, section string) {
	for i := range m.symbols {
		s := &m.symbols[i]
		if s.Value == addr && elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			name = s.Name
			break
		}
	}
	for _, s := range m.f.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && addr >= s.Addr && addr < s.Addr+s.Size {
			section = s.Name
		}
	}
	return name, section
}

// read returns up to n bytes of memory at addr.
func (m *image) read(addr uint64, n int) ([]byte, error) {
	for _, s := range m.f.Sections {
		if s.Flags&elf.SHF_ALLOC == 0 || s.ReaderAt == nil || addr < s.Addr || addr >= s.Addr+s.Size {
			continue
		}
		buf := make([]byte, min(uint64(n), s.Addr+s.Size-addr))
		if _, err := s.ReadAt(buf, int64(addr-s.Addr)); err != nil {
			return nil, fmt.Errorf("reading %#x: %w", addr, err)
		}
		return buf, nil
	}
	return nil, fmt.Errorf("nothing is loaded at %#x", addr)
}

func (m *image) pointer(addr uint64) (uint64, error) {
	size := 8
	if m.f.Class == elf.ELFCLASS32 {
		size = 4
	}
	b, err := m.read(addr, size)
	if err != nil || len(b) < size {
		return 0, fmt.Errorf("pointer at %#x: %w", addr, err)
	}
	if size == 4 {
		return uint64(m.f.ByteOrder.Uint32(b)), nil
	}
	return m.f.ByteOrder.Uint64(b), nil
}

func (m *image) cString(addr uint64) (string, error) {
	b, err := m.read(addr, 64)
	if err != nil {
		return "", err
	}
	text, _, ended := bytes.Cut(b, []byte{0})
	if !ended {
		return "", fmt.Errorf("no end of the string at %#x", addr)
	}
	return string(text), nil
}
