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
		kernel, console string
		flags           bootFlags
	)
	cmd := &cobra.Command{
		Use:   "boot --kernel FILE",
		Short: "Boot a kernel in QEMU and see whether its LSM is active",
		Long: `boot starts a kernel in QEMU with an initramfs whose /init is this program. The verdict is what the
running kernel says: /sys/kernel/security/lsm names the LSM, and the log has the lines of its
hooks. A panic, a hang, the death of init and an LSM that is not active are told apart.`,
		Example: "  lsmpatch boot --kernel build/arch/x86/boot/bzImage\n  lsmpatch boot --kernel bzImage --lsm landlock --expect 'landlock: Up'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts := flags.Options
			if console != "" {
				f, err := os.Create(console)
				if err != nil {
					return err
				}
				defer f.Close()
				opts.Console = f
			}
			result, err := boot.Run(cmd.Context(), kernel, &opts)
			if err != nil {
				return err
			}
			if result.Findings, err = a.judge(result.Findings); err != nil {
				return err
			}
			return a.showBoot(result)
		},
	}
	cmd.Flags().StringVar(&kernel, "kernel", "", "bzImage `FILE` (required)")
	cmd.Flags().StringVar(&console, "console", "", "write the console to `FILE`")
	flags.add(cmd)
	required(cmd, "kernel")
	return cmd
}

// bootFlags are the flags of booting that boot and premerge share.
type bootFlags struct{ boot.Options }

func (b *bootFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&b.LSM, "lsm", nil, "`NAMES` that must be active (default rust_lsm_sample)")
	flags.StringArrayVar(&b.Expect, "expect", nil, "`REGEXP` that a line of the log must match (default the sample's task_alloc); may be repeated")
	flags.StringVar(&b.Cmdline, "append", "", "`WORDS` for the kernel's command line")
	flags.DurationVar(&b.Timeout, "timeout", 0, "how long the boot may take (default 2m0s)")
	flags.IntVar(&b.Memory, "memory", 0, "memory of the guest in `MIB` (default 512)")
	flags.StringVar((*string)(&b.KVM), "kvm", string(boot.KVMAuto), "`WHEN` to use KVM: auto, on or off")
	flags.StringArrayVar(&b.Baseline, "baseline", nil, "console `LOG` of the base's boot: what it has too is a note; may be repeated")
	flags.StringVar(&b.QEMU, "qemu", "", "`PROGRAM` (default qemu-system-x86_64)")
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
		return nil
	})
	if err != nil {
		return err
	}
	return atFault(result.Findings)
}
