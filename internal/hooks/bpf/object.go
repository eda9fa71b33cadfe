// SPDX-License-Identifier: GPL-2.0-only

package bpf

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/proof"
)

// Objects returns the BPF LSM programs of an object file that clang made for BPF, called name. What
// BPF_PROG declared is not in it: the parameters are those that its BTF has of functions of that name, if
// any. An error is of a file that is no such object.
func Objects(name string, object io.ReaderAt) ([]Program, error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(object)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("reading BPF object %s: %w", name, err), "give an object that clang --target=bpf -g made, or the source")
	}
	var found []Program
	for _, p := range spec.Programs {
		if hook := hookOf(p.SectionName); hook != "" {
			found = append(found, Program{Name: p.Name, Section: p.SectionName, Hook: hook, File: name, Pos: ctype.Pos{File: name},
				Params: bodyParams(spec.Types, p.Name), license: license{text: p.License, has: p.License != ""}})
		}
	}
	slices.SortFunc(found, func(a, b Program) int {
		return cmp.Or(strings.Compare(a.Section, b.Section), strings.Compare(a.Name, b.Name))
	})
	return found, nil
}

// bodyParams returns the parameters of the function that BPF_PROG makes for the body of a program, behind
// its context; nil where the compiler left no trace of it.
func bodyParams(types *btf.Spec, program string) []ctype.Param {
	var fn *btf.Func
	if types == nil || types.TypeByName("____"+program, &fn) != nil {
		return nil
	}
	proto, ok := fn.Type.(*btf.FuncProto)
	if !ok || len(proto.Params) == 0 {
		return nil
	}
	params := []ctype.Param{}
	for _, p := range proto.Params[1:] {
		params = append(params, ctype.Param{Name: p.Name, Type: proof.FromBTF(p.Type, 0)})
	}
	return params
}

// FromKernel reads the rules of a kernel from its BTF: that of a vmlinux, or of /sys/kernel/btf/vmlinux.
// Which hooks may sleep and which take no programs is not in it: then tree, which may be nil, says so.
func FromKernel(file string, tree *Rules) (*Rules, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	spec, err := btf.LoadSpecFromReader(f)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("reading BTF of %s: %w", file, err), "give a vmlinux built with CONFIG_DEBUG_INFO_BTF=y, or /sys/kernel/btf/vmlinux")
	}
	r := &Rules{hooks: map[string]*defs.Hook{}, told: map[string]bool{}}
	if tree != nil {
		r.sleepable, r.where, r.disabled, r.whereNot = tree.sleepable, tree.where, tree.disabled, tree.whereNot
	}
	const prefix = "bpf_lsm_"
	for typ, err := range spec.All() {
		if err != nil {
			return nil, fmt.Errorf("reading BTF of %s: %w", file, err)
		}
		fn, ok := typ.(*btf.Func)
		if !ok || !strings.HasPrefix(fn.Name, prefix) {
			continue
		}
		proto, ok := fn.Type.(*btf.FuncProto)
		if !ok {
			continue
		}
		t := proof.FromBTF(proto, 0)
		for i := range t.Params {
			t.Params[i].Name = proto.Params[i].Name
		}
		name := strings.TrimPrefix(fn.Name, prefix)
		r.hooks[name] = &defs.Hook{Name: name, Return: t.Elem.String(), File: file, Type: t}
	}
	if len(r.hooks) == 0 {
		return nil, hint.Wrap(fmt.Errorf("%s: no hook for BPF programs in its BTF", file), "build it with CONFIG_BPF_LSM=y")
	}
	return r, nil
}

// Read returns the BPF LSM programs of a file: an object where it begins as one, else C.
func Read(name string, data []byte) ([]Program, error) {
	if bytes.HasPrefix(data, []byte("\x7fELF")) {
		return Objects(name, bytes.NewReader(data))
	}
	if !HasPrograms(data) {
		return nil, nil
	}
	return Programs(name, data), nil
}
