// SPDX-License-Identifier: GPL-2.0-only

package symbols

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

//go:embed program/dump.c
var dumpSource []byte

// Options say whose symbols are asked for.
type Options struct {
	// Box runs the tree's programs; it is required.
	Box *sandbox.Box
	// Arch is make's ARCH: "x86_64", "arm64"; SrcArch the folder of arch/. LLVM is make's LLVM.
	Arch, SrcArch, LLVM string
	// Tools names the version of the tools, so that others have a cache of their own.
	Tools string
	// Cache is the folder for what is kept; "" for one below the user's cache.
	Cache string
}

// A Session is the configuration machinery of one tree. Close removes its scratch folder.
type Session struct {
	opts    *Options
	sources *sources
	kept    string // the folder of the machinery, out/ and env in it
	scratch string // src/ and work/
	env     []string
}

const (
	insideSource = "/src"
	insideOut    = "/out"
	insideWork   = "/work"
)

// Open reads the part of tree that makes configurations, and builds the tree's conf where that was not
// done before. A tree whose conf does not build is an error with what make said.
func Open(ctx context.Context, tree fs.FS, opts *Options) (*Session, error) {
	src, err := collect(tree, opts.SrcArch)
	if err != nil {
		return nil, err
	}
	cache := opts.Cache
	if cache == "" {
		if cache, err = os.UserCacheDir(); err != nil {
			return nil, err
		}
		cache = filepath.Join(cache, "lsmpatch")
	}
	about := map[string][]byte{"dump.c": dumpSource,
		"tools": fmt.Appendf(nil, "%q %q %q %q %q", opts.Box.Root(), opts.Tools, opts.Arch, opts.LLVM, opts.Box.How())}
	s := &Session{opts: opts, sources: src, kept: filepath.Join(cache, "kconfig", hash(src.machinery, about))}
	if err := os.MkdirAll(filepath.Dir(s.kept), 0o755); err != nil {
		return nil, err
	}
	if s.scratch, err = os.MkdirTemp(filepath.Dir(s.kept), "tmp"); err != nil {
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close removes what only this session needed.
func (s *Session) Close() error { return os.RemoveAll(s.scratch) }

func (s *Session) open(ctx context.Context) error {
	if err := os.Chmod(s.scratch, 0o755); err != nil { // the box runs as another user
		return err
	}
	for _, dir := range []string{"src", "work"} {
		if err := os.Mkdir(filepath.Join(s.scratch, dir), 0o755); err != nil {
			return err
		}
	}
	if err := s.sources.layOut(filepath.Join(s.scratch, "src")); err != nil {
		return err
	}
	if _, err := os.Stat(s.kept); err != nil {
		if err := s.build(ctx); err != nil {
			return err
		}
	}
	env, err := os.ReadFile(filepath.Join(s.kept, "out", "env"))
	if err != nil {
		return err
	}
	s.env = environment(env, s.path("work"))
	return nil
}

// path returns what a program of the box calls one of our folders.
func (s *Session) path(name string) string { return s.opts.Box.Path(s.mount(name)) }

func (s *Session) mount(name string) sandbox.Mount {
	switch name {
	case "src":
		return sandbox.Mount{Host: filepath.Join(s.scratch, "src"), Inside: insideSource}
	case "work":
		return sandbox.Mount{Host: filepath.Join(s.scratch, "work"), Inside: insideWork, Write: true}
	case "making":
		return sandbox.Mount{Host: filepath.Join(s.scratch, "out"), Inside: insideOut, Write: true}
	}
	return sandbox.Mount{Host: filepath.Join(s.kept, "out"), Inside: insideOut}
}

// askEnvironment is a Kconfig file that writes down the environment in which make runs conf: the
// architecture, the compilers and their versions, on which Kconfig files depend.
const askEnvironment = "asked := $(shell,env -0 >%s/env)\nconfig ASKED\n\tbool\n"

// build makes conf and the program that dumps symbols, and keeps them.
func (s *Session) build(ctx context.Context) error {
	out := filepath.Join(s.scratch, "out")
	if err := os.Mkdir(out, 0o755); err != nil {
		return err
	}
	inside := s.path("making")
	for name, data := range map[string][]byte{"ask": fmt.Appendf(nil, askEnvironment, inside), "dump.c": dumpSource} {
		if err := os.WriteFile(filepath.Join(out, name), data, 0o644); err != nil {
			return err
		}
	}
	args := []string{"make", "-s", "-C", s.path("src"), "O=" + inside, "ARCH=" + s.opts.Arch, "KBUILD_KCONFIG=" + inside + "/ask",
		"KCONFIG_CONFIG=" + inside + "/asked.config"}
	if s.opts.LLVM != "" {
		args = append(args, "LLVM="+s.opts.LLVM)
	}
	making := []sandbox.Mount{s.mount("src"), s.mount("making")}
	if _, err := s.opts.Box.Output(ctx, sandbox.Cmd{Args: append(args, "allnoconfig"), Mounts: making, Dir: s.path("src")}); err != nil {
		return fmt.Errorf("building the tree's conf: %w", err)
	}
	env, err := os.ReadFile(filepath.Join(out, "env"))
	if err != nil {
		return fmt.Errorf("asking make for its environment: %w", err)
	}
	objects, err := filepath.Glob(filepath.Join(out, "scripts/kconfig/*.o"))
	if err != nil {
		return err
	}
	compiler := value(env, "HOSTCC")
	if compiler == "" {
		compiler = "cc"
	}
	link := append(strings.Fields(compiler), "-O2", "-o", inside+"/dump", "-I"+s.path("src")+"/scripts/kconfig", "-I"+s.path("src")+"/scripts/include", inside+"/dump.c")
	for _, o := range objects {
		if name := filepath.Base(o); name != "conf.o" { // it has a main of its own
			link = append(link, inside+"/scripts/kconfig/"+name)
		}
	}
	if _, err := s.opts.Box.Output(ctx, sandbox.Cmd{Args: link, Mounts: making, Dir: inside}); err != nil {
		return fmt.Errorf("linking a program with the tree's scripts/kconfig: %w", err)
	}
	// All at once: a run that was cut leaves nothing behind that looks finished. Another run may
	// have been first, which is as good.
	done := filepath.Join(s.scratch, "done")
	if err := errors.Join(os.Mkdir(done, 0o755), os.Rename(out, filepath.Join(done, "out"))); err != nil {
		return err
	}
	if err := os.Rename(done, s.kept); err != nil {
		if _, missing := os.Stat(s.kept); missing != nil {
			return err
		}
	}
	return nil
}

// value returns a variable of an environment as env -0 writes it.
func value(env []byte, name string) string {
	for line := range bytes.SplitSeq(env, []byte{0}) {
		if v, ok := bytes.CutPrefix(line, []byte(name+"=")); ok {
			return string(v)
		}
	}
	return ""
}

// ours are the variables that this program sets for each run itself, or that belong to make.
var ours = []string{"KCONFIG_CONFIG", "KCONFIG_ALLCONFIG", "KBUILD_KCONFIG", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "PWD", "OLDPWD", "SHLVL", "_", "HOME", "PATH"}

// environment turns what env -0 wrote into the environment for conf.
func environment(env []byte, work string) []string {
	var out []string
	for line := range bytes.SplitSeq(env, []byte{0}) {
		name, _, ok := strings.Cut(string(line), "=")
		if ok && !slices.Contains(ours, name) {
			out = append(out, string(line))
		}
	}
	return append(out, "KCONFIG_CONFIG="+work+"/config")
}

// run runs a program of the kept folder, with the writable folder as its working directory, in which
// Kconfig's probes of the compiler make their files.
func (s *Session) run(ctx context.Context, env []string, args ...string) ([]byte, error) {
	args[0] = s.path("out") + "/" + args[0]
	return s.opts.Box.Output(ctx, sandbox.Cmd{
		Args: args, Dir: s.path("work"), Env: append(slices.Clone(s.env), env...),
		Mounts: []sandbox.Mount{s.mount("src"), s.mount("out"), s.mount("work")},
	})
}

// Model returns all symbols. Kconfig files that do not parse are an error, a [*KconfigError].
func (s *Session) Model(ctx context.Context) (*Model, error) {
	name := hash(s.sources.kconfig) + ".dump"
	data, err := os.ReadFile(filepath.Join(s.kept, name))
	if err != nil {
		if data, err = s.run(ctx, nil, "dump", "Kconfig"); err != nil {
			return nil, kconfigError(err)
		}
		s.keep(name, data)
	}
	return Parse(bytes.NewReader(data))
}

// A KconfigError says that the Kconfig files of a tree do not parse.
type KconfigError struct {
	Output string // what the tree's conf said, with file and line
	Err    error
}

func (e *KconfigError) Error() string { return "the tree's Kconfig files do not parse" }

// Unwrap returns the error of the program.
func (e *KconfigError) Unwrap() error { return e.Err }

var saidRE = lazyregexp.New(`(?m)^([A-Za-z0-9_./-]+):([0-9]+):\s*(?:error:\s*)?(.+)$`)

// Findings returns what conf said of each place.
func (e *KconfigError) Findings() []report.Finding {
	var out []report.Finding
	for _, m := range saidRE.FindAllStringSubmatch(e.Output, -1) {
		number, _ := strconv.Atoi(m[2]) // digits; of too many, none is a line
		out = append(out, report.Finding{Check: "build/config", Severity: report.Error, File: m[1], Line: number, Message: m[3]})
	}
	if len(out) == 0 {
		out = append(out, report.Finding{Check: "build/config", Severity: report.Error, Message: e.Error(), Detail: e.Output})
	}
	return out
}

func kconfigError(err error) error {
	var failed *run.Error
	if !errors.As(err, &failed) || failed.ExitCode != 1 {
		return fmt.Errorf("dumping the symbols: %w", err)
	}
	return &KconfigError{Output: string(failed.Output), Err: err}
}

// Conf runs the tree's conf in one of its modes, "olddefconfig" or "allnoconfig", on a configuration, and
// returns the one that it makes. In mode allnoconfig config holds the values that count (allconfig).
func (s *Session) Conf(ctx context.Context, mode, config string) (string, error) {
	// What conf makes depends on nothing else.
	name := hash(s.sources.kconfig, map[string][]byte{"mode": []byte(mode), "config": []byte(config)}) + ".config"
	if text, err := os.ReadFile(filepath.Join(s.kept, name)); err == nil {
		return string(text), nil
	}
	text, err := s.conf(ctx, mode, config)
	if err == nil {
		s.keep(name, []byte(text))
	}
	return text, err
}

// keep keeps what was made. Not to keep it is no fault: it is made anew the next time.
func (s *Session) keep(name string, data []byte) {
	temp := filepath.Join(s.scratch, "kept")
	if os.WriteFile(temp, data, 0o644) == nil {
		os.Rename(temp, filepath.Join(s.kept, name))
	}
}

func (s *Session) conf(ctx context.Context, mode, config string) (string, error) {
	work := filepath.Join(s.scratch, "work")
	for name, text := range map[string]string{"config": config, "all.config": config} {
		if err := replace(work, name, text); err != nil {
			return "", err
		}
	}
	var env []string
	if mode == "allnoconfig" {
		env = []string{"KCONFIG_ALLCONFIG=" + s.path("work") + "/all.config"}
	}
	if _, err := s.run(ctx, env, "scripts/kconfig/conf", "-s", "--"+mode, "Kconfig"); err != nil {
		return "", kconfigError(err)
	}
	root, err := os.OpenRoot(work)
	if err != nil {
		return "", err
	}
	defer root.Close()
	text, err := root.ReadFile("config")
	return string(text), err
}

// replace writes a file of a folder that programs of the box write to as well.
func replace(dir, name, text string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := root.WriteFile(name, []byte(text), 0o644); err != nil {
		return err
	}
	return root.Chmod(name, 0o666)
}
