// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/boot"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) bootCommand() *cobra.Command {
	var (
		kernel, console, toolchain string
		flags                      bootFlags
	)
	cmd := &cobra.Command{
		Use:   "boot --kernel FILE",
		Short: "Boot a kernel and see whether it runs well, its LSM is active and its tests pass",
		Long: `boot starts a kernel in QEMU (x86_64, arm64, riscv64; a User Mode Linux by itself) with an initramfs
whose /init is a small program of ours. The verdict is what the running kernel says:
/sys/kernel/security/lsm names the LSM, the log has the lines of its hooks, and neither an oops nor
a lockdep splat nor any other report of the kernel about itself. Results of KUnit are read from the
log. A panic, a hang, the death of init and an LSM that is not active are told apart.

What --run names is run in the guest; its TAP is read. A program that is a file of this machine is
put there, so it must be static. What fails is run again: a test that passes then is flaky.`,
		Example: `  lsmpatch boot --kernel build/arch/x86/boot/bzImage
  lsmpatch boot --kernel bzImage --lsm landlock --expect 'landlock: Up'
  lsmpatch boot --kernel bzImage --probe 'open /etc/shadow -> EACCES'
  lsmpatch boot --kernel bzImage --run ./lsm_list_modules_test --baseline base.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts, err := flags.options()
			if err != nil {
				return err
			}
			if opts.Root, err = toolchainDir(cmd.Context(), toolchain, nil); err != nil {
				return err
			}
			if console != "" {
				f, err := os.Create(console)
				if err != nil {
					return err
				}
				defer f.Close()
				opts.Console = f
			}
			result, err := boot.Run(cmd.Context(), kernel, opts)
			if err != nil {
				return err
			}
			if result.Findings, err = a.judge(result.Findings); err != nil {
				return err
			}
			return a.showBoot(result)
		},
	}
	cmd.Flags().StringVar(&kernel, "kernel", "", "kernel `FILE`: a bzImage, an Image of arm64 or riscv, the program linux of ARCH=um (required)")
	cmd.Flags().StringVar(&console, "console", "", "write the console to `FILE`")
	flags.add(cmd)
	cmd.Flags().StringVar(&flags.Vmlinux, "vmlinux", "", "`FILE` with the kernel's symbols, for the names and source lines of stack traces")
	cmd.Flags().StringVar(&flags.Shell, "shell", "", "static busybox `FILE` that gives the guest sh, ip and so on, for what --run runs")
	cmd.Flags().BoolVar(&flags.NoSandbox, "no-sandbox", false, "run the emulator, or a User Mode Linux, with your own rights: the latter can do to this machine what you can")
	cmd.Flags().StringVar(&toolchain, "toolchain", "", "root filesystem that a User Mode Linux was linked in: its `NAME` or folder (default this machine's own)")
	directories(cmd, "toolchain")
	required(cmd, "kernel")
	return cmd
}

// bootFlags are the flags of booting that boot and premerge share.
type bootFlags struct {
	boot.Options
	probes, runs []string
}

// options returns them, the probes and the programs read.
func (b *bootFlags) options() (*boot.Options, error) {
	opts := b.Options
	for _, text := range b.probes {
		p, err := boot.ParseProbe(text)
		if err != nil {
			return nil, err
		}
		opts.Probes = append(opts.Probes, p)
	}
	for _, text := range b.runs {
		p, err := boot.ParseProgram(text)
		if err != nil {
			return nil, err
		}
		opts.Programs = append(opts.Programs, p)
	}
	return &opts, nil
}

func (b *bootFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&b.LSM, "lsm", nil, "`NAMES` that must be active (default rust_lsm_sample)")
	flags.StringArrayVar(&b.Expect, "expect", nil, "`REGEXP` that a line of the log must match (default the sample's task_alloc); may be repeated")
	flags.StringVar(&b.Cmdline, "append", "", "`WORDS` for the kernel's command line")
	flags.DurationVar(&b.Timeout, "timeout", 0, "how long the boot may take (default 3m0s, under KVM 1m0s; what --run asks for is added)")
	flags.IntVar(&b.Memory, "memory", 0, "memory of the guest in `MIB` (default 512)")
	flags.StringVar((*string)(&b.KVM), "kvm", string(boot.KVMAuto), "`WHEN` to use KVM: auto, on or off")
	flags.StringArrayVar(&b.Baseline, "baseline", nil, "`FILE` of the base's boot, its console or what --format json said: what it has too is a note; may be repeated")
	flags.StringArrayVar(&b.probes, "probe", nil, "system `CALL` that the guest makes, as in 'open /etc/shadow -> EACCES'; may be repeated")
	flags.StringArrayVar(&b.runs, "run", nil, "`COMMAND` to run in the guest; may be repeated")
	flags.StringVar(&b.QEMU, "qemu", "", "`PROGRAM` (default qemu-system-x86_64); one outside of /usr that the sandbox cannot run has your rights")
	fixed(cmd, "kvm", string(boot.KVMAuto), string(boot.KVMOn), string(boot.KVMOff))
}

func (a *app) showBoot(result *boot.Result) error {
	err := a.emit(result, func(w io.Writer, opts *report.TextOptions) error {
		if err := report.WriteFindings(w, result.Findings, opts); err != nil {
			return err
		}
		if result.Booted {
			writeLine(w, "booted in %.1f s; active: %s", result.Seconds, strings.Join(result.Active, ","))
		}
		for _, line := range result.HookLines[:min(len(result.HookLines), 3)] {
			writeLine(w, "  %s", line)
		}
		if result.WithoutKVM != "" {
			a.noteln("without KVM: %s", result.WithoutKVM)
		}
		if result.Unboxed != "" {
			a.noteln("not in a sandbox: %s", result.Unboxed)
		}
		if n := len(result.Tests); n > 0 {
			writeLine(w, "%s", result.Tally())
		}
		return nil
	})
	if err != nil {
		return err
	}
	return atFault(result.Findings)
}
