// SPDX-License-Identifier: GPL-2.0-only

package proof

import (
	"debug/dwarf"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// maxTypeDepth bounds how deep a type of a binary is followed; structs are followed no further
// than their names.
const maxTypeDepth = 32

func void() *ctype.Type { return &ctype.Type{Name: "void"} }

// basic returns the type that compilers name in any order of words: "long unsigned int".
func basic(name string) *ctype.Type {
	if t, err := ctype.ParseType(name); err == nil {
		return t
	}
	return &ctype.Type{Class: ctype.Typedef, Name: name}
}

func withQual(t *ctype.Type, q ctype.Qual) *ctype.Type {
	u := *t
	u.Qual |= q
	return &u
}

// FromBTF returns the C type of a BTF type.
func FromBTF(t btf.Type, depth int) *ctype.Type {
	if depth++; depth > maxTypeDepth {
		return void()
	}
	switch t := t.(type) {
	case *btf.Int:
		return basic(t.Name)
	case *btf.Float:
		return basic(t.Name)
	case *btf.Pointer:
		return &ctype.Type{Class: ctype.Pointer, Elem: FromBTF(t.Target, depth)}
	case *btf.Const:
		return withQual(FromBTF(t.Type, depth), ctype.Const)
	case *btf.Volatile:
		return withQual(FromBTF(t.Type, depth), ctype.Volatile)
	case *btf.Restrict:
		return withQual(FromBTF(t.Type, depth), ctype.Restrict)
	case *btf.TypeTag:
		return FromBTF(t.Type, depth)
	case *btf.Typedef:
		return &ctype.Type{Class: ctype.Typedef, Name: t.Name}
	case *btf.Struct:
		return &ctype.Type{Class: ctype.Struct, Name: t.Name}
	case *btf.Union:
		return &ctype.Type{Class: ctype.Union, Name: t.Name}
	case *btf.Enum:
		return &ctype.Type{Class: ctype.Enum, Name: t.Name}
	case *btf.Fwd:
		if t.Kind == btf.FwdUnion {
			return &ctype.Type{Class: ctype.Union, Name: t.Name}
		}
		return &ctype.Type{Class: ctype.Struct, Name: t.Name}
	case *btf.Array:
		return &ctype.Type{Class: ctype.Array, Elem: FromBTF(t.Type, depth)}
	case *btf.FuncProto:
		f := &ctype.Type{Class: ctype.Func, Elem: FromBTF(t.Return, depth)}
		for i, p := range t.Params {
			if _, isVoid := p.Type.(*btf.Void); isVoid && i == len(t.Params)-1 {
				f.Variadic = true
				break
			}
			f.Params = append(f.Params, ctype.Param{Type: FromBTF(p.Type, depth)})
		}
		return f
	}
	return void()
}

// fromDWARF returns the C type of a DWARF type.
func fromDWARF(t dwarf.Type, depth int) *ctype.Type {
	if depth++; depth > maxTypeDepth || t == nil {
		return void()
	}
	switch t := t.(type) {
	case *dwarf.PtrType:
		return &ctype.Type{Class: ctype.Pointer, Elem: fromDWARF(t.Type, depth)}
	case *dwarf.QualType:
		return withQual(fromDWARF(t.Type, depth), dwarfQual(t.Qual))
	case *dwarf.TypedefType:
		return &ctype.Type{Class: ctype.Typedef, Name: t.Name}
	case *dwarf.StructType:
		class := ctype.Struct
		if t.Kind == "union" {
			class = ctype.Union
		}
		return &ctype.Type{Class: class, Name: t.StructName}
	case *dwarf.EnumType:
		return &ctype.Type{Class: ctype.Enum, Name: t.EnumName}
	case *dwarf.ArrayType:
		return &ctype.Type{Class: ctype.Array, Elem: fromDWARF(t.Type, depth)}
	case *dwarf.FuncType:
		f := &ctype.Type{Class: ctype.Func, Elem: fromDWARF(t.ReturnType, depth)}
		for _, p := range t.ParamType {
			if _, more := p.(*dwarf.DotDotDotType); more {
				f.Variadic = true
				break
			}
			f.Params = append(f.Params, ctype.Param{Type: fromDWARF(p, depth)})
		}
		return f
	case *dwarf.VoidType:
		return void()
	}
	return basic(t.Common().Name)
}

func dwarfQual(word string) ctype.Qual {
	switch strings.TrimSpace(word) {
	case "const":
		return ctype.Const
	case "volatile":
		return ctype.Volatile
	case "restrict":
		return ctype.Restrict
	}
	return 0
}
