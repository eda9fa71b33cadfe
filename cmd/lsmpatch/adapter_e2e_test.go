// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestLongAdapter compiles an LSM in Rust on the carried series, and one in C that does the same, and compares the functions
// that the framework calls: the adapter must not cost an instruction. `make e2e-usermode` runs it.
func TestLongAdapter(t *testing.T) {
	m := newMission(t)
	dir := mails(t, all, func(_, mail string) string {
		const object = "+obj-$(CONFIG_SECURITY_RUST_LSM) += rust_lsm.o\n"
		mail = without(mail, "include/linux/args.h", "security/lsm_init.c", "include/linux/lsm_count.h") // much is compiled anew for them
		mail = strings.Replace(mail, object, strings.Replace(object, "rust_lsm.o", "rust_lsm.o twin.o", 1), 1)
		mail = withFile(mail, filepath.Dir(sample)+"/twin.c", testFile(t, "adapter/lsm.c"))
		return withFile(mail, sample, testFile(t, "adapter/lsm.rs"))
	})
	r, _ := m.premerge(t, dir, "--arch", "um", "--build", "--boot", "--each=false", "--lens", "none") // its hooks log nothing, which is told
	if s := step(t, r, "build"); s.Status != report.Passed {
		t.Fatalf("build %s: %s", s.Status, s.Summary)
	}
	folder := m.newest(t, "series", "obj/upper/"+filepath.Dir(sample))
	inC, inRust := m.functions(t, filepath.Join(folder, "twin.o")), m.functions(t, filepath.Join(folder, "rust_lsm.o"))
	for _, hook := range []string{"file_open", "task_alloc", "task_free"} {
		c, rust := like(inC, "twin_"+hook), like(inRust, "7Adapter", hook)
		t.Logf("%s: %d instructions in C, %d in Rust\n%s\n--\n%s", hook, len(c), len(rust), strings.Join(c, "\n"), strings.Join(rust, "\n"))
		if len(c) == 0 || len(rust) == 0 || len(rust) > len(c) {
			t.Errorf("%s: %d instructions in C, %d in Rust", hook, len(c), len(rust))
		}
	}
}

// newest returns what is in the entry of a kind, as base or series, that premerge used last.
func (m *mission) newest(t *testing.T, kind, name string) string {
	t.Helper()
	infos, err := filepath.Glob(filepath.Join(m.work, kind+"-*", "info.json"))
	if err != nil {
		t.Fatal(err)
	}
	var best string
	var when time.Time
	for _, file := range infos {
		info, err := os.Stat(file)
		if err == nil && info.ModTime().After(when) {
			best, when = filepath.Dir(file), info.ModTime()
		}
	}
	if best == "" {
		t.Fatal("there is no ", kind)
	}
	return filepath.Join(best, name)
}

// functions returns the instructions of each function of an object, by symbol, without those that fill a gap. It runs the
// toolchain's objdump where its libraries are.
func (m *mission) functions(t *testing.T, object string) map[string][]string {
	t.Helper()
	cmd := exec.Command("bwrap", "--die-with-parent", "--unshare-net", "--ro-bind", filepath.Join(m.toolchain, "usr"), "/usr",
		"--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--ro-bind", object, "/object.o",
		"/usr/bin/llvm-objdump-19", "-d", "--no-show-raw-insn", "--no-leading-addr", "/object.o")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	res := map[string][]string{}
	name := ""
	symbol, padding := regexp.MustCompile(`^(?:[0-9a-f]+ )?<(.+)>:$`), regexp.MustCompile(`^(?:cs |data16 )*(?:nop|int3)`)
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		switch found := symbol.FindStringSubmatch(line); {
		case found != nil:
			name = found[1]
		case name != "" && line != "" && !padding.MatchString(line):
			res[name] = append(res[name], strings.Join(strings.Fields(line), " "))
		}
	}
	return res
}

// like returns the instructions of the function that has each of the names in its symbol. One that it calls costs more than what
// is compared here has.
func like(functions map[string][]string, names ...string) []string {
	for symbol, code := range functions {
		if !slices.ContainsFunc(names, func(name string) bool { return !strings.Contains(symbol, name) }) {
			return code
		}
	}
	return nil
}
