// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// A platform is a machine that a kernel may be for.
type platform struct {
	// name is the kernel's own name of the architecture: ARCH=.
	name string
	// guest is the suffix of our init for it.
	guest string
	// qemu is the program and pkg the Debian package that has it; "" for a kernel that is a program.
	qemu, pkg string
	// args choose the machine, and tcg the processor where the host has none of the kind.
	args, tcg []string
	// host is the GOARCH whose KVM runs it.
	host    string
	console string
	// off is whether a restart does not end the machine, since nobody stops it there.
	off bool
	// image is what the kernel's file is called, for hints.
	image string
	is    func(head []byte, file io.ReaderAt) bool
}

// platforms, by what the first bytes of a kernel tell: Documentation/arch/x86/boot.rst,
// arch/arm64/booting.rst and arch/riscv/boot-image-header.rst.
var platforms = [...]platform{
	{name: "x86_64", guest: "amd64", qemu: "qemu-system-x86_64", pkg: "qemu-system-x86", host: "amd64", console: "ttyS0",
		image: "arch/x86/boot/bzImage",
		is: func(h []byte, _ io.ReaderAt) bool {
			return len(h) >= 0x206 && string(h[0x202:0x206]) == "HdrS" && h[0x1fe] == 0x55 && h[0x1ff] == 0xaa
		}},
	{name: "arm64", guest: "arm64", qemu: "qemu-system-aarch64", pkg: "qemu-system-arm", host: "arm64", console: "ttyAMA0",
		args: []string{"-machine", "virt"}, tcg: []string{"-cpu", "max,pauth-impdef=on"},
		image: "arch/arm64/boot/Image",
		is:    func(h []byte, _ io.ReaderAt) bool { return len(h) >= 64 && string(h[56:60]) == "ARM\x64" }},
	{name: "riscv", guest: "riscv64", qemu: "qemu-system-riscv64", pkg: "qemu-system-misc", host: "riscv64", console: "ttyS0",
		args: []string{"-machine", "virt"}, tcg: []string{"-cpu", "rv64"},
		image: "arch/riscv/boot/Image",
		is:    func(h []byte, _ io.ReaderAt) bool { return len(h) >= 64 && string(h[56:60]) == "RSC\x05" }},
	{name: "um", guest: "amd64", host: "amd64", console: "tty0", off: true, image: "linux",
		is: isUML},
}

// isUML tells a kernel that is a program of this machine from other programs and from a vmlinux: by the section of
// arch/um/include/asm/common.lds.S for what its command line may say.
func isUML(_ []byte, file io.ReaderAt) bool {
	f, err := elf.NewFile(file)
	return err == nil && f.Machine == elf.EM_X86_64 && f.Section(".uml.setup.init") != nil
}

// maxHead is how much of a kernel is read to tell what it is.
const maxHeadBytes = 64 << 10

// platformOf tells what machine the kernel in the file is for.
func platformOf(name string) (*platform, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("kernel: %w", err), "build one with lsmpatch build")
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, maxHeadBytes))
	if err != nil {
		return nil, fmt.Errorf("kernel: %w", err)
	}
	// Of arm64 and riscv, QEMU unpacks an Image.gz itself.
	if zr, err := gzip.NewReader(bytes.NewReader(head)); err == nil {
		var plain bytes.Buffer
		_, err := io.CopyN(&plain, zr, 4096)
		if err == nil || errors.Is(err, io.EOF) || plain.Len() > 0 {
			head = plain.Bytes()
		}
	}
	for i := range platforms {
		if platforms[i].is(head, f) {
			return &platforms[i], nil
		}
	}
	return nil, hint.Wrap(fmt.Errorf("%s is no kernel image that can be booted here", name),
		"give arch/x86/boot/bzImage of the build (arch/arm64/boot/Image, arch/riscv/boot/Image; of ARCH=um the program linux), not vmlinux")
}
