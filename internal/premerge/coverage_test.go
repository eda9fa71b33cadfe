// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Only folders that the base has can be asked for, since it is built with the same targets.
func TestFoldersOfChangedSources(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	before := fstest.MapFS{"security/Makefile": file("obj-y += a.o\n"), "security/a.c": file("x\n"), "Kbuild": file("obj-y += security/\n"),
		"arch/riscv/boot/dts/Makefile": file("subdir-y += x\n"), "arch/riscv/boot/dts/x/Makefile": file("dtb-y += a.dtb\n"), "arch/riscv/boot/dts/x/a.dts": file("x\n")}
	after := fstest.MapFS{
		"Kbuild": before["Kbuild"], "security/Makefile": file("obj-y += a.o new/\n"), "security/a.c": file("y\n"),
		"security/new/Makefile": file("obj-y += b.o\n"), "security/new/b.c": file("x\n"),
		"arch/riscv/boot/dts/Makefile": before["arch/riscv/boot/dts/Makefile"], "arch/riscv/boot/dts/x/Makefile": before["arch/riscv/boot/dts/x/Makefile"],
		"arch/riscv/boot/dts/x/a.dts": file("#include \"b.dtsi\"\n"), "arch/riscv/boot/dts/x/b.dtsi": file("x\n"),
	}
	for _, tt := range []struct{ names, want []string }{
		{[]string{"security/a.c", "security/new/b.c", "security/Makefile"}, []string{"security/"}},
		{[]string{"arch/riscv/boot/dts/x/a.dts", "arch/riscv/boot/dts/x/b.dtsi"}, []string{"dtbs"}},
		{[]string{"MAINTAINERS", "security/lost.c"}, nil},
	} {
		if got := folders(before, after, tt.names, "riscv"); !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, want %v", tt.names, got, tt.want)
		}
	}
}

// What no build compiled under arch/ is built for its architecture, unless the user names some.
func TestOtherArchitectures(t *testing.T) {
	c := &kbuild.Coverage{Files: []kbuild.FileCoverage{
		{Path: "arch/arm64/mm/fault.c", Missing: []kbuild.NotCompiled{{Lines: []int{1}}}}, {Path: "arch/riscv/mm/init.c"},
		{Path: "arch/x86/mm/init_32.c", Missing: []kbuild.NotCompiled{{Lines: []int{1}}}}, {Path: "arch/um/kernel/um_arch.c", Missing: []kbuild.NotCompiled{{Lines: []int{2}}}}}}
	r := &run{opts: &Options{}}
	if got := r.otherArches(c); !slices.Equal(got, []string{"arm64", "um"}) {
		t.Errorf("got %v", got)
	}
	r.opts.Kbuild.Arch, r.opts.Arches = "x86_64", []string{"riscv"}
	if got := r.otherArches(c); !slices.Equal(got, []string{"riscv"}) {
		t.Errorf("the user named riscv, got %v", got)
	}
	// With --config-base what the user named was left out without a word.
	found, err := r.otherArch(t.Context(), nil, nil, "riscv", &kbuild.Options{Base: "defconfig"})
	if err != nil || len(found) != 1 || found[0].Severity != report.Warning || !strings.Contains(found[0].Message, "ARCH=riscv was not built") {
		t.Errorf("%+v, %v", found, err)
	}
	if (&variant{config: 1}).label() != "configuration 2" || (&variant{arch: "um"}).label() != "ARCH=um" {
		t.Error("labels")
	}
	more := []report.Finding{{Check: "a", Message: "m"}, {Check: "b", Message: "m"}, {Check: "build/lens"}}
	if got := unlike([]report.Finding{{Check: "a", Message: "m"}}, more, "ARCH=um"); len(got) != 1 || got[0].Message != "m (ARCH=um)" {
		t.Errorf("%+v", got)
	}
}
