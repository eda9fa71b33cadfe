// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/boot"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/hooks/needs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/likeness"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/maintainers"
)

// The names of tests that are no folder of kselftests.
const (
	testsAuto     = "auto"     // what the touched files suggest
	testsNone     = "none"     // none
	testsKUnit    = "kunit"    // all suites of KUnit that the configuration can have
	testsDoctests = "doctests" // the examples of the kernel's Rust crates
)

// TestNames are those for the completion of a flag.
var TestNames = []string{testsAuto, testsNone, testsKUnit, testsDoctests, "lsm", "landlock", "seccomp"}

// tests are what a boot runs.
type tests struct {
	selftests       []string // folders below kbuild.SelftestDir
	kunit, doctests bool
	suites          []string // Kconfig symbols of suites of KUnit
	named           bool     // the user named selftests
}

// maxSuggested bounds how many folders of selftests the touched files may suggest.
const maxSuggested = 4

// planTests reads the names of tests that the user gave, nil for auto.
func (r *run) planTests() (*tests, error) {
	t := &tests{}
	if !r.opts.Boot {
		return t, nil
	}
	names := r.opts.Tests
	if names == nil {
		names = []string{testsAuto}
	}
	for _, name := range names {
		switch name {
		case testsNone:
		case testsAuto:
			if err := r.suggest(t); err != nil {
				return nil, err
			}
		case testsKUnit:
			t.kunit = true
		case testsDoctests:
			t.doctests = true
		default:
			name = strings.TrimPrefix(path.Clean(name), kbuild.SelftestDir+"/")
			if !r.hasSelftest(name) {
				return nil, r.noSelftest(name)
			}
			t.selftests, t.named = append(t.selftests, name), true
		}
	}
	slices.Sort(t.selftests)
	t.selftests = slices.Compact(t.selftests)
	return t, nil
}

var selftestRE = lazyregexp.New(`^[A-Za-z0-9][\w.-]*(?:/[\w.-]+)*$`)

func (r *run) hasSelftest(name string) bool {
	if !selftestRE.MatchString(name) || strings.Contains(name, "..") {
		return false
	}
	info, err := fs.Stat(r.after, path.Join(kbuild.SelftestDir, name, "Makefile"))
	return err == nil && info.Mode().IsRegular()
}

func (r *run) noSelftest(name string) error {
	entries, _ := fs.ReadDir(r.after, kbuild.SelftestDir) // an error leaves none to name
	best, distance := "", 4
	for _, e := range entries {
		if d := likeness.Distance(name, e.Name()); e.IsDir() && d < distance {
			best, distance = e.Name(), d
		}
	}
	advice := "the tests are auto, none, kunit, doctests and the folders of " + kbuild.SelftestDir
	if best != "" {
		advice = fmt.Sprintf("do you mean %s? %s", best, advice)
	}
	return hint.Wrap(fmt.Errorf("no test %s: the tree has no %s", name, path.Join(kbuild.SelftestDir, name, "Makefile")), advice)
}

// suggest adds what the touched files ask for: selftests that MAINTAINERS puts into one section with them,
// those of LSMs for a new one, doctests for Rust, and the suites of KUnit of their folders.
func (r *run) suggest(t *tests) error {
	touched := r.touched()
	if len(needs.LSMs(r.set, r.after)) > 0 && r.hasSelftest("lsm") {
		t.selftests = append(t.selftests, "lsm")
	}
	sections, err := maintainers.Read(r.after)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range touched {
		if dir, ok := strings.CutPrefix(name, kbuild.SelftestDir+"/"); ok {
			for dir = path.Dir(dir); dir != "." && !r.hasSelftest(dir); dir = path.Dir(dir) {
			}
			if dir != "." {
				t.selftests = append(t.selftests, dir)
			}
			continue
		}
		if sections != nil && path.Ext(name) != ".rst" {
			t.selftests = append(t.selftests, r.beside(sections, name)...)
		}
		if strings.HasPrefix(name, "rust/") && path.Ext(name) == ".rs" && !userNamed(&r.opts.Kbuild) {
			t.doctests = true
		}
	}
	slices.Sort(t.selftests)
	t.selftests = slices.Compact(t.selftests)
	if len(t.selftests) > maxSuggested {
		r.say("boot: %d of %d folders of selftests are left out: name those that you want with --test", len(t.selftests)-maxSuggested, len(t.selftests))
		t.selftests = t.selftests[:maxSuggested]
	}
	if !userNamed(&r.opts.Kbuild) {
		t.suites = r.suitesOf(touched)
	}
	return nil
}

// userNamed reports whether the configuration is the user's own, which nothing is to be added to unasked.
func userNamed(opts *kbuild.Options) bool { return opts.Fragments != nil || opts.Base != "" }

// unasked are selftests that a guest of ours has not what they want: BTF and libbpf, real devices, a
// distribution's programs, another guest. They are run where the user names them.
var unasked = []string{"bpf", "drivers", "firmware", "ftrace", "hid", "kvm", "livepatch", "mm", "net", "powerpc", "sched_ext", "tc-testing", "wireguard"}

// beside returns the selftests of the sections of MAINTAINERS that a file belongs to.
func (r *run) beside(sections *maintainers.File, name string) []string {
	var res []string
	for _, section := range sections.Match(name) {
		for _, pattern := range section.Files() {
			dir, ok := strings.CutPrefix(pattern, kbuild.SelftestDir+"/")
			dir = strings.Trim(dir, "/*")
			first, _, _ := strings.Cut(dir, "/")
			if ok && section.Depth >= 0 && r.hasSelftest(dir) && !slices.Contains(unasked, first) {
				res = append(res, dir)
			}
		}
	}
	return res
}

var suiteRE = lazyregexp.New(`(?m)^(?:menu)?config (\w*KUNIT\w*)\s*$`)

// suitesOf returns the symbols of KUnit suites that the Kconfig files beside the touched files define.
func (r *run) suitesOf(touched []string) []string {
	var res []string
	seen := map[string]bool{}
	for _, name := range touched {
		dir := path.Dir(name)
		if seen[dir] || dir == "." || !strings.Contains(dir, "/") {
			continue
		}
		seen[dir] = true
		text, err := fs.ReadFile(r.after, dir+"/Kconfig")
		if err != nil {
			continue
		}
		for _, m := range suiteRE.FindAllStringSubmatch(string(text), -1) {
			res = append(res, m[1])
		}
	}
	slices.Sort(res)
	return slices.Compact(res)
}

// fragments are what the tests want of the configuration.
func (t *tests) fragments(after fs.FS) []kbuild.Fragment {
	var res []kbuild.Fragment
	more := false
	for _, name := range t.selftests {
		text, err := fs.ReadFile(after, path.Join(kbuild.SelftestDir, name, "config"))
		if err != nil {
			continue
		}
		config, other := builtIn(string(text))
		more = more || other
		res = append(res, kbuild.Fragment{Name: "selftests " + name, Text: config, Loose: true})
	}
	if more {
		res = append([]kbuild.Fragment{{Name: "what programs take for granted", Text: ordinary, Loose: true}}, res...)
	}
	var unit strings.Builder
	if t.hasKUnit() {
		// The tests of faults provoke an oops, at which a guest of ours ends.
		unit.WriteString("CONFIG_KUNIT=y\n# CONFIG_KUNIT_FAULT_TEST is not set\n")
	}
	if t.kunit {
		unit.WriteString("CONFIG_KUNIT_ALL_TESTS=y\n")
	}
	for _, symbol := range t.suites {
		fmt.Fprintf(&unit, "CONFIG_%s=y\n", symbol)
	}
	if t.doctests {
		unit.WriteString("CONFIG_RUST=y\nCONFIG_RUST_KERNEL_DOCTESTS=y\n")
	}
	if unit.Len() > 0 {
		res = append(res, kbuild.Fragment{Name: "KUnit", Text: unit.String(), Loose: true})
	}
	return res
}

func (t *tests) hasKUnit() bool { return t.kunit || t.doctests || len(t.suites) > 0 }

// builtIn returns a selftest's config without modules, which the guest has none of, and whether it wants more
// than any kernel that boots here has.
func builtIn(text string) (config string, more bool) {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasSuffix(line, "=m") {
			line = strings.TrimSuffix(line, "m") + "y"
		}
		b.WriteString(line + "\n")
		more = more || strings.HasSuffix(line, "=y") &&
			!slices.Contains([]string{"CONFIG_SYSFS=y", "CONFIG_SECURITY=y", "CONFIG_SECURITYFS=y", "CONFIG_PROC_FS=y"}, line)
	}
	return b.String(), more
}

// ordinary is what the configs of selftests leave out, since every kernel that is no tiny one has it.
const ordinary = `CONFIG_NET=y
CONFIG_UNIX=y
CONFIG_NAMESPACES=y
CONFIG_UTS_NS=y
CONFIG_IPC_NS=y
CONFIG_USER_NS=y
CONFIG_PID_NS=y
CONFIG_SYSVIPC=y
CONFIG_SHMEM=y
CONFIG_TMPFS=y
CONFIG_SIGNALFD=y
CONFIG_TIMERFD=y
CONFIG_FILE_LOCKING=y
CONFIG_INOTIFY_USER=y
CONFIG_ADVISE_SYSCALLS=y
CONFIG_MEMBARRIER=y
CONFIG_AIO=y
CONFIG_BINFMT_SCRIPT=y
CONFIG_PROC_SYSCTL=y
CONFIG_FHANDLE=y
`

// buildable returns the selftests that can be built for the guest's architecture: the toolchain has a C
// library for x86-64 alone, whose programs User Mode Linux runs too.
func (r *run) buildable(names []string) ([]string, []report.Finding) {
	arch := r.opts.Kbuild.Arch
	if len(names) == 0 || kbuild.SourceArch(arch) == "x86" || arch == "um" {
		return names, nil
	}
	return nil, []report.Finding{{Check: "boot/test-skipped", Severity: report.Warning,
		Message: fmt.Sprintf("the selftests %s are not run: the toolchain has no C library for %s", strings.Join(names, ", "), arch)}}
}

// What a program of selftests has at least: on a processor that QEMU plays, and on this machine's own. kselftest gives it 45 seconds.
const (
	testTime  = 5 * time.Minute
	quickTime = 2 * time.Minute
)

// addTests gives the guest the selftests that were built, and what they need.
func (r *run) addTests(t *tests, built []kbuild.Selftest, opts *boot.Options) []report.Finding {
	var findings []report.Finding
	opts.KUnit = t.hasKUnit()
	opts.Shell = r.shell()
	limit := testTime
	if r.opts.Kbuild.Arch == "um" {
		limit = quickTime
	}
	for _, test := range built {
		home := "/tests/" + test.Name
		opts.Folders = append(opts.Folders, boot.Folder{Guest: home, Host: test.Dir})
		if len(test.Programs) == 0 {
			f := report.Finding{Check: "boot/test-skipped", Severity: report.Note,
				Message: "the selftests " + test.Name + " are not run: their Makefile names no program to run"}
			if t.named {
				f.Severity = report.Warning // the user asked for it
			}
			findings = append(findings, f)
		}
		for _, name := range test.Programs {
			if why := cannotRun(filepath.Join(test.Dir, name), opts.Shell != ""); why != "" {
				findings = append(findings, report.Finding{Check: "boot/test-skipped", Severity: report.Note,
					Message: fmt.Sprintf("selftest %s:%s is not run: %s", test.Name, name, why)})
				continue
			}
			opts.Programs = append(opts.Programs, boot.Program{Name: test.Name + ":" + name, Args: []string{home + "/" + name},
				Timeout: max(test.Timeout, limit), Source: path.Join(kbuild.SelftestDir, test.Name)})
		}
	}
	return findings
}

// cannotRun says why the guest cannot run a program, "" where it can.
func cannotRun(name string, shell bool) string {
	if strings.HasSuffix(name, "_bench") {
		return "it measures, and tests nothing"
	}
	f, err := below.OpenFile(name)
	if err != nil {
		return "it is not there, or no regular file"
	}
	defer f.Close()
	head := make([]byte, 128)
	n, _ := io.ReadFull(f, head) // a shorter file is whole
	line, _, _ := strings.Cut(string(head[:n]), "\n")
	interpreter, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return ""
	}
	interpreter = strings.Join(strings.Fields(interpreter), " ")
	if shell && (interpreter == "/bin/sh" || strings.HasPrefix(interpreter, "/bin/sh ")) {
		return ""
	}
	return "the guest has no " + interpreter
}

// shell returns the busybox of the toolchain, or of this machine, or "".
func (r *run) shell() string {
	for _, name := range []string{filepath.Join("/", r.opts.Kbuild.Toolchain, "usr/bin/busybox"), "/usr/bin/busybox", "/bin/busybox"} {
		if boot.IsStatic(name) {
			return name
		}
	}
	return ""
}

// hooked tells the boot the LSM hooks for which a kernel of that configuration has to call a function of the
// series: those of its new LSMs, where they are built in.
func (r *run) hooked(config string, opts *boot.Options) error {
	lsms, err := r.enabled(config)
	if err != nil || len(lsms) == 0 {
		return err
	}
	series, err := registered.New(r.set, r.before, r.after, nil)
	if err != nil {
		return nil // the step hooks says why
	}
	series.Look()
	opts.Hooks, opts.AnyHook = series.Attached(r.before)
	return nil
}
