// SPDX-License-Identifier: GPL-2.0-only

// Package kbuild builds Linux kernels and tells what the compilers say about a series.
//
// For most uses, call [Build]: it surveys the toolchain ([Probe]), writes a configuration, runs
// make, and returns the kernel with the complaints as findings. [OpenToolchain] alone gives a way to
// run any of the toolchain's programs.
//
// It reads a Linux tree and never writes to it: all that make makes goes to an output folder
// outside the tree (O=), so that a second build there is short. A build runs code of the
// series' author, so it runs in a sandbox (package sandbox).
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

	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Options says how to build. The zero value builds a tinyconfig kernel with [DefaultFragments].
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
	// Fragments are merged into it, the last one winning; nil for [DefaultFragments].
	Fragments []Fragment
	// Extra are merged behind Fragments, be these named or not, in the builds of a series.
	Extra []Fragment
	// Arch is make's ARCH; "" for x86_64.
	Arch string
	// Targets are what to make; nil for the kernel's image, as it is booted.
	Targets []string
	// Vars are further make variables: "W=1", "CLIPPY=1".
	Vars []string
	// Lenses are words for [ParseLenses]; nil for the cheap ones. Only [BuildSeries] has any look.
	Lenses []string
	// Modules are tristates that the lens modules makes m, where the kernel has them.
	Modules []string
	// KeepGoing makes as much as can be made after an error (make -k), so that all targets speak.
	KeepGoing bool
	// NoSandbox runs make with the rights of the caller: only where the user has asked for just that.
	NoSandbox bool
	// Limits are those of the sandbox for one call of make.
	Limits sandbox.Limits
	// Progress gets a line at most each ProgressEvery (0: second). It may be nil.
	Progress      io.Writer
	ProgressEvery time.Duration
	// Log gets all that make and its programs write. It may be nil.
	Log io.Writer

	// room returns how many bytes are free on the disk of a folder; nil asks the disk.
	room func(dir string) int64
}

func (o *Options) base() string {
	if o.Base == "" {
		return "tinyconfig"
	}
	return o.Base
}

func (b *builder) targets() []string {
	if len(b.opts.Targets) == 0 {
		return []string{b.arch.target}
	}
	return b.opts.Targets
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
	// Log is the file with all that make and its programs wrote, "" where none was kept.
	Log string `json:"log,omitempty"`
	// Complaints are the findings with what tells one from the other.
	Complaints []Complaint `json:"-"`

	src, out Folder
}

// kernel names the kernel, where the targets make one: what an earlier build with other targets left
// is not the kernel of this source.
func (b *builder) kernel(r *Result, dir *view) {
	if b.makesKernel() {
		if r.Vmlinux = dir.path("vmlinux"); b.arch.image != "" {
			r.Kernel = dir.path(b.arch.image)
		}
	}
}

// makesKernel reports whether a kernel is among the targets.
func (b *builder) makesKernel() bool {
	targets := b.targets()
	return slices.Contains(targets, b.arch.target) || slices.Contains(targets, "all")
}

// builder is one build at work.
type builder struct {
	opts     *Options
	arch     *arch
	tc       *Toolchain
	survey   *Survey
	src, out Folder
	source   *view // src, and out below: neither leads us out of it, or makes us wait
	dir      *view
	memory   memory
	progress *progress
	// fragments are the options', or what the tree makes of none.
	fragments []Fragment
	log       io.Closer // may be nil
	surveys   string    // a folder for what is known of toolchains; "" for none
	lastWords string    // the last lines of a lens
	// state is the tree after patches of a series, where its base was built by the same tools; else nil.
	state *tree.Overlay
	// parts names further objects to make, once the targets are there; nil for none.
	parts     func() []string
	madeParts bool // there were any
}

// Build builds the Linux tree src.
//
// A kernel that does not build, a configuration that does not stick, or a limit that the build met, is
// a finding in the result. An error says that the build could not be tried, with a hint where a
// person can mend it: no tree, tools missing or too old, a source tree that has been built in, no
// room. When ctx ends, make and all that it started end first.
//
// What an earlier build in the same folder complained about and this one had no reason to compile
// again is among the findings. A folder whose build was cut is cleaned first, and two builds in
// one folder wait for each other.
func Build(ctx context.Context, src string, opts *Options) (*Result, error) {
	if opts == nil {
		opts = &Options{}
	}
	b := newBuilder(opts)
	defer b.close()
	err := b.open(ctx, src)
	var refused *below.RefusedError
	switch {
	case errors.As(err, &refused):
		return &Result{Out: b.out.Dir, Survey: b.survey, Findings: []report.Finding{refusedFile(refused)}}, nil
	case err != nil:
		return nil, err
	}
	unlock, err := lockFolder(ctx, b.out.Dir, b.progress.say)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := b.begin(); err != nil {
		return nil, hint.Wrap(err, "name an output folder that is writable")
	}
	opts, err = b.keepLog(opts)
	if err != nil {
		return nil, err
	}
	b.opts = opts
	r, err := b.run(ctx)
	if err != nil {
		return r, err
	}
	r.Log = filepath.Join(b.out.Dir, logFile)
	return r, b.end()
}

const logFile = stateDir + "/build.log"

// keepLog returns opts with a log in the output folder as well.
func (b *builder) keepLog(opts *Options) (*Options, error) {
	if err := b.dir.WriteFile(logFile, nil); err != nil {
		return nil, err
	}
	log, err := b.dir.dirs[0].Root().OpenFile(logFile, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	kept := *opts
	b.log, kept.Log = log, log
	if opts.Log != nil {
		kept.Log = io.MultiWriter(log, opts.Log)
	}
	return &kept, nil
}

func newBuilder(opts *Options) *builder {
	return &builder{opts: opts, arch: &arches[0], survey: &Survey{}, memory: memory{},
		progress: newProgress(opts.Progress, opts.ProgressEvery)}
}

// run configures and makes, in folders that are open.
func (b *builder) run(ctx context.Context) (*Result, error) {
	start := time.Now()
	r := &Result{Out: b.out.Dir, Survey: b.survey, Findings: []report.Finding{}}
	delete(b.memory, "")
	err := b.build(ctx, r)
	var refused *below.RefusedError
	if errors.As(err, &refused) {
		r.Complaints, err = append(r.Complaints, Complaint{Finding: refusedFile(refused)}), nil
	}
	b.progress.end()
	r.Findings = findingsOf(r.Complaints)
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
			return hint.Wrap(fmt.Errorf("make variable %s is not to be set", m[1]), "Out, LLVM and Arch are options of their own")
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
	if b.arch, err = archOf(b.opts.Arch); err != nil {
		return err
	}
	if b.src.Dir, err = realPath(src); err != nil {
		return hint.Wrap(err, "name the top folder of a Linux tree")
	}
	if b.source, err = b.src.open(-1); err != nil {
		return hint.Wrap(err, "name the top folder of a Linux tree")
	}
	if err := b.prepare(ctx, b.source); err != nil {
		return err
	}
	if err := b.askRust(ctx); err != nil {
		return err
	}
	if err := b.checkClean(src); err != nil {
		return err
	}
	return b.openOut()
}

// prepare looks at the toolchain for a tree that need not be laid out.
func (b *builder) prepare(ctx context.Context, tree fs.FS) (err error) {
	if b.tc, err = OpenToolchain(ctx, b.opts.Toolchain, b.opts.NoSandbox); err != nil {
		return err
	}
	if b.fragments == nil {
		b.fragments = b.opts.Fragments
	}
	if b.fragments == nil {
		b.fragments = DefaultFragments(tree, nil, b.arch.name)
	}
	if b.survey, err = b.tc.knownSurvey(ctx, b.surveys, tree, b.opts.LLVM, wantsRust(b.fragments)); err != nil {
		return err
	}
	return b.survey.toolsErr()
}

// askRust asks the tree's make about Rust, where that is wanted.
func (b *builder) askRust(ctx context.Context) error {
	if !b.survey.Rust {
		return nil
	}
	if err := b.tc.rustAvailable(ctx, b.src, b.survey); err != nil {
		return err
	}
	return b.survey.Err()
}

// checkClean tells of a tree that was built in, which kbuild refuses to build from elsewhere.
func (b *builder) checkClean(name string) error {
	for _, trace := range []string{".config", "include/config", "arch/" + b.arch.src + "/include/generated"} {
		if _, err := b.source.Lstat(trace); err == nil {
			return hint.Wrap(fmt.Errorf("source tree %s is not clean: it has %s of a build inside the tree", name, trace),
				"run make mrproper there")
		}
	}
	return nil
}

// openOut makes and opens the output folder.
func (b *builder) openOut() error {
	out, src := b.opts.Out, b.src.Dir
	if out == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return hint.Wrap(err, "name an output folder")
		}
		out = filepath.Join(cache, "lsmpatch", "build", strings.ReplaceAll(strings.Trim(src, "/"), "/", "-"))
	}
	const elsewhere = "name an output folder that is writable and outside the source tree"
	if err := os.MkdirAll(out, 0o777); err != nil {
		return hint.Wrap(err, elsewhere)
	}
	out, err := realPath(out)
	if err != nil {
		return err
	}
	if b.out.Dir = out; out == src || strings.HasPrefix(out, src+"/") || strings.HasPrefix(src, out+"/") {
		return hint.Wrap(fmt.Errorf("output folder %s and source tree %s lie in each other", out, src), elsewhere)
	}
	if b.dir, err = b.out.open(b.tc.box.Owner()); err != nil {
		return hint.Wrap(err, elsewhere)
	}
	return nil
}

// close lets go of the folders that were opened.
func (b *builder) close() {
	for _, v := range []*view{b.source, b.dir} {
		if v != nil {
			v.close()
		}
	}
	if b.log != nil {
		b.log.Close()
	}
}

func realPath(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// build configures and makes.
func (b *builder) build(ctx context.Context, r *Result) error {
	b.progress.say("configuring")
	complaints, err := b.configure(ctx)
	r.Complaints = complaints
	r.Config = b.dir.path(".config")
	if err != nil || anyError(complaints) {
		return err
	}
	complaints, err = b.runStep(ctx, b.makeTargets(b.targets()...), nil)
	r.Complaints = append(r.Complaints, complaints...)
	if err == nil && !anyError(complaints) {
		r.Built = true
		b.kernel(r, b.dir)
		complaints, err = b.makeParts(ctx)
		r.Complaints = append(r.Complaints, complaints...)
	}
	r.Complaints = append(r.Complaints, b.memory.rest(b.dir, b.source)...)
	return err
}

// make returns make's command line with further arguments.
func (b *builder) make(args ...string) []string {
	// --no-print-directory keeps the lines to complaints and labels.
	line := []string{"make", "--no-print-directory", "LLVM=" + b.survey.LLVM, "O=" + b.tc.OutPath(b.out)}
	return slices.Concat(line, b.arch.vars(), b.opts.Vars, args)
}

// makeTargets returns make's command line for targets, several at once.
func (b *builder) makeTargets(targets ...string) []string {
	args := b.make(fmt.Sprintf("-j%d", b.opts.jobs()), "--output-sync=target")
	if b.opts.KeepGoing {
		args = append(args, "--keep-going")
	}
	return append(args, targets...)
}

// newDiagnoser returns a reader of make's output that knows this build's folders.
func newDiagnoser(b *builder) *diagnoser {
	return &diagnoser{
		source: b.tc.SourcePath(b.src),
		seen:   map[report.Finding]bool{},
		locate: b.locator(),
		limits: b.opts.Limits,
		full:   b.diskFull,
		inTree: func(name string) bool {
			info, err := b.source.Lstat(name)
			return err == nil && info.Mode().IsRegular()
		},
		function: b.enclosing, lineOf: b.lineOf, user: b.userOf, placeConfig: b.placeConfig, mentioned: b.mentioned,
		sourceOf: func(object string) string {
			if sources := sourcesOf(b.source, []string{strings.TrimSuffix(object, ".o")}); len(sources) > 0 {
				return sources[0]
			}
			return ""
		},
	}
}

// needRoom is what a disk must have free for a lack of room not to be its fault, in bytes.
const needRoom = 1 << 30

// diskFull reports whether the disk of the output folder is.
func (b *builder) diskFull() bool {
	if b.opts.room != nil {
		return b.opts.room(b.out.Upper()) < needRoom
	}
	var fs unix.Statfs_t
	err := unix.Statfs(b.out.Upper(), &fs)
	return err == nil && int64(fs.Bavail)*fs.Bsize < needRoom
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
