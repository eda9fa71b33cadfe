// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/boot/klog"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// fakeQEMU writes a shell script that stands for QEMU, and a file that passes for a kernel.
func fakeQEMU(t *testing.T, script string) (kernel string, opts *Options) {
	t.Helper()
	dir := t.TempDir()
	qemu := filepath.Join(dir, "qemu")
	runtest.Write(t, qemu, []byte("#!/bin/sh\n"+script))
	image := make([]byte, 1024)
	copy(image[0x1fe:], "\x55\xaa")
	copy(image[0x202:], "HdrS")
	kernel = filepath.Join(dir, "bzImage")
	if err := os.WriteFile(kernel, image, 0o644); err != nil {
		t.Fatal(err)
	}
	return kernel, &Options{QEMU: qemu, KVM: KVMOff, Timeout: 20 * time.Second}
}

// TestKVMThatFailsLater: KVM that is proved and then refused is done without.
func TestKVMThatFailsLater(t *testing.T) {
	t.Parallel()
	if dev, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0); err != nil {
		t.Skip(err)
	} else {
		dev.Close()
	}
	const refused = "-accel kvm: failed to initialize kvm: Permission denied"
	kernel, opts := fakeQEMU(t, `case "$*" in
*isa-debug-exit*) exit 85 ;;
*"-accel kvm"*) echo "qemu-system-x86_64: `+refused+`" >&2; exit 1 ;;
esac
echo early console`)
	opts.KVM = KVMAuto
	r, err := Run(t.Context(), kernel, opts)
	if err != nil {
		t.Fatal(err)
	}
	if r.KVM || !strings.Contains(r.WithoutKVM, refused) {
		t.Errorf("%+v", r)
	}
	opts.KVM = KVMOn
	if _, err := Run(t.Context(), kernel, opts); err == nil || !strings.Contains(err.Error(), refused) {
		t.Errorf("where KVM is asked for: %v", err)
	}
}

func TestRunReset(t *testing.T) {
	t.Parallel()
	kernel, opts := fakeQEMU(t, "echo early console; exit 0")
	r, err := Run(t.Context(), kernel, opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) != 1 || r.Findings[0].Check != checkReset || r.Findings[0].Detail != "early console" {
		t.Errorf("findings %+v", r.Findings)
	}
	// A QEMU of the user's own is not boxed, and that is said.
	if r.Isolation != "none" || !strings.Contains(r.Unboxed, "your rights") {
		t.Errorf("isolation %s, %q", r.Isolation, r.Unboxed)
	}
}

func TestRunHang(t *testing.T) {
	t.Parallel()
	// A grandchild that would outlive a QEMU killed alone.
	dir := t.TempDir()
	kernel, opts := fakeQEMU(t, "sleep 100 & echo $! >"+dir+"/pid; echo booting; wait")
	opts.Timeout = time.Second
	r, err := Run(t.Context(), kernel, opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) != 1 || r.Findings[0].Check != checkHang || r.Findings[0].Detail != "booting" {
		t.Errorf("findings %+v", r.Findings)
	}
	pid, err := os.ReadFile(dir + "/pid")
	if err != nil {
		t.Fatal(err)
	}
	// A killed process may stand as a zombie until its new parent looks.
	if out, _ := exec.Command("ps", "-o", "stat=", "-p", strings.TrimSpace(string(pid))).Output(); len(out) > 0 && out[0] != 'Z' {
		t.Errorf("QEMU's child lives on: %s", out)
	}
}

// After a panic the verdict does not wait for the timeout.
func TestRunPanicIsSoon(t *testing.T) {
	t.Parallel()
	kernel, opts := fakeQEMU(t, "echo 'Kernel panic - not syncing: because'; sleep 100")
	opts.Timeout = time.Minute
	r, err := Run(t.Context(), kernel, opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) != 1 || r.Findings[0].Check != klog.CheckPanic || r.Seconds > 20 {
		t.Errorf("after %.0f s, findings %+v", r.Seconds, r.Findings)
	}
}

func TestRunInterrupted(t *testing.T) {
	t.Parallel()
	kernel, opts := fakeQEMU(t, "sleep 100")
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	time.AfterFunc(200*time.Millisecond, func() { cancel(interrupted) })
	if _, err := Run(ctx, kernel, opts); !errors.Is(err, interrupted) {
		t.Errorf("error %v", err)
	}
}

func TestRunErrors(t *testing.T) {
	t.Parallel()
	kernel, opts := fakeQEMU(t, "echo 'qemu: could not load PC BIOS' >&2; exit 1")
	missing := *opts
	missing.QEMU = "qemu-that-is-not-there"
	pattern := *opts
	pattern.Expect = []string{"("}
	kvm := *opts
	kvm.KVM = KVMOn
	for _, c := range []struct {
		name, kernel string
		opts         *Options
		err, hint    string
	}{
		{"QEMU fails", kernel, opts, "could not load PC BIOS", "QEMU's own word"},
		{"no QEMU", kernel, &missing, "no QEMU", "qemu-system-x86"},
		{"no kernel", "/nonexistent", opts, "kernel: open /nonexistent", "lsmpatch build"},
		{"no bzImage", opts.QEMU, opts, "is no kernel image", "not vmlinux"},
		{"bad pattern", kernel, &pattern, "missing closing )", ""},
		{"KVM that does not work", kernel, &kvm, "no usable KVM", "without KVM"},
	} {
		_, err := Run(t.Context(), c.kernel, c.opts)
		if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(hint.Of(err), c.hint) {
			t.Errorf("%s: %v, hint %q; want %q, hint %q", c.name, err, hint.Of(err), c.err, c.hint)
		}
	}
}

// A QEMU that hangs under KVM, as some do, is given up after some seconds.
func TestProveKVM(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ script, want string }{
		{"exit 85", ""},
		{"exit 0", "without an answer"},
		{"echo 'qemu-system-x86_64: error: failed to set MSR 0x10a' >&2; kill -ABRT $$", "error: failed to set MSR 0x10a"},
		{"sleep 100", "did not run within 5s"},
	} {
		_, opts := fakeQEMU(t, c.script)
		err := (&machine{opts: opts, platform: &platforms[0], qemu: opts.QEMU}).probe(t.Context(), "-accel", "kvm")
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.script, err, c.want)
		}
	}
}

func TestCmdline(t *testing.T) {
	m := &machine{opts: &Options{LSM: []string{"lockdown", "yama"}, Cmdline: "quiet"}, platform: &platforms[0]}
	const want = "console=ttyS0 loglevel=8 panic=-1 oops=panic nokaslr rdinit=/init lsm.debug lsm=lockdown,yama quiet"
	if got := m.cmdline(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
