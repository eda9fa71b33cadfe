// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/kconfig"
)

func TestArches(t *testing.T) {
	for name, want := range map[string]struct{ arch, target, image, console string }{
		"":        {"x86_64", "bzImage", "arch/x86/boot/bzImage", "CONFIG_SERIAL_8250=y"},
		"aarch64": {"arm64", "Image", "arch/arm64/boot/Image", "CONFIG_SERIAL_AMBA_PL011=y"},
		"riscv64": {"riscv", "Image", "arch/riscv/boot/Image", "CONFIG_SERIAL_8250=y"},
		"um":      {"um", "linux", "linux", "CONFIG_STDERR_CONSOLE=y"},
		"powerpc": {"powerpc", "vmlinux", "", ""},
	} {
		a, err := archOf(name)
		if err != nil {
			t.Fatal(err)
		}
		text := DefaultFragments(fstest.MapFS{}, []string{"kernel/panic.c"}, name)[0].Text
		if a.name != want.arch || a.target != want.target || a.image != want.image || !strings.Contains(text, want.console) {
			t.Errorf("%s: %+v, %s", name, a, text)
		}
		if strings.Contains(text, "SERIAL_8250") != strings.Contains(want.console, "SERIAL_8250") {
			t.Errorf("%s has the console of another architecture", name)
		}
		b := newBuilder(&Options{})
		b.arch = a
		if got := a.vars(); (want.arch == "x86_64") != !slices.Contains(got, "ARCH="+want.arch) {
			t.Errorf("%s: make gets %v", name, got)
		}
		if !b.makesKernel() {
			t.Errorf("%s: no kernel by default", name)
		}
	}
	// A User Mode Linux of 32 bits, which its tinyconfig makes, wants a C library that a toolchain has not.
	for _, a := range kconfig.Arches {
		built, err := archOf(a.Name)
		if err != nil || !strings.Contains(built.config, a.Base) || a.Name == "um" && a.Base == "" {
			t.Errorf("%s is not of 64 bits: %v, %q", a.Name, err, built.config)
		}
	}
	if _, err := archOf("vax"); err == nil || !strings.Contains(err.Error(), "vax") {
		t.Errorf("vax: %v", err)
	}
	if !slices.Contains(ArchNames(), "riscv") || SourceArch("x86_64") != "x86" || SourceArch("vax") != "x86" {
		t.Error("names of architectures")
	}
}
