// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"cmp"
	"debug/dwarf"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// Symbols are those of a vmlinux: they name what a kernel without kallsyms prints as addresses, and
// say where in the source it is, as scripts/decode_stacktrace.sh does. nil has none.
type Symbols struct {
	functions []symbol // by address
	byName    map[string][]int
	debug     *dwarf.Data // nil where it was built without
}

type symbol struct {
	name       string
	addr, size uint64
}

// maxSymbols bounds what a program can make us keep; a kernel has some 200,000.
const maxSymbols = 4 << 20

// ReadSymbols reads the functions of a vmlinux, and its DWARF where it has any. The file is not
// trusted: what is wrong with it is an error.
func ReadSymbols(vmlinux string) (s *Symbols, err error) {
	f, err := elf.Open(vmlinux)
	if err != nil {
		return nil, fmt.Errorf("symbols: %w", err)
	}
	defer f.Close()
	defer notPanic(&err)
	all, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("symbols of %s: %w", vmlinux, err)
	}
	if len(all) > maxSymbols {
		return nil, fmt.Errorf("%s has %d symbols", vmlinux, len(all))
	}
	s = &Symbols{byName: map[string][]int{}}
	for _, sym := range all {
		if t := elf.ST_TYPE(sym.Info); (t == elf.STT_FUNC || t == elf.STT_NOTYPE && sym.Size > 0) && sym.Value != 0 && sym.Name != "" {
			s.functions = append(s.functions, symbol{sym.Name, sym.Value, sym.Size})
		}
	}
	slices.SortStableFunc(s.functions, func(a, b symbol) int { return cmp.Compare(a.addr, b.addr) })
	for i, sym := range s.functions {
		s.byName[sym.name] = append(s.byName[sym.name], i)
	}
	if d, err := f.DWARF(); err == nil {
		s.debug = d
	}
	return s, nil
}

// notPanic makes an error of a panic of debug/elf and debug/dwarf, which read what a stranger built.
func notPanic(err *error) {
	if p := recover(); p != nil {
		*err = errors.Join(*err, fmt.Errorf("symbols: %v", p))
	}
}

// at returns the function that addr is in; nil for none.
func (s *Symbols) at(addr uint64) *symbol {
	i, found := slices.BinarySearchFunc(s.functions, addr, func(sym symbol, a uint64) int { return cmp.Compare(sym.addr, a) })
	if !found {
		i--
	}
	if i < 0 || addr-s.functions[i].addr >= max(s.functions[i].size, 1) {
		return nil
	}
	return &s.functions[i]
}

var (
	bareRE   = lazyregexp.New(`^(\s+(?:\[<[0-9a-f]+>\] )?(?:\? )?|(?:RIP: 00(?:10|33):|pc : |lr : |epc : | ra : |WARNING: .* at )|.*(?:target: |: 0x[0-9a-f]+ ))0x([0-9a-f]{8,16})\b`)
	offsetRE = lazyregexp.New(`^Kernel Offset: 0x([0-9a-f]+) from`)
	entryRE  = lazyregexp.New(`([A-Za-z_.$][\w.$]*)\+0x([0-9a-f]+)/0x([0-9a-f]+)`)
)

// name puts names where lines have bare addresses of functions.
func (s *Symbols) name(lines []string) []string {
	if s == nil {
		return lines
	}
	var offset uint64
	for _, line := range lines {
		if m := offsetRE.FindStringSubmatch(line); m != nil {
			offset, _ = strconv.ParseUint(m[1], 16, 64)
		}
	}
	res := slices.Clone(lines)
	for i, line := range res {
		m := bareRE.FindStringSubmatchIndex(line)
		if m == nil {
			continue
		}
		addr, _ := strconv.ParseUint(line[m[4]:m[5]], 16, 64)
		if sym := s.at(addr - offset); sym != nil {
			res[i] = fmt.Sprintf("%s%s+0x%x/0x%x%s", line[:m[3]], sym.name, addr-offset-sym.addr, sym.size, line[m[5]:])
		}
	}
	return res
}

// decode puts behind the entries of traces where in the source they are.
func (s *Symbols) decode(lines []string) []string {
	if s == nil || s.debug == nil {
		return lines
	}
	res := slices.Clone(lines)
	for i, line := range res {
		if file, n := s.source(line); file != "" {
			res[i] = fmt.Sprintf("%s (%s:%d)", line, file, n)
		}
	}
	return res
}

// place returns where in the source the first entry of fn is.
func (s *Symbols) place(lines []string, fn string) (file string, line int) {
	if s == nil || s.debug == nil || fn == "" {
		return "", 0
	}
	for _, l := range lines {
		if m := entryRE.FindStringSubmatch(l); m != nil && plain(m[1]) == fn {
			if file, line = s.source(l); file != "" {
				return file, line
			}
		}
	}
	return "", 0
}

// source returns the place of the entry in a line; "" for none.
func (s *Symbols) source(text string) (file string, line int) {
	m := entryRE.FindStringSubmatch(text)
	if m == nil {
		return "", 0
	}
	off, _ := strconv.ParseUint(m[2], 16, 64)
	size, _ := strconv.ParseUint(m[3], 16, 64)
	for _, i := range s.byName[m[1]] {
		sym := s.functions[i]
		if sym.size != 0 && sym.size != size {
			continue // another static function of the name
		}
		pc := sym.addr + off
		if !ipRE.MatchString(strings.TrimLeft(text, " ")) && off > 0 {
			pc-- // a return address is behind the call
		}
		return s.lineOf(pc)
	}
	return "", 0
}

// lineOf looks an address up in the line tables.
func (s *Symbols) lineOf(pc uint64) (file string, line int) {
	var err error
	defer notPanic(&err)
	unit, err := s.debug.Reader().SeekPC(pc)
	if err != nil {
		return "", 0
	}
	table, err := s.debug.LineReader(unit)
	if err != nil || table == nil {
		return "", 0
	}
	var e dwarf.LineEntry
	if err := table.SeekPC(pc, &e); err != nil && !errors.Is(err, io.EOF) || e.File == nil {
		return "", 0
	}
	return InTree(e.File.Name), e.Line
}
