// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/hooks/bpf"
	"github.com/lsmpatch/lsmpatch/internal/rights"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// bpfResult is the JSON form of hooks bpf.
type bpfResult struct {
	Programs []bpf.Program    `json:"programs"`
	Findings []report.Finding `json:"findings"`
	Seen     bpfSeen          `json:"seen"`
}

// bpfSeen counts what was looked at.
type bpfSeen struct {
	Files         int `json:"files"`
	Programs      int `json:"programs"`
	NotUnderstood int `json:"not_understood"`
}

func (a *app) hooksBPFCommand() *cobra.Command {
	var dir, rev, vmlinux string
	cmd := &cobra.Command{
		Use:   "bpf --tree DIR [FILE | DIR]...",
		Short: "Check BPF LSM programs against the hooks of a tree or a kernel",
		Long: `bpf looks for programs of BPF LSMs, SEC("lsm/…"), lsm.s/ and lsm_cgroup/, in C files, in objects
that clang made for BPF, and in the folders that are named (in the tree's own selftests where none is), and
holds them against the hooks of a tree, or with --vmlinux against the BTF of a kernel: whether
the hook is there, its parameters, whether programs for it may sleep, and whether it takes any. With
--vmlinux the last two are known where --tree is given as well.`,
		Example: "  lsmpatch hooks bpf --tree linux\n  lsmpatch hooks bpf --tree linux --rev v6.12 project/bpf\n  lsmpatch hooks bpf --vmlinux /sys/kernel/btf/vmlinux prog.bpf.c prog.bpf.o",
		RunE: func(_ *cobra.Command, args []string) error {
			if dir == "" && vmlinux == "" {
				return errors.New("name a tree with --tree, or a kernel with --vmlinux")
			}
			var rules *bpf.Rules
			var files fs.FS
			var needs rights.Needs
			if dir != "" {
				snapshot, t, err := snapshotOf(dir, rev)
				if err != nil {
					return err
				}
				defer t.Close()
				complete(&needs, t)
				if rules, err = bpf.FromTree(snapshot); err != nil {
					return err
				}
				files = snapshot
			}
			if vmlinux != "" {
				var err error
				if rules, err = bpf.FromKernel(vmlinux, rules); err != nil {
					return err
				}
			}
			if err := a.confine(nil, nil, needs); err != nil {
				return err
			}
			result, err := readPrograms(files, args)
			if err != nil {
				return err
			}
			if result.Findings, err = a.judge(rules.Check(result.Programs)); err != nil {
				return err
			}
			report.Sort(result.Findings)
			return a.showBPF(result)
		},
	}
	cmd.Flags().StringVar(&dir, "tree", "", "Linux tree `DIR`, in git or not")
	cmd.Flags().StringVar(&rev, "rev", "", "revision `REV` of it (default HEAD)")
	cmd.Flags().StringVar(&vmlinux, "vmlinux", "", "compare with the BTF of a kernel `FILE`")
	directories(cmd, "tree")
	return cmd
}

// readPrograms reads the programs of files and folders, or of the selftests of tree where none is named.
func readPrograms(tree fs.FS, args []string) (*bpfResult, error) {
	r := &bpfResult{Programs: []bpf.Program{}}
	if len(args) == 0 {
		if tree == nil {
			return nil, errors.New("name the files or folders of the programs")
		}
		return r, walkPrograms(tree, bpf.Selftests, "", r)
	}
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			if err := walkPrograms(os.DirFS(arg), ".", arg, r); err != nil {
				return nil, err
			}
			continue
		}
		data, err := os.ReadFile(arg)
		if err != nil {
			return nil, err
		}
		if err := r.read(arg, data); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// walkPrograms reads the programs of a folder of fsys, whose names are shown behind prefix. Objects that
// are none of BPF are passed over.
func walkPrograms(fsys fs.FS, root, prefix string, r *bpfResult) error {
	return fs.WalkDir(fsys, root, func(name string, d fs.DirEntry, err error) error {
		ext := filepath.Ext(name)
		if err != nil || !d.Type().IsRegular() || !slices.Contains([]string{".c", ".h", ".o"}, ext) {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if err := r.read(filepath.Join(prefix, name), data); err != nil && ext != ".o" {
			return err
		}
		return nil
	})
}

// read adds the programs of one file.
func (r *bpfResult) read(name string, data []byte) error {
	programs, err := bpf.Read(name, data)
	if err != nil {
		return err
	}
	r.Programs = append(r.Programs, programs...)
	if len(programs) > 0 {
		r.Seen.Files++
	}
	r.Seen.Programs += len(programs)
	for i := range programs {
		if programs[i].Unread != "" {
			r.Seen.NotUnderstood++
		}
	}
	return nil
}

func (a *app) showBPF(r *bpfResult) error {
	err := a.emit(r, func(w io.Writer, opts *report.TextOptions) error {
		if err := report.WriteFindings(w, r.Findings, opts); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, "%s\nlooked at: %s in %s; %d not understood\n", report.CountLine(r.Findings), report.Plural(r.Seen.Programs, "program"), report.Plural(r.Seen.Files, "file"), r.Seen.NotUnderstood)
		return err
	})
	if err != nil {
		return err
	}
	return atFault(r.Findings)
}
