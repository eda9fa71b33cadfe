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

// Each way of isolation keeps a build away from all but its output folder.
func TestE2EIsolation(t *testing.T) {
	root := e2e.Toolchain(t)
	for _, via := range []isolation{viaBubblewrap, viaChroot} {
		t.Run(string(via), func(t *testing.T) {
			tc := &Toolchain{root: root, via: via}
			if err := tc.prove(t.Context()); err != nil {
				t.Fatal(err)
			}
			src, out := t.TempDir(), t.TempDir()
			write(t, filepath.Join(src, "file"), "text")
			for script, works := range map[string]bool{
				"rustc --version && clang-19 --version && make --version":                        true,
				"cat /src/file && test $PWD = /src":                                              true,
				"echo made >/out/made && echo x >/tmp/x":                                         true,
				"echo x >/dev/null && head -c 1 /dev/urandom && cat </dev/fd/0 && ls /proc/self": true,
				"echo x >/src/new":                        false,
				"echo x >/usr/new":                        false,
				"echo x >/new":                            false,
				"mount -o remount,rw /src || umount /src": false,
				"mount -t tmpfs none /mnt":                false,
				"chroot / true":                           false,
				"ls " + out:                               false, // the machine's own folders
				"grep -q : /proc/net/route; grep -v -e lo: -e '|' /proc/net/dev | grep :": false,
				"kill -0 " + firstOtherPID():                    false,
				"grep -q 'CapEff:.*[1-9a-f]' /proc/self/status": false,
			} {
				_, err := tc.Output(t.Context(), Cmd{Args: []string{"sh", "-c", script}, Source: src, Out: out})
				if (err == nil) != works {
					t.Errorf("%s: %v, want it to work: %v", script, err, works)
				}
			}
			if got := read(t, filepath.Join(out, "made")); got != "made\n" {
				t.Errorf("made %q", got)
			}
		})
	}
}

// firstOtherPID returns the number of this process, which a process inside must not find.
func firstOtherPID() string {
	pid, _ := os.Readlink("/proc/self")
	return pid
}
