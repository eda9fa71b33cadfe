// SPDX-License-Identifier: GPL-2.0-only

// Package proof asks others what hooks are: the compilers, and a kernel that was built.
//
// Call [Assert] for source files that compile exactly as far as our findings are right, and [Inspect]
// for what a built kernel has, which [Compare] and [CompareLSMs] hold against the tree and the series.
package proof

import (
	"debug/dwarf"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/needs"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Binary is what a built kernel says about its hooks and its LSMs.
type Binary struct {
	// Source is where the types come from: "btf" or "dwarf".
	Source string `json:"source"`
	// Prototypes are the types of the members of union security_list_options, by the names of
	// the hooks.
	Prototypes map[string]*ctype.Type `json:"-"`
	LSMs       []BuiltLSM             `json:"lsms"`
}

// A BuiltLSM is one descriptor in the section of the descriptors.
type BuiltLSM struct {
	Name string `json:"name"`
	// Init is the init function, InitSection the section that it stands in.
	Init        string `json:"init"`
	InitSection string `json:"init_section"`
	// Early says that it stands among the early LSMs.
	Early bool `json:"early,omitempty"`
}

// ErrNoTypes says that a kernel was built without type information.
var ErrNoTypes = errors.New("neither BTF nor DWARF in it")

// layout is what has to be known of a struct to read it out of memory.
type layout struct {
	size    int64
	offsets map[string]int64
}

// typeSource gives the types of a kernel.
type typeSource struct {
	name       string
	prototypes map[string]*ctype.Type
	structs    map[string]layout
}

// Inspect reads a vmlinux: the prototypes of the hooks out of its BTF, or its DWARF where it has
// no BTF, and the descriptors of its LSMs. Types is another ELF file of the same build with the
// types, such as [TypesObject], for a kernel without; nil for the kernel's own. A file that is no
// ELF file, or that has neither BTF nor DWARF, is an error with a hint.
func Inspect(vmlinux, types io.ReaderAt) (b *Binary, err error) {
	defer func() {
		// debug/elf, debug/dwarf and btf read what a stranger built.
		if p := recover(); p != nil {
			b, err = nil, fmt.Errorf("reading kernel: %v", p)
		}
	}()
	f, err := openELF(vmlinux)
	if err != nil {
		return nil, err
	}
	typed := f
	if types != nil {
		if typed, err = openELF(types); err != nil {
			return nil, err
		}
	}
	return inspect(f, typed)
}

func openELF(r io.ReaderAt) (*elf.File, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("reading kernel: %w", err), "take the vmlinux of the build, not the bzImage")
	}
	return f, nil
}

func inspect(f, typed *elf.File) (*Binary, error) {
	types, err := readTypes(typed)
	if err != nil {
		return nil, err
	}
	b := &Binary{Source: types.name, Prototypes: types.prototypes, LSMs: []BuiltLSM{}}
	img := &image{f: f, types: types}
	if img.symbols, err = f.Symbols(); err != nil {
		return nil, fmt.Errorf("reading symbols of kernel: %w", err)
	}
	for _, set := range []struct {
		start, end string
		early      bool
	}{{"__start_early_lsm_info", "__end_early_lsm_info", true}, {"__start_lsm_info", "__end_lsm_info", false}} {
		lsms, err := img.descriptors(set.start, set.end)
		if err != nil {
			return nil, err
		}
		for i := range lsms {
			lsms[i].Early = set.early
		}
		b.LSMs = append(b.LSMs, lsms...)
	}
	return b, nil
}

func readTypes(f *elf.File) (*typeSource, error) {
	if f.Section(".BTF") != nil {
		return btfTypes(f)
	}
	if f.Section(".debug_info") != nil || f.Section(".zdebug_info") != nil {
		return dwarfTypes(f)
	}
	return nil, hint.Wrap(fmt.Errorf("kernel: %w", ErrNoTypes), "build with CONFIG_DEBUG_INFO_BTF=y or CONFIG_DEBUG_INFO_DWARF5=y")
}

// Compare holds the hooks of a tree against those of a kernel that was built of it. What differs
// is a finding about this program: the compiler saw the same header. Hooks whose condition the
// configuration does not meet are not in the kernel.
func Compare(hooks []defs.Hook, b *Binary) []report.Finding {
	var findings []report.Finding
	known := map[string]bool{}
	for i := range hooks {
		h := &hooks[i]
		known[h.Name] = true
		built := b.Prototypes[h.Name]
		switch {
		case built == nil && h.Condition != "":
		case built == nil:
			findings = append(findings, disagreement(h, fmt.Sprintf("hook %s is in the tree, but not in the kernel built of it", h.Name)))
		case !sameByName(h.Type, built):
			findings = append(findings, disagreement(h, fmt.Sprintf("hook %s is `%s` in the tree and `%s` in the %s of the kernel",
				h.Name, h.Type.Unnamed(), built, b.Source)))
		}
	}
	var extra []string
	for name := range b.Prototypes {
		if !known[name] {
			extra = append(extra, name)
		}
	}
	slices.Sort(extra)
	for _, name := range extra {
		findings = append(findings, disagreement(&defs.Hook{File: defs.DefsPath}, fmt.Sprintf("the kernel has a hook %s that was not found in the tree", name)))
	}
	return findings
}

// CompareLSMs looks for the LSMs of a series in a kernel that was built with it and with their
// symbols enabled. One that is not there, or whose init function stands in another section than
// __init functions do, is the series' fault.
func CompareLSMs(lsms []needs.LSM, b *Binary) []report.Finding {
	var findings []report.Finding
	add := func(l *needs.LSM, check, message, hint string) {
		findings = append(findings, report.Finding{
			Check: check, Severity: report.Error, File: l.File, Line: l.Line, Message: message, Hint: hint,
		})
	}
	for i := range lsms {
		l := &lsms[i]
		n := slices.IndexFunc(b.LSMs, func(built BuiltLSM) bool { return built.Name == l.Name })
		switch {
		case n < 0:
			add(l, "hooks/not-in-kernel", fmt.Sprintf("the kernel has no descriptor of the LSM %s", l.Name),
				"see that CONFIG_"+strings.Join(l.Configs, ", CONFIG_")+" is set, and that the descriptor is in "+needs.InfoSection)
		case b.LSMs[n].InitSection != needs.InitSection:
			add(l, "hooks/init-section", fmt.Sprintf("%s, the init function of %s, stands in %s", b.LSMs[n].Init, l.Name, b.LSMs[n].InitSection),
				"put it into "+needs.InitSection)
		}
	}
	return findings
}

func disagreement(h *defs.Hook, message string) report.Finding {
	return report.Finding{
		Check: "hooks/binary-disagrees", Severity: report.Error, File: h.File, Line: h.Line, Message: message,
		Hint: "the kernel is right where it was built of this tree; please report it",
	}
}

// sameByName compares a type of the tree with one of the kernel, which still has the typedefs.
func sameByName(a, b *ctype.Type) bool { return ctype.Compatible(a, b, nil) }

// btfTypes reads the types of the hooks out of BTF.
func btfTypes(f *elf.File) (*typeSource, error) {
	section := f.Section(".BTF")
	if section.ReaderAt == nil {
		return nil, errors.New("reading BTF of kernel: the section is compressed or empty")
	}
	spec, err := btf.LoadSpecFromReader(section)
	if err != nil {
		return nil, fmt.Errorf("reading BTF of kernel: %w", err)
	}
	t := &typeSource{name: "btf", prototypes: map[string]*ctype.Type{}, structs: map[string]layout{}}
	var union *btf.Union
	if err := spec.TypeByName(defs.HookUnion, &union); err != nil {
		return nil, fmt.Errorf("union %s in BTF: %w", defs.HookUnion, err)
	}
	for _, m := range union.Members {
		if ptr, ok := m.Type.(*btf.Pointer); ok {
			if fn, ok := ptr.Target.(*btf.FuncProto); ok {
				t.prototypes[m.Name] = FromBTF(fn, 0)
			}
		}
	}
	for _, name := range []string{"lsm_info", "lsm_id"} {
		var s *btf.Struct
		if err := spec.TypeByName(name, &s); err != nil {
			return nil, fmt.Errorf("struct %s in BTF: %w", name, err)
		}
		l := layout{int64(s.Size), map[string]int64{}}
		for _, m := range s.Members {
			l.offsets[m.Name] = int64(m.Offset.Bytes())
		}
		t.structs[name] = l
	}
	return t, nil
}

// dwarfTypes reads the types of the hooks out of DWARF.
func dwarfTypes(f *elf.File) (*typeSource, error) {
	data, err := f.DWARF()
	if err != nil {
		return nil, fmt.Errorf("reading DWARF of kernel: %w", err)
	}
	t := &typeSource{name: "dwarf", prototypes: map[string]*ctype.Type{}, structs: map[string]layout{}}
	r := data.Reader()
	last := dwarf.Offset(0) // the first entry stands behind the header of its unit
	for len(t.structs) < 2 || len(t.prototypes) == 0 {
		e, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("reading DWARF of kernel: %w", err)
		}
		if e == nil {
			return nil, fmt.Errorf("%s in DWARF: %w", defs.HookUnion, ErrNoTypes)
		}
		if e.Offset <= last {
			return nil, fmt.Errorf("reading DWARF of kernel: entry %#x names one before it as the next", last)
		}
		last = e.Offset
		if e.Tag == dwarf.TagCompileUnit {
			continue
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		if _, declared := e.Val(dwarf.AttrDeclaration).(bool); !declared {
			if err := t.dwarfEntry(data, e, name); err != nil {
				return nil, err
			}
		}
		r.SkipChildren()
	}
	return t, nil
}

func (t *typeSource) dwarfEntry(data *dwarf.Data, e *dwarf.Entry, name string) error {
	isUnion := e.Tag == dwarf.TagUnionType && name == defs.HookUnion && len(t.prototypes) == 0
	isStruct := e.Tag == dwarf.TagStructType && (name == "lsm_info" || name == "lsm_id")
	if !isUnion && !isStruct {
		return nil
	}
	typ, err := data.Type(e.Offset)
	if err != nil {
		return fmt.Errorf("type %s in DWARF: %w", name, err)
	}
	s, ok := typ.(*dwarf.StructType)
	if !ok {
		return nil
	}
	l := layout{s.ByteSize, map[string]int64{}}
	for _, m := range s.Field {
		l.offsets[m.Name] = m.ByteOffset
		if ptr, ok := m.Type.(*dwarf.PtrType); ok && isUnion {
			if fn, ok := ptr.Type.(*dwarf.FuncType); ok {
				t.prototypes[m.Name] = fromDWARF(fn, 0)
			}
		}
	}
	if isStruct {
		t.structs[name] = l
	}
	return nil
}
