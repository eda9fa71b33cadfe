// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"cmp"
	"debug/elf"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// A SizeChange is what a patch adds to the kernel, or takes off where a number is negative, in bytes.
type SizeChange struct {
	// Of is the file that was measured: "vmlinux", or "objects" for those that come of the touched files.
	Of   string `json:"of"`
	Text int64  `json:"text"`
	Data int64  `json:"data"`
	Bss  int64  `json:"bss"`
	// Symbols are the functions and variables that changed most.
	Symbols []SymbolSize `json:"symbols"`
}

// A SymbolSize is the size of a function or variable before and after, in bytes; 0 for none.
type SymbolSize struct {
	Name   string `json:"name"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
}

// maxSymbols bounds the symbols that are told of one patch.
const maxSymbols = 20

// sizes are those of sections by their sort, and of symbols by name.
type sizes struct {
	of              string
	text, data, bss int64
	symbols         map[string]int64
}

// localRE matches what compilers add to a name that is the same otherwise.
var localRE = lazyregexp.New(`\.(?:\d+|llvm\.\d+)$`)

// add measures one ELF file. One that is none has no size.
func (s *sizes) add(name string) {
	file, err := below.OpenFile(name)
	if err != nil {
		return // it went meanwhile
	}
	defer file.Close()
	f, err := elf.NewFile(file)
	if err != nil {
		return
	}
	for _, section := range f.Sections {
		size := int64(section.Size)
		switch {
		case section.Flags&elf.SHF_ALLOC == 0:
		case section.Type == elf.SHT_NOBITS:
			s.bss += size
		case section.Flags&elf.SHF_WRITE != 0:
			s.data += size
		default:
			s.text += size // and what is only read, as size(1) counts
		}
	}
	symbols, err := f.Symbols()
	if err != nil {
		return // stripped
	}
	for _, sym := range symbols {
		if kind := elf.ST_TYPE(sym.Info); (kind == elf.STT_FUNC || kind == elf.STT_OBJECT) && sym.Size > 0 {
			name := demangle(localRE.ReplaceAllString(sym.Name, ""))
			if !strings.HasPrefix(name, "__UNIQUE_ID") { // numbered anew by each change
				s.symbols[name] += int64(sym.Size)
			}
		}
	}
}

// measure returns the sizes of the kernel in an output folder, or where there is none of the objects that come
// of the changes; nil where there are none either.
func (b *seriesBuild) measure(src, out Folder, changes []tree.Change) *sizes {
	dir, err := out.open(-1)
	if err != nil {
		return nil
	}
	defer dir.close()
	s := &sizes{of: "vmlinux", symbols: map[string]int64{}}
	if vmlinux := dir.path("vmlinux"); vmlinux != "" && b.makesKernel() {
		s.add(vmlinux)
		return s
	}
	s.of = "objects"
	objects, err := touchedObjects(out, b.tc.SourcePath(src), changes)
	if err != nil {
		return nil
	}
	for _, name := range objects {
		s.add(dir.path(name))
	}
	return s
}

// change returns what became of sizes; nil where they are of different things, or the same.
func (s *sizes) change(after *sizes) *SizeChange {
	if s == nil || after == nil || s.of != after.of {
		return nil
	}
	c := &SizeChange{Of: s.of, Text: after.text - s.text, Data: after.data - s.data, Bss: after.bss - s.bss, Symbols: []SymbolSize{}}
	for name, size := range after.symbols {
		if was := s.symbols[name]; was != size {
			c.Symbols = append(c.Symbols, SymbolSize{name, was, size})
		}
	}
	for name, was := range s.symbols {
		if _, ok := after.symbols[name]; !ok {
			c.Symbols = append(c.Symbols, SymbolSize{name, was, 0})
		}
	}
	if len(c.Symbols) == 0 && c.Text == 0 && c.Data == 0 && c.Bss == 0 {
		return nil
	}
	slices.SortFunc(c.Symbols, func(a, b SymbolSize) int {
		return cmp.Or(cmp.Compare(abs(b.After-b.Before), abs(a.After-a.Before)), cmp.Compare(a.Name, b.Name))
	})
	c.Symbols = c.Symbols[:min(len(c.Symbols), maxSymbols)]
	return c
}

func abs(n int64) int64 { return max(n, -n) }

// Growth returns what the patches add in all, in bytes, and of what: "" where nothing was measured or changed.
func (r *SeriesResult) Growth() (bytes int64, of string) {
	for _, p := range r.Patches {
		if p.Size != nil {
			bytes, of = bytes+p.Size.Text+p.Size.Data+p.Size.Bss, p.Size.Of
		}
	}
	return bytes, of
}
