// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/boot/ktap"
	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// Folders come with all that is below them, and a busybox under its many names.
func TestFolders(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a_test", "sub/data", "box"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// A link would bring whatever it points to.
	if err := os.Symlink("/etc/shadow", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	opts := &Options{Folders: []Folder{{"/tests/lsm", dir}}, Shell: filepath.Join(dir, "box"), Programs: []Program{{Name: "lsm:a_test", Args: []string{"/tests/lsm/a_test"}}}}
	o, err := newOrders(opts)
	if err != nil {
		t.Fatal(err)
	}
	data, err := initramfs(&platforms[0], &spec{Nonce: "N"}, o)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := readCPIO(data)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]entry{}
	for _, e := range entries {
		if parent := filepath.Dir(e.name); parent != "." && got[parent].mode&modeDir == 0 {
			t.Errorf("%s comes before its folder", e.name)
		}
		got[e.name] = e
	}
	for name, want := range map[string]string{"tests/lsm/a_test": "a_test", "tests/lsm/sub/data": "sub/data", "bin/busybox": "box", "etc/hosts": "127.0.0.1 localhost\n::1 localhost\n", "bin/sh": "/bin/busybox", "sbin/ip": "/bin/busybox",
		"orders": "run\tlsm:a_test\t300\t/tests/lsm/a_test\n"} {
		if string(got[name].data) != want {
			t.Errorf("%s is %q, want %q", name, got[name].data, want)
		}
	}
	if got["bin/sh"].mode != modeLink|0o777 {
		t.Errorf("bin/sh has mode %o", got["bin/sh"].mode)
	}
	if _, ok := got["tests/lsm/link"]; ok {
		t.Error("a link of the folder came along")
	}
	if (&Options{}).memory() >= opts.memory() {
		t.Error("a guest with folders gets no more memory")
	}
	if _, err := newOrders(&Options{Folders: []Folder{{"/tests/x", filepath.Join(dir, "gone")}}}); err == nil {
		t.Error("a folder that is not there is no error")
	}
}

// A machine that a restart does not end is switched off.
func TestSwitchedOff(t *testing.T) {
	for i := range platforms {
		m := &machine{opts: &Options{}, platform: &platforms[i], nonce: "N", orders: &orders{}}
		name, err := m.writeInitramfs(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := strings.Contains(string(data), `"children":3,"off":1`), platforms[i].name == "um"; got != want {
			t.Errorf("%s: off %v", platforms[i].name, got)
		}
	}
}

// Tests that the base passes and that are gone: with their suite an error, alone a warning. One that
// cannot know the LSM is explained, and a kernel whose tests of KUnit say nothing is told.
func TestGone(t *testing.T) {
	base := map[string]ktap.Status{"s.a": ktap.Passed, "s.b": ktap.Passed, "t.a": ktap.Passed, "u.a": ktap.Passed, "u.b": ktap.Failed}
	m := &machine{opts: &Options{}, base: &baseline{tests: base}}
	r := &Result{Booted: true, Tests: []ktap.Test{{Name: "s.a", Status: ktap.Passed}, {Name: "t", Status: ktap.Broken, Reason: "the log ends", OfAll: true}}}
	const want = "error test t was broken off: the log ends\nwarning 1 test of s did not run, which the base passes: s.b\n" +
		"error 1 test of u did not run, which the base passes: u.a"
	found := m.testFindings(r, nil)
	if got := messages(found); got != want || !strings.HasSuffix(found[0].Detail, "1 test of it that the base passes did not run:\nt.a") {
		t.Errorf("got\n%s, want\n%s; detail %q", got, want, found[0].Detail)
	}
	r.Booted = false // which has a finding of its own
	if got, want := messages(m.testFindings(r, nil)), "note tests did not run, or to their end, since the kernel did not come so far: t, s.b, t.a…"; got != want {
		t.Errorf("a kernel that ended: got %s, want %s", got, want)
	}
	m.base = &baseline{}
	r = &Result{Facts: &Facts{IDs: []uint64{100, 0}}, Tests: []ktap.Test{{Name: "lsm:lsm_list_modules_test.global.correct_lsm_list_modules", Status: ktap.Failed}}}
	if got := messages(m.testFindings(r, nil)); !strings.HasPrefix(got, "note test lsm:") {
		t.Errorf("an LSM without an ID: %s", got)
	}
	r.Facts.IDs = []uint64{100, 114}
	if got := messages(m.testFindings(r, nil)); !strings.HasPrefix(got, "error test lsm:") {
		t.Errorf("LSMs with IDs: %s", got)
	}
}

func TestKUnitSilent(t *testing.T) {
	t.Parallel()
	r := bootWith(t, "", goodFacts(), func(o *Options) { o.KUnit = true })
	if got, want := messages(r.Findings), "error no test of KUnit told a result"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r = bootWith(t, "KTAP version 1\n1..1\nok 1 a\n", goodFacts(), func(o *Options) { o.KUnit = true })
	if got := messages(r.Findings); got != "" {
		t.Errorf("got %q", got)
	}
}

// What a boot wants is told for the kernel's architecture: User Mode Linux wants no QEMU.
func TestReady(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for arch, want := range map[string]string{"": "qemu-system-x86", "x86_64": "qemu-system-x86", "arm64": "qemu-system-arm", "riscv": "qemu-system-misc", "um": ""} {
		got := ""
		if err := Ready(arch, &Options{}); err != nil {
			got = hint.Of(err)
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", arch, got, want)
		}
	}
}
