// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package boot

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/boot/ktap"
	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
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

// TestE2EProof: the probe of KVM runs in the sandbox, where QEMU is a user who may have no right to the device.
func TestE2EProof(t *testing.T) {
	m := &machine{opts: &Options{}, platform: &platforms[0]}
	var err error
	if m.qemu, err = findQEMU(m.platform, ""); err != nil {
		t.Fatal(err)
	}
	if err := m.enclose(t.Context()); err != nil || m.box == nil {
		t.Fatalf("%v, %s", err, m.unboxed)
	}
	if err := m.probe(t.Context(), "-accel", "tcg"); err != nil {
		t.Errorf("the probe does not run here: %v", err)
	}
	if _, err := os.Stat(kvmDevice); err != nil {
		return
	}
	_, refused := m.box.Output(t.Context(), sandbox.Cmd{Args: []string{"sh", "-c", "test -r " + kvmDevice + " && test -w " + kvmDevice}, Devices: []string{kvmDevice}})
	err = m.proveKVM(t.Context())
	t.Logf("the device: %v; the proof: %v", refused, err)
	if refused != nil && (err == nil || !strings.Contains(err.Error(), "Permission denied")) {
		t.Errorf("the device is refused (%v), and the proof says %v", refused, err)
	}
}

// TestE2EOwnQEMU: a QEMU that is installed outside of /usr runs in the sandbox all the same, with what it is installed with; a script,
// which may want anything of the user's, has his rights, and the result says so.
func TestE2EOwnQEMU(t *testing.T) {
	found, err := findQEMU(&platforms[0], "")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(found)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	own, script := filepath.Join(dir, "qemu/bin/qemu-system-x86_64"), filepath.Join(dir, "mine/bin/qemu")
	runtest.Write(t, own, program)
	runtest.Write(t, script, []byte("#!/bin/sh\ntest -e "+own+" && exec "+found+" \"$@\"\n"))
	for _, name := range []string{"share", "lib"} { // firmware and modules
		if err := os.Symlink(filepath.Join("/usr", name), filepath.Join(dir, "qemu", name)); err != nil {
			t.Fatal(err)
		}
	}
	for qemu, boxed := range map[string]bool{own: true, script: false} {
		m := &machine{opts: &Options{QEMU: qemu}, platform: &platforms[0]}
		if m.qemu, err = findQEMU(m.platform, qemu); err != nil {
			t.Fatal(err)
		}
		if err := m.enclose(t.Context()); err != nil || (m.box != nil) != boxed || (m.unboxed == "") != boxed {
			t.Errorf("%s: %v, in the sandbox: %v, %q", qemu, err, m.box != nil, m.unboxed)
		}
		if err := m.probe(t.Context(), "-accel", "tcg"); err != nil {
			t.Errorf("%s: the probe does not run: %v", qemu, err)
		}
	}
}
