// SPDX-License-Identifier: GPL-2.0-only

package kconfig

import (
	"io/fs"
	"path"
	"strings"
)

// Tiny returns the values of the tree's tinyconfig for an architecture, for [Options.Base] with Tiny.
func Tiny(tree fs.FS, srcArch string) string {
	var b strings.Builder
	for _, name := range []string{"kernel/configs/tiny-base.config", "kernel/configs/tiny.config", path.Join("arch", srcArch, "configs/tiny.config")} {
		b.WriteString(readFile(tree, name)) // what a version has not, it does not want
	}
	return b.String()
}

// An Arch is an architecture as make and the tree name it.
type Arch struct {
	Name    string // make's ARCH
	SrcArch string // the folder of arch/
	Base    string // what its tinyconfig needs beyond, to be of 64 bits
}

// Arches are the architectures that configurations are worked out for. Any is compiled by clang alone.
var Arches = []Arch{
	{"x86_64", "x86", "CONFIG_64BIT=y\n"},
	{"arm64", "arm64", ""},
	{"riscv", "riscv", "CONFIG_64BIT=y\n"},
	{"um", "um", "CONFIG_64BIT=y\n"},
	{"loongarch", "loongarch", "CONFIG_64BIT=y\n"},
	{"powerpc", "powerpc", "CONFIG_PPC64=y\n"},
	{"s390", "s390", ""},
	{"arm", "arm", ""},
	{"mips", "mips", ""},
}

// ArchOf returns the architecture of a name: make's, or a usual other one.
func ArchOf(name string) (Arch, bool) {
	switch name {
	case "", "x86", "amd64":
		name = "x86_64"
	case "aarch64":
		name = "arm64"
	case "riscv64":
		name = "riscv"
	}
	for _, a := range Arches {
		if a.Name == name {
			return a, true
		}
	}
	return Arch{}, false
}
