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
	"slices"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
)

// findQEMU returns the path of a platform's QEMU, or of the program that the user named, or an
// error with a hint.
func findQEMU(p *platform, program string) (string, error) {
	if program == "" {
		program = p.qemu
	}
	path, err := exec.LookPath(program)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err == nil {
		path, err = filepath.Abs(path)
	}
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

// emulator is the beginning of each command line of the machine's QEMU.
func (m *machine) emulator() []string {
	args := qemuBase(m.qemu)
	if m.confine {
		args = append(args, confined...)
	}
	return args
}

// confined are the arguments that forbid QEMU what it needs no more once the guest runs, where it
// was built with seccomp.
var confined = []string{"-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"}

// installedIn returns the folder, such as /opt/qemu, below which a program outside /usr was installed with what it reads, or "": the
// one above its folder bin.
func installedIn(qemu string) string {
	bin := filepath.Dir(qemu)
	if prefix := filepath.Dir(bin); filepath.Base(bin) == "bin" && prefix != "/" {
		return prefix
	}
	return ""
}

// starts reports whether the QEMU takes further arguments, in the sandbox where that is open.
func (m *machine) starts(ctx context.Context, args ...string) bool {
	args = slices.Concat([]string{m.qemu}, args, []string{"-version"})
	if m.box == nil {
		_, err := run.Output(ctx, run.Cmd{Args: args, Env: cleanEnv})
		return err == nil
	}
	_, err := m.box.Output(ctx, sandbox.Cmd{Args: args, Mounts: m.own, Limits: sandbox.Limits{Processes: maxProcesses, Output: maxConsole, Time: kvmProbeTime}})
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
// QEMU is missing it carries a hint. Of opts it uses QEMU and NoSandbox: the proof holds for a QEMU that is
// isolated as that of [Run] is, which may be a user who cannot open /dev/kvm.
func ProveKVM(ctx context.Context, opts *Options) (err error) {
	if opts == nil {
		opts = &Options{}
	}
	m := &machine{opts: opts, platform: &platforms[0]}
	if m.qemu, err = findQEMU(m.platform, opts.QEMU); err != nil {
		return err
	}
	if err := m.enclose(ctx); err != nil {
		return err
	}
	return m.proveKVM(ctx)
}

// proveKVM is ProveKVM for a machine whose QEMU is known.
func (m *machine) proveKVM(ctx context.Context) error {
	if runtime.GOARCH != m.platform.host {
		return fmt.Errorf("this machine is no %s", m.platform.name)
	}
	dev, err := os.OpenFile(kvmDevice, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	dev.Close()
	return m.probe(ctx, "-accel", "kvm", "-cpu", "host")
}

// kvmDevice is what QEMU opens for KVM.
const kvmDevice = "/dev/kvm"

// probe runs the probe on an accelerator.
func (m *machine) probe(ctx context.Context, accel ...string) error {
	dir, err := os.MkdirTemp("", "lsmpatch-kvm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sector := make([]byte, 512)
	copy(sector, kvmProbe[:])
	sector[510], sector[511] = 0x55, 0xaa
	// QEMU's disks of this kind are writable, by whoever QEMU is in the sandbox.
	folder, disk := sandbox.Mount{Host: dir, Inside: "/probe", Write: true}, filepath.Join(dir, "disk")
	if err := errors.Join(os.WriteFile(disk, sector, 0o666), os.Chmod(disk, 0o666)); err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, kvmProbeTime, fmt.Errorf("the guest did not run within %s", kvmProbeTime))
	defer cancel()
	args := func(disk string) []string {
		return append(append(m.emulator(), accel...), "-m", "16",
			"-drive", "file="+disk+",format=raw,if=ide", "-device", "isa-debug-exit,iobase=0xf4,iosize=1")
	}
	if m.box == nil {
		_, err = run.Output(limited, run.Cmd{Args: args(disk), Env: m.env()})
	} else {
		cmd := sandbox.Cmd{Args: args(folder.Inside + "/disk"), Mounts: append([]sandbox.Mount{folder}, m.own...), Limits: sandbox.Limits{Processes: maxProcesses}}
		if slices.Contains(accel, "kvm") {
			cmd.Devices = []string{kvmDevice}
		}
		_, err = m.box.Output(limited, cmd)
	}
	var failed *run.Error
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil:
		return errors.New("the guest ended without an answer")
	case errors.As(err, &failed) && failed.ExitCode == kvmProbeExit:
		return nil
	case limited.Err() != nil:
		return context.Cause(limited)
	case failed == nil:
		return err
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
