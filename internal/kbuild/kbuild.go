// SPDX-License-Identifier: GPL-2.0-only

// Package kbuild builds Linux kernels and tells what the compilers say about a series.
//
// For most uses, call [Build]: it surveys the toolchain ([Probe]), writes a configuration, runs
// make, and returns the kernel with the complaints as findings. [OpenToolchain] alone gives a way to
// run any of the toolchain's programs.
//
// It reads a Linux tree and never writes to it: all that make makes goes to an output folder
// outside the tree (O=), so that a second build there is short. A build runs code of the
// series' author; it does so isolated where bubblewrap or chroot can be had.
//
// A kernel that does not build is a finding. A machine that cannot build is an error.
package kbuild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Options says how to build. The zero value builds a tinyconfig kernel with [RustLSM].
type Options struct {
	// Out is the output folder; it is made where it is missing, and may hold an earlier build.
	// "" stands for a folder below the user's cache, one for each source tree.
	Out string
	// Toolchain is a root filesystem with the tools; "" for this machine's own.
	Toolchain string
	// LLVM is the value of make's LLVM variable; "" for the newest LLVM there is.
	LLVM string
	// Jobs is make's -j; 0 for one a core.
	Jobs int
	// Base is the configuration target to start from; "" for tinyconfig.
	Base string
	// Fragments are merged into it, the last one winning; nil for [RustLSM].
	Fragments []Fragment
	// Targets are what to make; nil for bzImage.
	Targets []string
	// Vars are further make variables: "W=1", "CLIPPY=1".
	Vars []string
	// KeepGoing makes as much as can be made after an error (make -k), so that all targets speak.
	KeepGoing bool
	// Progress gets a line at most each ProgressEvery (0: second). It may be nil.
	Progress      io.Writer
	ProgressEvery time.Duration
	// Log gets all that make and its programs write. It may be nil.
	Log io.Writer
}

func (o *Options) base() string {
	if o.Base == "" {
		return "tinyconfig"
	}
	return o.Base
}

func (o *Options) fragments() []Fragment {
	if o.Fragments == nil {
		return []Fragment{RustLSM()}
	}
	return o.Fragments
}

func (o *Options) targets() []string {
	if len(o.Targets) == 0 {
		return []string{"bzImage"}
	}
	return o.Targets
}

func (o *Options) jobs() int {
	if o.Jobs > 0 {
		return o.Jobs
	}
	return runtime.NumCPU()
}

// Result is a build, done or failed.
type Result struct {
	// Built is whether make ended well; Findings say why it did not, or warn.
	Built bool `json:"built"`
	// Kernel, Vmlinux and Config are files of the output folder; "" where there is none.
	Kernel  string `json:"kernel,omitempty"`
	Vmlinux string `json:"vmlinux,omitempty"`
	Config  string `json:"config,omitempty"`
	Out     string `json:"out"`
	// Commands is how many commands make ran; few in an incremental build.
	Commands int              `json:"commands"`
	Seconds  float64          `json:"seconds"`
	Survey   *Survey          `json:"toolchain"`
	Findings []report.Finding `json:"findings"`
}

// builder is one build at work.
type builder struct {
	opts     *Options
	tc       *Toolchain
	src, out string
	source   *below.Dir // src, and out below: neither leads us out of it, or makes us wait
	dir      *below.Dir
	survey   *Survey
	progress *progress
}

// Build builds the Linux tree src.
//
// A kernel that does not build, or a configuration that does not stick, is a finding in the
// result. An error says that the build could not be tried, with a hint where a person can mend
// it: no tree, tools missing or too old, a source tree that has been built in, no room. When ctx
// ends, make and all that it started end first.
func Build(ctx context.Context, src string, opts *Options) (*Result, error) {
	if opts == nil {
		opts = &Options{}
	}
	start := time.Now()
	b := &builder{opts: opts, survey: &Survey{}, progress: newProgress(opts.Progress, opts.ProgressEvery)}
	defer b.close()
	err := b.open(ctx, src)
	r := &Result{Out: b.out, Survey: b.survey, Findings: []report.Finding{}}
	if err == nil {
		err = b.build(ctx, r)
	} else if !errors.As(err, new(*below.RefusedError)) {
		return nil, err
	}
	var refused *below.RefusedError
	if errors.As(err, &refused) {
		r.Findings, err = append(r.Findings, refusedFile(refused)), nil
	}
	b.progress.end()
	report.Sort(r.Findings)
	r.Commands, r.Seconds = b.progress.total(), time.Since(start).Seconds()
	return r, err
}

// refusedFile tells of a file that is not read. Who filled the tree, or wrote a recipe that filled the output
// folder, is at fault.
func refusedFile(refused *below.RefusedError) report.Finding {
	return report.Finding{
		Check: "build/refused-file", Severity: report.Error, File: refused.Name, Message: refused.Error() + ": it is not read",
		Hint: "a regular file belongs there",
	}
}

var varRE = lazyregexp.New(`^([A-Za-z_][A-Za-z0-9_]*)=`)

// checkVars refuses variables that this package sets itself, and what is none.
func checkVars(vars []string) error {
	for _, v := range vars {
		m := varRE.FindStringSubmatch(v)
		if m == nil {
			return hint.Wrap(fmt.Errorf("make variable %q has no name", v), "give NAME=VALUE")
		}
		if slices.Contains([]string{"O", "KBUILD_OUTPUT", "LLVM", "ARCH", "SRCARCH", "KCONFIG_CONFIG"}, m[1]) {
			return hint.Wrap(fmt.Errorf("make variable %s is not to be set", m[1]), "Out and LLVM are options of their own; the kernel is x86")
		}
	}
	return nil
}

// open checks all that must be there before make runs.
func (b *builder) open(ctx context.Context, src string) error {
	err := checkVars(b.opts.Vars)
	if err != nil {
		return err
	}
	if b.src, err = realPath(src); err != nil {
		return hint.Wrap(err, "name the top folder of a Linux tree")
	}
	if b.source, err = below.Open(b.src); err != nil {
		return hint.Wrap(err, "name the top folder of a Linux tree")
	}
	if b.tc, err = OpenToolchain(ctx, b.opts.Toolchain); err != nil {
		return err
	}
	survey, err := b.tc.survey(ctx, b.src, b.opts.LLVM)
	if err != nil {
		return err
	}
	b.survey = survey
	if err := b.survey.Err(); err != nil {
		return err
	}
	if err := checkClean(b.source); err != nil {
		return err
	}
	if err := b.openOut(); err != nil {
		return err
	}
	return b.sameSource(ctx)
}

// checkClean tells of a tree that was built in, which kbuild refuses to build from elsewhere.
func checkClean(src *below.Dir) error {
	for _, trace := range []string{".config", "include/config", "arch/" + srcArch + "/include/generated"} {
		if _, err := src.Lstat(trace); err == nil {
			return hint.Wrap(fmt.Errorf("source tree %s is not clean: it has %s of a build inside the tree", src.Name(), trace),
				"run make mrproper there")
		}
	}
	return nil
}

// openOut makes and opens the output folder.
func (b *builder) openOut() error {
	out := b.opts.Out
	if out == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return hint.Wrap(err, "name an output folder")
		}
		out = filepath.Join(cache, "lsmpatch", "build", strings.ReplaceAll(strings.Trim(b.src, "/"), "/", "-"))
	}
	const elsewhere = "name an output folder that is writable and outside the source tree"
	if err := os.MkdirAll(out, 0o777); err != nil {
		return hint.Wrap(err, elsewhere)
	}
	var err error
	if b.out, err = realPath(out); err != nil {
		return err
	}
	if b.out == b.src || strings.HasPrefix(b.out, b.src+"/") || strings.HasPrefix(b.src, b.out+"/") {
		return hint.Wrap(fmt.Errorf("output folder %s and source tree %s lie in each other", b.out, b.src), elsewhere)
	}
	if b.dir, err = below.Open(b.out); err != nil {
		return hint.Wrap(err, elsewhere)
	}
	if err := b.dir.Root().MkdirAll(stateDir, 0o777); err != nil {
		return hint.Wrap(err, elsewhere)
	}
	return nil
}

// close lets go of the folders that were opened.
func (b *builder) close() {
	for _, dir := range []*below.Dir{b.source, b.dir} {
		if dir != nil {
			dir.Close()
		}
	}
}

func realPath(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// sameSource cleans an output folder that holds another tree's build. make compares ages alone,
// so objects of a tree that was checked out later would pass for those of this one.
func (b *builder) sameSource(ctx context.Context) error {
	const name = stateDir + "/source"
	old, err := b.dir.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return b.dir.WriteFile(name, []byte(b.src))
	}
	if err != nil || string(old) == b.src {
		return err
	}
	b.progress.say("cleaning the output folder, which held a build of " + string(old))
	if _, err := b.tc.Output(ctx, Cmd{Args: b.make("mrproper"), Source: b.src, Out: b.out}); err != nil {
		return err
	}
	return b.dir.WriteFile(name, []byte(b.src))
}

// build configures and makes.
func (b *builder) build(ctx context.Context, r *Result) error {
	b.progress.say("configuring")
	findings, err := b.configure(ctx)
	r.Findings = append(r.Findings, findings...)
	r.Config = b.file(".config")
	if err != nil || report.AnyError(findings) {
		return err
	}
	args := append(b.make(), fmt.Sprintf("-j%d", b.opts.jobs()), "--output-sync=target")
	if b.opts.KeepGoing {
		args = append(args, "--keep-going")
	}
	args = append(args, b.opts.targets()...)
	findings, err = b.runStep(ctx, args, nil)
	r.Findings = append(r.Findings, findings...)
	if err != nil || report.AnyError(findings) {
		return err
	}
	r.Built = true
	// What an earlier build with other targets left is not the kernel of this source.
	if targets := b.opts.targets(); slices.Contains(targets, "bzImage") || slices.Contains(targets, "all") {
		r.Kernel = b.file("arch/" + srcArch + "/boot/bzImage")
		r.Vmlinux = b.file("vmlinux")
	}
	return nil
}

// make returns make's command line with further arguments.
func (b *builder) make(args ...string) []string {
	// --no-print-directory keeps the lines to complaints and labels.
	line := []string{"make", "--no-print-directory", "LLVM=" + b.survey.LLVM, "O=" + b.tc.OutPath(b.out)}
	return slices.Concat(line, b.opts.Vars, args)
}

// file returns the path of a regular file of the output folder, or "".
func (b *builder) file(name string) string {
	info, err := b.dir.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return filepath.Join(b.out, name)
}

// newDiagnoser returns a reader of make's output that knows this build's folders.
func newDiagnoser(b *builder) *diagnoser {
	return &diagnoser{
		source: b.tc.SourcePath(b.src),
		seen:   map[report.Finding]bool{},
		locate: b.locator(),
		inTree: func(name string) bool {
			info, err := b.source.Lstat(name)
			return err == nil && info.Mode().IsRegular()
		},
	}
}

// tee returns a writer for a step's output: to the log, the diagnoser and the progress.
func (b *builder) tee(d *diagnoser) io.Writer {
	lines := &lineWriter{line: func(s string) {
		d.line(s)
		b.progress.line(s)
	}}
	d.end = lines.end
	if b.opts.Log == nil {
		return lines
	}
	return io.MultiWriter(b.opts.Log, lines)
}
