// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"context"
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
)

// Bounds on what a guest may write to its console, and on how many processes an emulator has.
const (
	maxConsole   = limit.ConsoleBytes
	maxProcesses = limit.Emulator
)

// umlBacklog is what the console of a User Mode Linux may be ahead of us: it drops what does not fit, in the middle of a
// test's lines on a busy machine. It is what every user may have.
const umlBacklog = 1 << 20

const (
	// umlMargin is what a User Mode Linux has of /tmp besides its memory, in MiB.
	umlMargin = 64
	// umlAddress is its address space: KASAN there maps a shadow of 16 TiB, of which it fills little.
	umlAddress = 32 << 40
)

// start runs the guest until it ends, or ctx does, with its console in c, and returns what came on standard error beside it:
// a User Mode Linux writes there when it has ended, which must not come into a line of the console that is still to be read.
func (m *machine) start(ctx context.Context, c *console, without string) (said string, err error) {
	var complaints tail
	kernel := sandbox.Mount{Host: m.kernel, Inside: "/boot/kernel"}
	initrd := sandbox.Mount{Host: m.initrd, Inside: "/boot/initramfs"}
	if m.box == nil {
		cmd := run.Command(ctx, run.Cmd{Args: m.args(m.kernel, m.initrd, without), Env: m.env()})
		cmd.Stdout, cmd.Stderr = c, &complaints
		wait, err := run.Start(cmd, m.backlog())
		if err == nil {
			err = wait()
		}
		if err != nil {
			return complaints.text(), run.NewError(ctx, cmd, []byte(complaints.text()), err)
		}
		return complaints.text(), nil
	}
	box := sandbox.Cmd{
		Args: m.args(kernel.Inside, initrd.Inside, without), Mounts: append([]sandbox.Mount{kernel, initrd}, m.own...), Stdout: c, Stderr: &complaints,
		Limits: sandbox.Limits{Processes: maxProcesses, Output: maxConsole}, Ptrace: m.qemu == "", Backlog: m.backlog(),
	}
	if m.qemu == "" { // its memory is a file of the first of TMPDIR, /dev/shm and /tmp; of the second there is little
		box.Env, box.Limits.Temp, box.Limits.Address = []string{"TMPDIR=/tmp"}, int64(m.opts.memory()+umlMargin)<<20, umlAddress
	}
	if without == "" {
		box.Devices = []string{kvmDevice}
	}
	_, err = m.box.Output(ctx, box)
	return complaints.text(), err
}

func (m *machine) backlog() int {
	if m.qemu == "" {
		return umlBacklog
	}
	return 0
}

// args is the command line of the emulator, or of the kernel where it is a program.
func (m *machine) args(kernel, initrd, without string) []string {
	memory := fmt.Sprint(m.opts.memory())
	if m.qemu == "" {
		return append([]string{kernel, "mem=" + memory + "M", "initrd=" + initrd, "con=null", "con0=fd:0,fd:1"}, strings.Fields(m.cmdline())...)
	}
	args := append(m.emulator(), m.platform.args...)
	args = append(args, "-m", memory, "-serial", "stdio", "-kernel", kernel, "-initrd", initrd, "-append", m.cmdline())
	if without == "" {
		return append(args, "-accel", "kvm", "-cpu", "host")
	}
	return append(append(args, "-accel", "tcg"), m.platform.tcg...)
}

// env is the environment of a program that is not in the sandbox: of the user's own emulator his.
func (m *machine) env() []string {
	if m.opts.QEMU != "" && !strings.HasPrefix(m.qemu, "/usr/") {
		return nil
	}
	return cleanEnv
}

// isolation names what keeps the guest from this machine.
func (m *machine) isolation() string {
	var res []string
	if m.box != nil {
		res = append(res, m.box.How())
	}
	if m.confine {
		res = append(res, "seccomp")
	}
	if len(res) == 0 {
		return "none"
	}
	return strings.Join(res, " and ")
}
