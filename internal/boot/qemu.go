// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// findQEMU returns the path of a platform's QEMU, or of the program that the user named, or an
// error with a hint.
func findQEMU(p *platform, program string) (string, error) {
	if program == "" {
		program = p.qemu
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return "", hint.Wrap(fmt.Errorf("no QEMU: %w", err), "install QEMU (Debian package "+p.pkg+")")
	}
	return path, nil
}

// qemuBase are the arguments of each QEMU of ours: no configuration, no devices but those that
// are named, no network, no window, no restart.
func qemuBase(qemu string) []string {
	return []string{qemu, "-no-user-config", "-nodefaults", "-display", "none", "-nic", "none", "-no-reboot"}
}

// confined are the arguments that forbid QEMU what it needs no more once the guest runs, where it
// was built with seccomp.
var confined = []string{"-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"}

// canConfine asks a QEMU whether it knows them.
func canConfine(ctx context.Context, qemu string) bool {
	_, err := run.Output(ctx, run.Cmd{Args: append(append([]string{qemu}, confined...), "-version"), Env: cleanEnv})
	return err == nil
}

// cleanEnv is the environment of an emulator.
var cleanEnv = []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/tmp", "LC_ALL=C"}

// kvmProbe are the 10 bytes of a boot sector that writes 0x2a to the isa-debug-exit port, which
// makes QEMU exit with (0x2a<<1)|1, and halts:
//
//	mov $0x2a, %al; mov $0xf4, %dx; out %al, (%dx); cli; hlt; jmp .-2
var kvmProbe = [...]byte{0xb0, 0x2a, 0xba, 0xf4, 0x00, 0xee, 0xfa, 0xf4, 0xeb, 0xfc}

const (
	kvmProbeExit = 0x2a<<1 | 1
	kvmProbeTime = 5 * time.Second
)

// ProveKVM runs a few instructions of a guest under KVM, with a limit of five seconds, and
// returns nil where that works: that /dev/kvm exists says little. The error tells why not; where
// QEMU is missing it carries a hint. Of opts it uses QEMU.
func ProveKVM(ctx context.Context, opts *Options) error {
	if opts == nil {
		opts = &Options{}
	}
	p := &platforms[0]
	qemu, err := findQEMU(p, opts.QEMU)
	if err != nil {
		return err
	}
	if runtime.GOARCH != p.host {
		return fmt.Errorf("this machine is no %s", p.name)
	}
	dev, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	dev.Close()
	return proveKVM(ctx, qemu)
}

func proveKVM(ctx context.Context, qemu string) error {
	dir, err := os.MkdirTemp("", "lsmpatch-kvm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sector := make([]byte, 512)
	copy(sector, kvmProbe[:])
	sector[510], sector[511] = 0x55, 0xaa
	disk := filepath.Join(dir, "disk")
	if err := os.WriteFile(disk, sector, 0o600); err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, kvmProbeTime, fmt.Errorf("the guest did not run within %s", kvmProbeTime))
	defer cancel()
	args := append(qemuBase(qemu), "-accel", "kvm", "-cpu", "host", "-m", "16",
		"-drive", "file="+disk+",format=raw,if=ide,snapshot=on", "-device", "isa-debug-exit,iobase=0xf4,iosize=1")
	_, err = run.Output(limited, run.Cmd{Args: args, Env: cleanEnv})
	var failed *run.Error
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil:
		return errors.New("the guest ended without an answer")
	case !errors.As(err, &failed):
		return err
	case failed.ExitCode == kvmProbeExit:
		return nil
	case limited.Err() != nil:
		return context.Cause(limited)
	}
	return fmt.Errorf("QEMU: %s", firstComplaint(failed))
}

// firstComplaint returns the first line that QEMU wrote, else how it ended.
func firstComplaint(e *run.Error) string {
	line, _, _ := strings.Cut(string(bytes.TrimSpace(e.Output)), "\n")
	if line == "" {
		return e.Err.Error()
	}
	return strings.TrimPrefix(line, "qemu-system-x86_64: ")
}
