// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package kbuild

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// The toolchain of the cache is fit for each tree.
func TestE2EProbe(t *testing.T) {
	tc, err := OpenToolchain(t.Context(), e2e.Toolchain(t), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"7.3", "7.2", "6.12"} {
		s, err := tc.Probe(t.Context(), e2e.Tree(t, version))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Err(); err != nil || !strings.HasPrefix(s.LLVM, "-") || !s.RustAvailable {
			t.Errorf("Linux %s: %v; survey %+v", version, err, s)
		}
		for _, tool := range s.Tools {
			if tool.Minimum == "" && tool.Name != "libelf" && tool.Name != "perl" {
				t.Errorf("Linux %s names no minimum for %s", version, tool.Name)
			}
		}
	}
}

// TestE2EKconfigsAreRead: as if a series brought all of them, each Kconfig file of a tree is sourced by another, but the first.
func TestE2EKconfigsAreRead(t *testing.T) {
	for _, version := range []string{"7.3", "7.2", "6.12"} {
		base := tree.NewDirFS(e2e.Tree(t, version))
		after := tree.NewOverlay(base)
		n := 0
		if err := eachKconfig(t.Context(), base, "", func(name, text string) {
			n++
			if err := after.Write(tree.Change{Path: name, Mode: filemode.Regular, Data: []byte(text)}); err != nil {
				t.Fatal(err)
			}
		}); err != nil {
			t.Fatal(err)
		}
		found, err := UnreadKconfigs(t.Context(), fstest.MapFS{}, after)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, f := range found {
			told = append(told, f.File)
		}
		if n < 1000 || strings.Join(told, " ") != "Kconfig" {
			t.Errorf("Linux %s: of %d, told of %v", version, n, told)
		}
	}
}

// The toolchain's programs run in the sandbox, which keeps them from all but the output folder.
func TestE2EIsolation(t *testing.T) {
	tc, err := OpenToolchain(t.Context(), e2e.Toolchain(t), false)
	if err != nil {
		t.Fatal(err)
	}
	src, out := t.TempDir(), t.TempDir()
	write(t, filepath.Join(src, "file"), "text")
	for script, works := range map[string]bool{
		"rustc --version && clang-19 --version && make --version":                                true,
		"echo 'int main(void) { return 0; }' >/tmp/x.c && clang-19 -o /out/x /tmp/x.c && /out/x": true,
		"echo 'fn main() {}' >/tmp/x.rs && rustc -o /out/y /tmp/x.rs && /out/y":                  true,
		"cat /src/file && test $PWD = /src && echo made >/out/made":                              true,
		"test -w /src -o -w /usr -o -w /":                                                        false,
		"test -w /proc/sys/kernel/core_pattern":                                                  false,
		"unshare -Ur true":                                                                       false,
		"ls " + out:                                                                              false, // the machine's own folders
		"kill -0 " + firstOtherPID():                                                             false,
		"grep -q 'CapEff:.*[1-9a-f]' /proc/self/status":                                          false,
	} {
		_, err := tc.Output(t.Context(), Cmd{Args: []string{"sh", "-c", script}, Source: Folder{Dir: src}, Out: Folder{Dir: out}})
		if (err == nil) != works {
			t.Errorf("%s: %v, want it to work: %v", script, err, works)
		}
	}
	if got := read(t, filepath.Join(out, "made")); got != "made\n" {
		t.Errorf("made %q", got)
	}
}

// firstOtherPID returns the number of this process, which a process inside must not find.
func firstOtherPID() string {
	pid, _ := os.Readlink("/proc/self")
	return pid
}

// Series on a real kernel: what each complains about, patch by patch, and nothing that the base has.
func TestLongSeries(t *testing.T) {
	top, err := tree.Open(e2e.Tree(t, "7.3"))
	if err != nil {
		t.Fatal(err)
	}
	defer top.Close()
	base, err := top.Snapshot("")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := OpenCache(filepath.Join(e2e.Scratch(t), "builds"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(base, "security/commoncap.c")
	if err != nil {
		t.Fatal(err)
	}
	commoncap := string(text)
	with := func(more string) patch { return patch{"security/commoncap.c": commoncap + more} }
	for _, c := range []struct {
		name    string
		patches []patch
		want    string // check and severity of each finding, with its patch
	}{
		{"clean", []patch{with("\n/* more */\n")}, ""},
		{"warning", []patch{with("\nstatic int left_over(void)\n{\n\treturn 1;\n}\n")}, "1 build/new-warning error"},
		{"error", []patch{with("\nint broken = undeclared;\n")}, "1 build/compiler error"},
		{"bisect", []patch{with("\n#include <linux/comes_later.h>\n"), {"include/linux/comes_later.h": "/* here */\n"}}, "1 build/bisect error"},
	} {
		s := &Series{Base: base, BaseKey: "e2e", Title: "Linux 7.3", Cache: cache}
		sum := patch{}
		for i, p := range c.patches {
			maps.Copy(sum, p)
			o := tree.NewOverlay(base)
			for name, text := range sum {
				if err := o.Write(tree.Change{Path: name, Mode: filemode.Regular, Data: []byte(text)}); err != nil {
					t.Fatal(err)
				}
			}
			s.States = append(s.States, State{i + 1, o})
		}
		for range 2 {
			r, err := BuildSeries(t.Context(), s, &Options{Toolchain: e2e.Toolchain(t), Targets: []string{"security/"}})
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
			var got []string
			for _, f := range r.Findings {
				got = append(got, fmt.Sprintf("%d %s %s", f.Patch, f.Check, f.Severity))
			}
			t.Logf("%s: base cached %v, series cached %v, %d commands, %.1f s", c.name, r.Base.Cached, r.Cached, r.Commands, r.Seconds)
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%s: %+v, want %q", c.name, r.Findings, c.want)
			}
		}
	}
}
