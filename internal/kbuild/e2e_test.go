// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package kbuild

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// The toolchain of the cache is fit for each tree.
func TestE2EProbe(t *testing.T) {
	root := e2e.Toolchain(t)
	for _, version := range []string{"7.3", "7.2", "6.12"} {
		s, err := Probe(t.Context(), e2e.Tree(t, version), &Options{Toolchain: root})
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
