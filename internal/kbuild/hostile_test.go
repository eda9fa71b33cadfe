// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestLinkOutOfTheTree: a series that made a configuration fragment a link had a file of the host that only its
// owner may read copied into the build. The same holds for whatever else is read of a tree.
func TestLinkOutOfTheTree(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	for _, name := range []string{
		"kernel/configs/tiny.config", "arch/x86/configs/tiny.config", "Documentation/process/changes.rst",
	} {
		for what, spoil := range map[string]func(string) error{
			"leads out of the tree": func(file string) error { return os.Symlink("/etc/passwd", file) },
			"is a FIFO":             func(file string) error { return syscall.Mkfifo(file, 0o666) },
		} {
			src, out := fakeTree(t, nil), t.TempDir()
			file := filepath.Join(src, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			os.Remove(file)
			if err := spoil(file); err != nil {
				t.Fatal(err)
			}
			r := build(t, src, &Options{Out: out, Fragments: testFragment})
			if r.Built || len(r.Findings) != 1 || r.Findings[0].Check != "build/refused-file" ||
				r.Findings[0].File != name || !strings.Contains(r.Findings[0].Message, what) {
				t.Errorf("%s %s: %+v", name, what, r.Findings)
			}
		}
	}
}

// TestFIFOInTheOutputFolder: what a build left in its folder kept the next one waiting for ever.
func TestFIFOInTheOutputFolder(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	src, out := fakeTree(t, nil), t.TempDir()
	opts := &Options{Out: out, Fragments: testFragment}
	build(t, src, opts)
	for _, name := range []string{".lsmpatch/config.stamp", ".lsmpatch/tiny.config", ".lsmpatch/fragment-1.config", ".config"} {
		file := filepath.Join(out, name)
		os.Remove(file)
		if err := syscall.Mkfifo(file, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if r := build(t, src, opts); !r.Built {
		t.Errorf("%+v", r.Findings)
	}
}
