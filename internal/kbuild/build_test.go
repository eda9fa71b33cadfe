// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// fakeTree lays out testdata/tree.txtar, with the text of files put in place of its own.
func fakeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/tree.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "linux")
	if err := txtar.Write(archive, dir); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	// Kconfig is older than the build, as in life.
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "security/Kconfig"), old, old); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	runtest.Write(t, name, []byte(text))
}

// fakeTools puts programs into PATH that tell a good version, apart from those of versions.
func fakeTools(t *testing.T, versions map[string]string) {
	t.Helper()
	if _, err := exec.LookPath("bwrap"); err != nil {
		t.Skip("a build is refused where there is no bubblewrap, which `make test` does not ask for")
	}
	all := map[string]string{
		"flex": "flex 2.6.4", "bison": "bison (GNU Bison) 3.8.2", "bc": "bc 1.07.1",
		"clang-99": "Debian clang version 99.1.7 (3+b1)", "ld.lld-99": "Debian LLD 99.1.7",
		"llvm-nm-99": "Debian LLVM version 99.1.7", "llvm-ar-99": "LLVM 99", "llvm-objcopy-99": "LLVM 99",
		"llvm-readelf-99": "LLVM 99", "llvm-strip-99": "LLVM 99",
		"bindgen": "bindgen 0.71.1", "rustc": "rustc 1.85.1 (4eb161250 2025-03-15)",
	}
	for name, v := range versions {
		all[name] = v
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "lib/rustlib/src/rust/library/core/src/lib.rs"), "")
	for name, v := range all {
		script := fmt.Sprintf("#!/bin/sh\n[ \"$*\" = '--print sysroot' ] && echo %s || echo '%s'\n", dir, v)
		if v == "" {
			script = "#!/bin/sh\nexit 1\n"
		}
		write(t, filepath.Join(dir, name), script)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

var testFragment = []Fragment{{Name: "test.config", Text: "CONFIG_SECURITY=y\n"}}

func build(t *testing.T, src string, opts *Options) *Result {
	t.Helper()
	r, err := Build(t.Context(), src, opts)
	if err != nil {
		t.Fatalf("%v\nhint: %s", err, hint.Of(err))
	}
	return r
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestBuild(t *testing.T) {
	fakeTools(t, nil)
	src, out := fakeTree(t, nil), t.TempDir()
	var progress, log strings.Builder
	opts := &Options{Out: out, Fragments: testFragment, Progress: &progress, Log: &log}
	r := build(t, src, opts)
	if !r.Built || len(r.Findings) != 0 || r.Commands != 2 || r.Survey.LLVM != "-99" {
		t.Errorf("result %+v, survey %+v", r, r.Survey)
	}
	if got := read(t, r.Kernel); got != "built by lsmpatch\n" {
		t.Errorf("kernel %q", got)
	}
	if got := read(t, r.Config); got != "CONFIG_EXPERT=y\nCONFIG_SECURITY=y\n" {
		t.Errorf(".config %q", got)
	}
	if !strings.Contains(progress.String(), "build: 1 CC, 0 RUSTC, 0 LD, 1 others") {
		t.Errorf("progress %q", progress.String())
	}
	if !strings.Contains(log.String(), "CC      security/security.o") {
		t.Errorf("log %q", log.String())
	}

	t.Run("again", func(t *testing.T) {
		before, err := os.Stat(r.Config)
		if err != nil {
			t.Fatal(err)
		}
		build(t, src, opts)
		if after, err := os.Stat(r.Config); err != nil || !after.ModTime().Equal(before.ModTime()) {
			t.Errorf("a second build wrote .config again (%v)", err)
		}
		if got := read(t, filepath.Join(out, "ran")); got != "conf\n" {
			t.Errorf("conf ran again: %q", got)
		}
	})
	t.Run("other fragment", func(t *testing.T) {
		runtest.Deep(t)
		opts.Fragments = []Fragment{{Name: "test.config", Text: "CONFIG_SECURITY=n\n"}}
		build(t, src, opts)
		if got := read(t, r.Config); !strings.Contains(got, "CONFIG_SECURITY=n") {
			t.Errorf(".config %q", got)
		}
	})
	t.Run("newer Kconfig", func(t *testing.T) {
		runtest.Deep(t)
		now := time.Now().Add(time.Hour)
		if err := os.Chtimes(filepath.Join(src, "security/Kconfig"), now, now); err != nil {
			t.Fatal(err)
		}
		build(t, src, opts)
		if got := read(t, filepath.Join(out, "ran")); got != "conf\nconf\nconf\n" {
			t.Errorf("conf ran %q", got)
		}
	})
	// make goes by age alone: the objects of one tree would pass for those of another.
	t.Run("other tree", func(t *testing.T) {
		runtest.Deep(t)
		write(t, filepath.Join(out, "security/old.o"), "")
		build(t, fakeTree(t, nil), opts)
		if _, err := os.Stat(filepath.Join(out, "security/old.o")); err == nil {
			t.Error("the output folder was not emptied")
		}
	})
}

func TestBuildConfigDoesNotStick(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	fragment := []Fragment{{Name: "test.config", Text: "CONFIG_SECURITY=y\nCONFIG_NO_SUCH=y\n"}}
	r := build(t, fakeTree(t, nil), &Options{Out: t.TempDir(), Fragments: fragment})
	if r.Built || len(r.Findings) != 1 {
		t.Fatalf("result %+v", r)
	}
	f := r.Findings[0]
	if f.Check != "build/config" || f.Severity != report.Error || !strings.Contains(f.Message, "CONFIG_NO_SUCH=y did not stick: no Kconfig of this tree defines it") {
		t.Errorf("finding %+v", f)
	}
}

func TestBuildFails(t *testing.T) {
	fakeTools(t, nil)
	for _, c := range []struct{ name, script, check, message string }{
		{"compiler", `echo "$PWD/rust/kernel/lsm.rs:1:2: error: it is wrong"; exit 1`, "build/compiler", "it is wrong"},
		{"no word", "echo what now; exit 1", "build/make", "[Makefile:"},
		{"a warning only", `echo "$PWD/rust/kernel/lsm.rs:1:2: warning: it is odd"`, "build/compiler", "it is odd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name != "compiler" {
				runtest.Deep(t)
			}
			src := fakeTree(t, map[string]string{"scripts/compile.sh": c.script})
			r := build(t, src, &Options{Out: t.TempDir(), Fragments: testFragment})
			if len(r.Findings) != 1 || r.Findings[0].Check != c.check || !strings.Contains(r.Findings[0].Message, c.message) {
				t.Errorf("findings %+v", r.Findings)
			}
			if r.Built == report.AnyError(r.Findings) {
				t.Errorf("built is %v", r.Built)
			}
		})
	}
}

// What this machine lacks is an error with a hint, not a finding about the series.
func TestBuildErrors(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	good := fakeTree(t, nil)
	full := fakeTree(t, map[string]string{"scripts/compile.sh": "echo 'ld: final link failed: No space left on device'; exit 1"})
	dirty := fakeTree(t, map[string]string{"include/config/auto.conf": ""})
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	for _, c := range []struct{ name, src, out, err, hint string }{
		{"no tree", "/nonexistent", "", "no such file", "Linux tree"},
		{"no Linux tree", t.TempDir(), t.TempDir(), "is not a Linux tree", "Linux tree"},
		{"disk full", full, t.TempDir(), "No space left on device", "free some disk space"},
		{"built in", dirty, t.TempDir(), "not clean: it has include/config", "make mrproper"},
		{"out in the tree", good, filepath.Join(good, "build"), "lie in each other", "outside the source tree"},
		{"out is a file", good, file, "not a directory", "writable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			full := func(string) int64 { return 0 }
			_, err := Build(t.Context(), c.src, &Options{Out: c.out, Fragments: testFragment, room: full})
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(hint.Of(err), c.hint) {
				t.Errorf("%v, hint %q; want %q, hint %q", err, hint.Of(err), c.err, c.hint)
			}
		})
	}
	for v, want := range map[string]string{"O=/tmp": "O is not to be set", "--eval=x": "has no name", "LLVM=1": "LLVM is not to be set"} {
		if _, err := Build(t.Context(), good, &Options{Out: t.TempDir(), Vars: []string{v}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("variable %s: %v, want %q", v, err, want)
		}
	}
	for name, c := range map[string]struct {
		versions  map[string]string
		err, hint string
	}{
		"old":     {map[string]string{"bindgen": "bindgen 0.60.1"}, "bindgen 0.60.1 is older than the tree's minimum 0.71.1", "mmdebstrap"},
		"missing": {map[string]string{"flex": ""}, "flex is missing", "mmdebstrap"},
	} {
		t.Run(name, func(t *testing.T) {
			fakeTools(t, c.versions)
			_, err := Build(t.Context(), good, &Options{Out: t.TempDir()})
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(hint.Of(err), c.hint) {
				t.Errorf("%v, hint %q", err, hint.Of(err))
			}
		})
	}
}

// A build that is cut leaves no process behind, and what it left half made is not taken for done.
func TestBuildInterrupted(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	src, out := fakeTree(t, map[string]string{"scripts/compile.sh": "echo half >$1/half.o; while :; do date +%s%N >$1/alive; sleep 0.05; done"}), t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(out + "/alive"); err == nil {
				cancel(interrupted)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	opts := &Options{Out: out, Fragments: testFragment, Targets: []string{"half"}}
	if _, err := Build(ctx, src, opts); !errors.Is(err, interrupted) {
		t.Errorf("error %v", err)
	}
	last := read(t, out+"/alive")
	time.Sleep(300 * time.Millisecond)
	if now := read(t, out+"/alive"); now != last {
		t.Error("the compiler lives on")
	}
	write(t, filepath.Join(src, "scripts/compile.sh"), "echo whole >$1/half.o")
	build(t, src, opts)
	if got := read(t, out+"/half.o"); got != "whole\n" {
		t.Errorf("made %q", got)
	}
}

// The same build again said nothing of a warning, since make had nothing to compile.
func TestBuildRepeatsWarnings(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	src := fakeTree(t, map[string]string{
		"Makefile": strings.Replace(read(t, filepath.Join(fakeTree(t, nil), "Makefile")), "bzImage:\n", "bzImage: $(O)/warn.o\n", 1) +
			"$(O)/warn.o: security/warn.c\n\t@echo '  CC      warn.o'\n\t@echo '/src/security/warn.c:3:1: warning: it is odd'\n\t@touch $@\n",
		"security/warn.c": "int f(void)\n{\n\treturn 0;\n}\n",
	})
	opts := &Options{Out: t.TempDir(), Fragments: testFragment}
	for range 3 {
		r := build(t, src, opts)
		if len(r.Findings) != 1 || r.Findings[0].File != "security/warn.c" || r.Complaints[0].Function != "f" {
			t.Errorf("complaints %+v", r.Complaints)
		}
	}
}

func TestBuildLimits(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	for limit, c := range map[string]struct {
		script string
		limits sandbox.Limits
	}{
		"time":            {"sleep 60", sandbox.Limits{Time: time.Second}},
		"file size":       {"dd if=/dev/zero of=$1/large bs=1M count=9", sandbox.Limits{FileSize: 4 << 20}},
		"temporary files": {"dd if=/dev/zero of=/tmp/large bs=1M count=9", sandbox.Limits{Temp: 4 << 20}},
		"processes":       {"for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do sleep 1 & done; wait; exit 1", sandbox.Limits{Processes: 8}},
	} {
		t.Run(limit, func(t *testing.T) {
			src := fakeTree(t, map[string]string{"scripts/compile.sh": c.script})
			r := build(t, src, &Options{Out: t.TempDir(), Fragments: testFragment, Limits: c.limits})
			if r.Built || len(r.Findings) == 0 || r.Findings[0].Check != "build/limit" || !strings.Contains(r.Findings[0].Message, "limit on "+limit+" of") {
				t.Errorf("findings %+v", r.Findings)
			}
		})
	}
}
