// SPDX-License-Identifier: GPL-2.0-only

// Package boot boots a kernel in QEMU and tells whether an LSM of it is active.
//
// For most uses, call [Run]. The guest's /init is the calling program itself, so its main begins
// with
//
//	if boot.IsInit() {
//		boot.Init()
//	}
//
// and it must be linked statically. Init tells what it sees of the running kernel on the serial
// console; that, and not the absence of complaints, makes the verdict. How a boot failed is a
// finding; that QEMU could not run is an error.
package boot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/boot/klog"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// KVM says whether to use KVM.
type KVM string

// The uses of KVM. The zero value is KVMAuto.
const (
	KVMAuto KVM = "auto" // where [ProveKVM] proves it
	KVMOn   KVM = "on"   // an error where it does not
	KVMOff  KVM = "off"
)

// Options says how to boot and what to expect. The zero value expects the Rust LSM sample.
type Options struct {
	// LSM are the names to be active; they go to the kernel as lsm=. nil for "rust_lsm_sample".
	LSM []string
	// Expect are regular expressions, each of which a line of the kernel's log must match.
	// nil for the sample's task_alloc line where LSM is nil too.
	Expect []string
	// Cmdline is added to the kernel's command line.
	Cmdline string
	// Timeout is from QEMU's start to the end; 0 for two minutes.
	Timeout time.Duration
	// Memory is in MiB; 0 for 512.
	Memory int
	KVM    KVM
	// QEMU is the program; "" for qemu-system-x86_64 of PATH.
	QEMU string
	// Init is a static program that calls [Init]; "" for the running one.
	Init string
	// Console gets the console as it comes. It may be nil.
	Console io.Writer
	// Baseline names files with consoles of the base's boots: what they have too is a note.
	Baseline []string
	// Vmlinux is the program with the kernel's symbols, for names and source lines in stack traces;
	// "" for none.
	Vmlinux string
}

// The sample of the series, and what its hook writes to the log.
const (
	sampleLSM  = "rust_lsm_sample"
	sampleLine = `rust_lsm_sample: task_alloc`
)

func (o *Options) lsm() []string {
	if o.LSM == nil {
		return []string{sampleLSM}
	}
	return o.LSM
}

func (o *Options) expect() ([]*regexp.Regexp, error) {
	patterns := o.Expect
	if patterns == nil && o.LSM == nil {
		patterns = []string{sampleLine}
	}
	var res []*regexp.Regexp
	for _, p := range patterns {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, fmt.Errorf("expected log line %q: %w", p, err)
		}
		res = append(res, re)
	}
	return res, nil
}

func (o *Options) timeout() time.Duration {
	if o.Timeout > 0 {
		return o.Timeout
	}
	return 2 * time.Minute
}

func (o *Options) memory() int {
	if o.Memory > 0 {
		return o.Memory
	}
	return 512
}

// Result is one boot.
type Result struct {
	// Booted is whether our init told its facts.
	Booted bool `json:"booted"`
	// Active is the kernel's own list of LSMs, as /sys/kernel/security/lsm has it.
	Active []string `json:"active"`
	// HookLines are lines of the log that an expectation matched, 20 at most.
	HookLines []string `json:"hook_lines"`
	Facts     *Facts   `json:"facts,omitempty"`
	// KVM is whether the guest ran under KVM, else WithoutKVM says why not.
	KVM        bool   `json:"kvm"`
	WithoutKVM string `json:"without_kvm,omitempty"`
	// Seconds is from QEMU's start to its end.
	Seconds float64 `json:"seconds"`
	// Console is what the console said, 4 MiB at most of its begin and end.
	Console  string           `json:"-"`
	Findings []report.Finding `json:"findings"`
}

// machine is all that one boot needs.
type machine struct {
	opts   *Options
	qemu   string
	kernel string
	initrd string
	nonce  string
	expect []*regexp.Regexp
	// known are the titles of the crashes of the baseline.
	known   map[string]bool
	symbols *klog.Symbols
}

// children is how many processes init starts, for the task hooks.
const children = 3

// Ready returns nil where [Run] would have all it needs but the kernel, else the error that it
// would give: before a long build is the time to ask.
func Ready(opts *Options) error {
	if opts == nil {
		opts = &Options{}
	}
	if _, err := opts.expect(); err != nil {
		return err
	}
	if _, err := findQEMU(opts.QEMU); err != nil {
		return err
	}
	program, err := opts.init()
	if err != nil {
		return err
	}
	return checkStatic(program)
}

// Run boots the bzImage kernel and returns what came of it. A panic, a hang, init's death and an
// inactive LSM are findings (boot/panic, boot/hang, boot/init-died, boot/lsm-inactive). An error
// says that there was no boot: no kernel, no QEMU, no static program for /init; or that ctx ended.
func Run(ctx context.Context, kernel string, opts *Options) (*Result, error) {
	if opts == nil {
		opts = &Options{}
	}
	m := &machine{opts: opts, kernel: kernel, nonce: rand.Text()}
	var err error
	if m.expect, err = opts.expect(); err != nil {
		return nil, err
	}
	if m.known, err = readBaseline(opts.Baseline); err != nil {
		return nil, err
	}
	if err := checkKernel(kernel); err != nil {
		return nil, err
	}
	if m.qemu, err = findQEMU(opts.QEMU); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "lsmpatch-boot-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if m.initrd, err = m.writeInitramfs(dir); err != nil {
		return nil, err
	}
	without, err := m.withoutKVM(ctx)
	if err != nil {
		return nil, err
	}
	r, c, err := m.boot(ctx, without)
	if err == nil && r.KVM && opts.KVM != KVMOn && c.bytes == 0 {
		// KVM can pass its short proof and still not carry a kernel.
		r, _, err = m.boot(ctx, "the guest was silent under KVM")
	}
	return r, err
}

// init returns the program that becomes /init.
func (o *Options) init() (string, error) {
	if o.Init != "" {
		return o.Init, nil
	}
	return os.Executable()
}

func (m *machine) writeInitramfs(dir string) (string, error) {
	program, err := m.opts.init()
	if err != nil {
		return "", err
	}
	data, err := initramfs(program, &spec{Nonce: m.nonce, Children: children})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "initramfs.cpio")
	return name, os.WriteFile(name, data, 0o600)
}

// withoutKVM returns why KVM cannot or shall not be used, or "".
func (m *machine) withoutKVM(ctx context.Context) (string, error) {
	if m.opts.KVM == KVMOff {
		return "switched off", nil
	}
	err := ProveKVM(ctx, m.opts)
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err == nil:
		return "", nil
	case m.opts.KVM == KVMOn:
		return "", hint.Wrap(fmt.Errorf("no usable KVM: %w", err), "without KVM the boot takes a second longer")
	}
	return err.Error(), nil
}

// checkKernel reads the boot protocol's magic numbers (Documentation/arch/x86/boot.rst).
func checkKernel(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return hint.Wrap(fmt.Errorf("kernel: %w", err), "build one with lsmpatch build")
	}
	defer f.Close()
	head := make([]byte, 0x206)
	_, err = io.ReadFull(f, head)
	if err != nil || string(head[0x202:]) != "HdrS" || head[0x1fe] != 0x55 || head[0x1ff] != 0xaa {
		return hint.Wrap(fmt.Errorf("%s is no x86 bzImage", name), "give arch/x86/boot/bzImage of the build, not vmlinux")
	}
	return nil
}

// cmdline is the kernel's command line: all messages and LSM debugging on the serial console, a
// panic at an oops, since init seldom lives on after one, a restart at once after it, and our /init.
func (m *machine) cmdline() string {
	line := "console=ttyS0 loglevel=8 panic=-1 oops=panic rdinit=" + initPath + " lsm.debug"
	if names := m.opts.lsm(); len(names) > 0 {
		line += " lsm=" + strings.Join(names, ",")
	}
	return strings.TrimSpace(line + " " + m.opts.Cmdline)
}

var errHang = errors.New("timeout")

// afterwards is how long QEMU may take to end after the facts, or a panic.
const afterwards = 5 * time.Second

// boot runs QEMU once. without says why not under KVM, or "" for KVM.
func (m *machine) boot(ctx context.Context, without string) (*Result, *console, error) {
	args := append(qemuBase(m.qemu), "-m", fmt.Sprint(m.opts.memory()), "-serial", "stdio",
		"-kernel", m.kernel, "-initrd", m.initrd, "-append", m.cmdline())
	if without == "" {
		args = append(args, "-accel", "kvm", "-cpu", "host")
	} else {
		args = append(args, "-accel", "tcg")
	}
	limited, cancel := context.WithTimeoutCause(ctx, m.opts.timeout(), errHang)
	defer cancel()
	limited, stop := context.WithCancel(limited)
	defer stop()
	c := newConsole(m, func() { time.AfterFunc(afterwards, stop) })
	cmd := run.Command(limited, run.Cmd{Args: args})
	var complaints tail
	cmd.Stdout, cmd.Stderr = c, &complaints
	start := time.Now()
	err := cmd.Run()
	c.end()
	if ctx.Err() != nil {
		return nil, c, context.Cause(ctx)
	}
	r := &Result{KVM: without == "", WithoutKVM: without, Seconds: time.Since(start).Seconds(), Console: c.text()}
	hung := errors.Is(context.Cause(limited), errHang)
	if err != nil && limited.Err() == nil {
		e := run.NewError(limited, cmd, []byte(complaints.text()), err)
		return nil, c, hint.Wrap(e, "that is QEMU's own word, not the guest's; is there enough memory?")
	}
	m.judge(r, c, hung)
	return r, c, nil
}
