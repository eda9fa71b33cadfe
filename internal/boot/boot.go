// SPDX-License-Identifier: GPL-2.0-only

// Package boot boots a kernel, in QEMU or by itself where it is a User Mode Linux, and tells whether
// it runs well: what it says against itself, whether its LSMs are active, and how its tests end.
//
// For most uses, call [Run]. The guest's /init is a small program of ours (guest/init.c), kept for
// each architecture. It tells what it sees of the running kernel on the serial console; that, and
// not the absence of complaints, makes the verdict. How a boot failed is a finding; that there could
// be no boot is an error.
//
// All that a guest says can be forged by its kernel, which is the series' author's: the facts prove
// that an honest kernel works, not that a hostile one does no harm. What the built program holds
// (step kernel of premerge) is read without asking it.
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
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/boot/ktap"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
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
	// Timeout is from the start to the end; 0 for three minutes, or for one under KVM and of User Mode
	// Linux, three more with KUnit, and the time of Programs besides.
	Timeout time.Duration
	// Memory is in MiB; 0 for 512, or 1024 with Folders.
	Memory int
	KVM    KVM
	// QEMU is the program; "" for that of the kernel's architecture in PATH. One outside /usr is the
	// user's own: the sandbox has the folder that it is installed in besides. What does not run so, such as a
	// script, runs with the user's environment and rights.
	QEMU string
	// NoSandbox runs the guest with the caller's rights. Without it a User Mode Linux, which is a
	// program of this machine, is refused where it cannot be isolated.
	NoSandbox bool
	// Root is the root filesystem whose libraries a User Mode Linux wants, which was linked there; "" for
	// this machine's.
	Root string
	// Probes are system calls that the guest makes, and Programs what it runs.
	Probes   []Probe
	Programs []Program
	// Folders of this machine are put into the guest, for the programs.
	Folders []Folder
	// Shell is a busybox without libraries, for the guest's architecture; "" for none. It gives the
	// guest sh, ip and so on, which tests call.
	Shell string
	// KUnit is whether the kernel has tests of KUnit, which must tell their results.
	KUnit bool
	// Hooks are those for which the running kernel must call a function that the base does not.
	// Vmlinux and the kernel's CONFIG_PROC_KCORE are wanted for it.
	Hooks []string
	// AnyHook are hooks of which that must be so for one at least, where the base's are known.
	AnyHook []string
	// Console gets the console as it comes. It may be nil.
	Console io.Writer
	// Baseline names files with consoles of the base's boots: what they have too is a note.
	Baseline []string
	// Vmlinux is the program with the kernel's symbols, for names and source lines in stack traces;
	// "" for none.
	Vmlinux string
	// BaseVmlinux is that of the base, for [RunAgainst].
	BaseVmlinux string
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

func (o *Options) memory() int {
	switch {
	case o.Memory > 0:
		return o.Memory
	case len(o.Folders) > 0:
		return 1024
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
	// Hooks are the functions that the running kernel calls for its LSM hooks; nil where it does
	// not show them.
	Hooks []Hook `json:"hooks,omitempty"`
	// Tests are the results of the tests that ran in the kernel and in the guest.
	Tests []ktap.Test `json:"tests,omitempty"`
	// Arch is the kernel's architecture: x86_64, arm64, riscv or um.
	Arch string `json:"arch"`
	// Isolation is what keeps the guest from this machine, besides being a guest: "bubblewrap",
	// "seccomp" of QEMU, both, or "none".
	Isolation string `json:"isolation"`
	// Unboxed says why the emulator had the caller's own rights, or is "".
	Unboxed string `json:"unboxed,omitempty"`
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
	opts     *Options
	platform *platform
	qemu     string
	box      *sandbox.Box    // nil: the guest is not isolated
	own      []sandbox.Mount // what the user's own QEMU is installed in
	confine  bool            // QEMU knows -sandbox
	unboxed  string          // why box is nil
	kernel   string
	initrd   string
	nonce    string
	limit    time.Duration
	expect   []*regexp.Regexp
	orders   *orders
	calls    []staticCall
	// base is what the baseline had.
	base *baseline
}

// children is how many processes init starts, for the task hooks.
const children = 3

// Ready returns nil where [Run] would have all it needs for a kernel of that architecture ("" is x86_64)
// but the kernel, else the error that it would give: before a long build is the time to ask.
func Ready(arch string, opts *Options) error {
	if opts == nil {
		opts = &Options{}
	}
	if _, err := opts.expect(); err != nil {
		return err
	}
	if _, err := newOrders(opts); err != nil {
		return err
	}
	p := &platforms[0]
	if i := slices.IndexFunc(platforms[:], func(p platform) bool { return p.name == arch }); i >= 0 {
		p = &platforms[i]
	}
	if p.qemu == "" {
		return nil // its kernel is a program
	}
	_, err := findQEMU(p, opts.QEMU)
	return err
}

// Run boots a kernel and returns what came of it: a bzImage, an Image of arm64 or riscv, or the
// program linux of ARCH=um. A panic, a hang, init's death and an inactive LSM are findings
// (boot/panic, boot/hang, boot/init-died, boot/lsm-inactive). An error says that there was no boot:
// no kernel, no QEMU; or that ctx ended. It may be called side by side.
func Run(ctx context.Context, kernel string, opts *Options) (*Result, error) {
	if opts == nil {
		opts = &Options{}
	}
	m := &machine{opts: opts, kernel: kernel, nonce: rand.Text()}
	b, err := m.run(ctx)
	if err != nil {
		return nil, err
	}
	return m.judge(b), nil
}

// RunAgainst boots a kernel and, side by side with it, the kernel of the base, and returns what came
// of the first, held against the second as against a baseline. The base is booted again, where there is news, since it may be no
// news each time. That the base could not be booted is a finding.
func RunAgainst(ctx context.Context, kernel, base string, opts *Options) (*Result, error) {
	if opts == nil {
		opts = &Options{}
	}
	m := &machine{opts: opts, kernel: kernel, nonce: rand.Text()}
	baseOpts := *opts
	baseOpts.LSM, baseOpts.Expect, baseOpts.Probes, baseOpts.Hooks = []string{}, []string{}, nil, nil
	baseOpts.AnyHook = nil
	baseOpts.Console, baseOpts.Baseline, baseOpts.Vmlinux = nil, nil, opts.BaseVmlinux
	var (
		group   errgroup.Group
		b       *booting
		without *Result
		why     error
	)
	group.Go(func() (err error) { b, err = m.run(ctx); return err })
	group.Go(func() error { without, why = Run(ctx, base, &baseOpts); return nil })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if why == nil {
		m.base.add(without)
	}
	r := m.judge(b)
	for range moreOfBase {
		if why != nil || !comparable(r.Findings) || ctx.Err() != nil {
			break
		}
		if again, err := Run(ctx, base, &baseOpts); err == nil {
			m.base.add(again)
			r = m.judge(b)
		}
	}
	if why != nil {
		r.Findings = append(r.Findings, report.Finding{Check: checkNoBase, Severity: report.Warning,
			Message: "the base could not be booted to compare with: " + why.Error()})
	}
	return r, context.Cause(ctx)
}

// moreOfBase is how often the base is booted again before something is said to be new: it may fail now and then too.
const moreOfBase = 2

// comparable reports whether a finding is an error that the base could have as well: the others are about what the series brings.
func comparable(findings []report.Finding) bool {
	return slices.ContainsFunc(findings, func(f report.Finding) bool {
		return f.Severity == report.Error && !slices.Contains([]string{checkInactive, checkNoList, checkSilent, checkList, checkID, checkProbe, checkDetached}, f.Check)
	})
}

// A booting is a boot that is over and not judged yet.
type booting struct {
	r    *Result
	c    *console
	hung bool // its time ran out
}

// run boots m once, or twice where KVM fails.
func (m *machine) run(ctx context.Context) (*booting, error) {
	if err := m.prepare(ctx); err != nil {
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
	b, err := m.boot(ctx, without)
	switch { // KVM can pass its short proof and still not carry a kernel
	case without != "" || m.opts.KVM == KVMOn || ctx.Err() != nil:
	case err != nil:
		return m.boot(ctx, "QEMU under KVM: "+err.Error())
	case b.c.bytes == 0:
		return m.boot(ctx, "the guest was silent under KVM")
	}
	return b, err
}

// prepare reads the options and finds the programs.
func (m *machine) prepare(ctx context.Context) (err error) {
	if m.expect, err = m.opts.expect(); err != nil {
		return err
	}
	if m.orders, err = newOrders(m.opts); err != nil {
		return err
	}
	if m.calls, err = staticCalls(m.opts.Vmlinux); err != nil {
		return err
	}
	for _, c := range m.calls {
		m.orders.peeks = append(m.orders.peeks, c.key)
	}
	if m.base, err = readBaseline(m.opts.Baseline); err != nil {
		return err
	}
	if m.kernel, err = filepath.Abs(m.kernel); err != nil {
		return err
	}
	if m.platform, err = platformOf(m.kernel); err != nil {
		return err
	}
	if m.platform.qemu == "" {
		return m.isolate(ctx, m.opts.Root)
	}
	if m.qemu, err = findQEMU(m.platform, m.opts.QEMU); err != nil {
		return err
	}
	return m.enclose(ctx)
}

// enclose finds out what keeps the guest of a QEMU from this machine.
func (m *machine) enclose(ctx context.Context) error {
	if strings.HasPrefix(m.qemu, "/usr/") {
		m.confine = m.starts(ctx, confined...)
		return m.isolate(ctx, "")
	}
	if prefix := installedIn(m.qemu); prefix != "" {
		m.own = []sandbox.Mount{{Host: prefix, Inside: prefix}}
		if err := m.isolate(ctx, ""); err != nil || m.box == nil {
			return err
		}
		if m.starts(ctx) {
			m.confine = m.starts(ctx, confined...)
			return nil
		}
		m.own, m.box = nil, nil
	}
	m.unboxed = m.qemu + " lies outside of /usr and does not run in the sandbox, so it runs with your rights"
	return context.Cause(ctx)
}

// isolate opens the sandbox, with the programs and libraries of root. QEMU can do without, since the guest does not run on
// this machine.
func (m *machine) isolate(ctx context.Context, root string) error {
	if m.opts.NoSandbox {
		m.unboxed = "without the sandbox, as asked, it has your rights"
		return nil
	}
	box, err := sandbox.Open(ctx, &sandbox.Options{Root: root})
	if err != nil && m.qemu == "" {
		return err
	}
	if err == nil {
		m.box = box
	} else {
		m.unboxed = fmt.Sprintf("there is no sandbox, so it has your rights: %v", err)
	}
	return context.Cause(ctx)
}

func (m *machine) writeInitramfs(dir string) (string, error) {
	told := &spec{Nonce: m.nonce, Children: children}
	if m.platform.off {
		told.Off = 1
	}
	data, err := initramfs(m.platform, told, m.orders)
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "initramfs.cpio")
	return name, os.WriteFile(name, data, 0o644)
}

// withoutKVM returns why KVM cannot or shall not be used, or "".
func (m *machine) withoutKVM(ctx context.Context) (string, error) {
	switch {
	case m.platform.qemu == "":
		return "User Mode Linux needs none", nil
	case m.opts.KVM == KVMOff:
		return "switched off", nil
	}
	err := fmt.Errorf("there is no proof of it for %s", m.platform.name)
	if m.platform == &platforms[0] {
		err = m.proveKVM(ctx)
	}
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

// cmdline is the kernel's command line: all messages and LSM debugging on the serial console, a
// panic at an oops, since init seldom lives on after one, a restart at once after it, addresses that
// are those of vmlinux, and our /init.
func (m *machine) cmdline() string {
	line := "console=" + m.platform.console + " loglevel=8 panic=-1 oops=panic nokaslr rdinit=" + initPath + " lsm.debug"
	if names := m.opts.lsm(); len(names) > 0 {
		line += " lsm=" + strings.Join(names, ",")
	}
	return strings.TrimSpace(line + " " + m.opts.Cmdline)
}

// Limits on the time of a boot.
const (
	fastBoot  = time.Minute     // on this machine's processor
	slowBoot  = 3 * time.Minute // on one that QEMU plays
	unitTests = 3 * time.Minute // what tests of KUnit take besides: 600 of a User Mode Linux half a minute on a busy machine
	afterward = 5 * time.Second // how long QEMU may take to end after the facts, or a panic
)

// timeout is how long the boot may take.
func (m *machine) timeout(without string) time.Duration {
	if m.opts.Timeout > 0 {
		return m.opts.Timeout
	}
	limit := slowBoot
	if without == "" || m.platform.qemu == "" {
		limit = fastBoot
	}
	if m.opts.KUnit {
		limit += unitTests
	}
	return limit + m.orders.time()
}

var errHang = errors.New("timeout")

// loaderRE is what the dynamic linker says of a program that it cannot start, in the first line that there is.
var loaderRE = lazyregexp.New(`\A[^\n]*(?:error while loading shared libraries: |: version .* not found \(required by )[^\n]*`)

// spaceRE is what arch/um/kernel/trap.c says of a bus error.
var spaceRE = lazyregexp.New(`(?m)^Bus error - the host /dev/shm or /tmp mount likely just ran out of space`)

// boot starts the guest once. without says why not under KVM, or "" for KVM.
func (m *machine) boot(ctx context.Context, without string) (*booting, error) {
	m.limit = m.timeout(without)
	limited, cancel := context.WithTimeoutCause(ctx, m.limit, errHang)
	defer cancel()
	limited, stop := context.WithCancel(limited)
	defer stop()
	c := newConsole(m, func() { time.AfterFunc(afterward, stop) })
	start := time.Now()
	said, err := m.start(limited, c, without)
	if c.bytes == 0 {
		c.Write([]byte(said))
	}
	c.end()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	r := &Result{Arch: m.platform.name, KVM: without == "", WithoutKVM: without, Seconds: time.Since(start).Seconds(), Console: c.text(), Isolation: m.isolation(), Unboxed: m.unboxed}
	hung := errors.Is(context.Cause(limited), errHang)
	if err != nil && limited.Err() == nil && m.qemu != "" {
		return nil, hint.Wrap(err, "that is QEMU's own word, not the guest's; is there enough memory?")
	}
	if why := loaderRE.FindString(said); m.qemu == "" && why != "" {
		return nil, hint.Wrap(fmt.Errorf("the User Mode Linux could not be started: %s", why),
			"it wants the libraries that it was linked with: give its root filesystem with --toolchain, or build it with CONFIG_STATIC_LINK=y")
	}
	if m.qemu == "" && spaceRE.MatchString(r.Console) {
		return nil, hint.Wrap(errors.New("the User Mode Linux found no more room for its memory"), "give it less with --memory, or this machine more")
	}
	return &booting{r, c, hung}, nil
}
