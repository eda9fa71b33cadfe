// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package boot

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/boot/ktap"
	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// TestLongKernels boots Debian's kernel for each architecture in QEMU: a real kernel runs our init, lists its LSMs as
// lsm_list_modules(2) does, refuses what it must, and nothing of what it prints is taken for a fault of its own.
// On x86-64 a shell of busybox is run as well.
func TestLongKernels(t *testing.T) {
	for arch, name := range map[string]string{"amd64": "x86_64", "arm64": "arm64", "riscv64": "riscv"} {
		opts := &Options{LSM: []string{"landlock", "yama"}, Expect: []string{`landlock: Up and running`}, KVM: KVMOff, Memory: 1024, Timeout: 9 * time.Minute}
		for _, text := range []string{"open /etc/shadow", "mkdir /proc/x -> ENOENT", "kill 1"} {
			p, err := ParseProbe(text)
			if err != nil {
				t.Fatal(err)
			}
			opts.Probes = append(opts.Probes, p)
		}
		opts.Programs = []Program{{Name: "child", Args: []string{childPath}}}
		if arch == "amd64" {
			opts.Shell = filepath.Join(e2e.Toolchain(t), "usr/bin/busybox")
			opts.Programs = append(opts.Programs, Program{Name: "lo", Args: []string{"/bin/sh", "-c", "ip addr show lo up | grep -q 127.0.0.1"}})
		}
		r, err := Run(t.Context(), e2e.Kernel(t, arch), opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.1f s, %v", arch, r.Seconds, r.Active)
		if !r.Booted || r.Arch != name || len(r.Findings) > 0 || len(r.Facts.IDs) != len(r.Active) {
			t.Errorf("%s: booted %v as %s with %v, IDs %v", arch, r.Booted, r.Arch, messages(r.Findings), r.Facts)
		}
		if len(r.Tests) != len(opts.Programs) || slices.ContainsFunc(r.Tests, func(t ktap.Test) bool { return t.Status != ktap.Passed }) {
			t.Errorf("%s: tests %+v", arch, r.Tests)
		}
	}
}
