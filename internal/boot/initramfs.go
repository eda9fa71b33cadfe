// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// initramfs returns the archive with program as /init and what it needs. It is not compressed: to
// unpack it would cost a guest without KVM more than the reading does, and the kernel would need a
// decompressor.
func initramfs(program string, s *spec) ([]byte, error) {
	if err := checkStatic(program); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	told, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	err = writeCPIO(&buf, []entry{
		{name: "dev", mode: modeDir | 0o755},
		// The kernel opens it for init before devtmpfs is there.
		{name: "dev/console", mode: modeChar | 0o600, major: 5, minor: 1},
		{name: "proc", mode: modeDir | 0o555},
		{name: "sys", mode: modeDir | 0o555},
		{name: specPath[1:], mode: modeFile | 0o600, data: told},
		{name: childPath[1:], mode: modeFile | 0o755, data: childProgram()},
		{name: initPath[1:], mode: modeFile | 0o755, data: data},
	})
	return buf.Bytes(), err
}

// checkStatic tells of a program that the guest, which has no libraries, could not start.
func checkStatic(program string) error {
	f, err := elf.Open(program)
	if err != nil {
		return fmt.Errorf("init program %s: %w", program, err)
	}
	defer f.Close()
	if f.Machine != elf.EM_X86_64 {
		return hint.Wrap(fmt.Errorf("init program %s is for %s, the guest is x86-64", program, f.Machine),
			"build lsmpatch with GOARCH=amd64")
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return hint.Wrap(fmt.Errorf("init program %s is dynamically linked, and the guest has no libraries", program),
				"build lsmpatch with CGO_ENABLED=0")
		}
	}
	return nil
}
