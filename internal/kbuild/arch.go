// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/kconfig"
)

// An arch is an architecture that kernels are built for, by LLVM alone.
type arch struct {
	name string // make's ARCH
	src  string // its folder of arch/
	// target makes the kernel, a file of the output folder, that package boot starts.
	target, image string
	// config is what a tinyconfig kernel needs besides to be booted: its width, and a console.
	config string
}

// kcore lets package boot see in the running kernel which hooks it calls.
const kcore = "CONFIG_PROC_KCORE=y\n"

// arches are those whose kernels boot. The first is meant where none is named.
var arches = [...]arch{
	{"x86_64", "x86", "bzImage", "arch/x86/boot/bzImage", "CONFIG_64BIT=y\nCONFIG_SERIAL_8250=y\nCONFIG_SERIAL_8250_CONSOLE=y\n" + kcore},
	{"arm64", "arm64", "Image", "arch/arm64/boot/Image", "CONFIG_SERIAL_AMBA_PL011=y\nCONFIG_SERIAL_AMBA_PL011_CONSOLE=y\n" + kcore},
	{"riscv", "riscv", "Image", "arch/riscv/boot/Image",
		"CONFIG_64BIT=y\nCONFIG_SERIAL_8250=y\nCONFIG_SERIAL_8250_CONSOLE=y\nCONFIG_SERIAL_OF_PLATFORM=y\n" + kcore},
	{"um", "um", "linux", "linux", "CONFIG_64BIT=y\nCONFIG_STDERR_CONSOLE=y\nCONFIG_NULL_CHAN=y\n"},
}

// archOf returns the architecture of a name, make's or a usual other one; "" is x86-64. One of those that
// configurations are worked out for and that is not in the table has no kernel that we boot: only its objects
// are built.
func archOf(name string) (*arch, error) {
	a, ok := kconfig.ArchOf(name)
	if !ok {
		return nil, hint.Wrap(fmt.Errorf("no kernels are built for the architecture %q", name), "it is one of "+strings.Join(ArchNames(), ", "))
	}
	if i := slices.IndexFunc(arches[:], func(known arch) bool { return known.name == a.Name }); i >= 0 {
		return &arches[i], nil
	}
	return &arch{name: a.Name, src: a.SrcArch, target: "vmlinux", config: a.Base}, nil
}

// ArchNames returns the names of all architectures that something is built for.
func ArchNames() []string {
	var names []string
	for _, a := range kconfig.Arches {
		names = append(names, a.Name)
	}
	return names
}

// SourceArch returns the folder of arch/ of an architecture, x86 for one that there is not.
func SourceArch(name string) string {
	if a, err := archOf(name); err == nil {
		return a.src
	}
	return arches[0].src
}

// vars are make's variables for the architecture: none for x86-64, which is this program's own.
func (a *arch) vars() []string {
	if a.name == arches[0].name {
		return nil
	}
	return []string{"ARCH=" + a.name}
}
