// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestLongAdapter compiles an LSM in Rust on the carried series, and one in C that does the same, for x86-64, and compares the
// functions that the framework calls: the adapter must cost no instruction.
func TestLongAdapter(t *testing.T) {
	m := newMission(t)
	dir := mails(t, all, func(file, mail string) string {
		const object = "+obj-$(CONFIG_SECURITY_RUST_LSM) += rust_lsm.o\n"
		if strings.HasPrefix(file, "0004") && !strings.Contains(mail, "@@ -0,0 +1,2 @@\n") {
			t.Fatal("patch 4 makes another Makefile")
		}
		mail = without(mail, "include/linux/args.h", "security/lsm_init.c") // most of the kernel is compiled anew for them
		mail = strings.Replace(mail, object, strings.Replace(object, "rust_lsm.o", "rust_lsm.o twin.o", 1), 1)
		mail = withFile(mail, filepath.Dir(sample)+"/twin.c", testFile(t, "adapter/lsm.c"))
		return withFile(mail, sample, testFile(t, "adapter/lsm.rs"))
	})
	// The configuration is that of TestE2EMission. The diffstat is not that of the mails.
	r, _ := m.premerge(t, dir, "--build", "--boot", "--test", "lsm", "--expect", "rust_lsm_sample", "--each=false", "--lens", "none")
	if s := step(t, r, "build"); s.Status != report.Passed {
		t.Fatalf("build %s: %s", s.Status, s.Summary)
	}
	folder := m.newest(t, "series", "obj/upper/"+filepath.Dir(sample))
	inC, inRust := m.functions(t, filepath.Join(folder, "twin.o")), m.functions(t, filepath.Join(folder, "rust_lsm.o"))
	for _, hook := range []string{"file_open", "task_alloc", "task_free"} {
		c, rust := like(inC, hook), like(inRust, hook)
		t.Logf("%s: %d instructions in C, %d in Rust\n%s\n--\n%s", hook, len(c), len(rust), strings.Join(c, "\n"), strings.Join(rust, "\n"))
		if len(c) == 0 || len(rust) == 0 || len(rust) > len(c) {
			t.Errorf("%s: %d instructions in C, %d in Rust", hook, len(c), len(rust))
		}
	}
}

// functions returns the instructions of each function of an object, by symbol, without those that fill a gap.
func (m *mission) functions(t *testing.T, object string) map[string][]string {
	t.Helper()
	objdump, err := filepath.Glob(filepath.Join(m.toolchain, "usr/lib/llvm-*/bin/llvm-objdump"))
	if err != nil || len(objdump) == 0 {
		t.Fatal("no llvm-objdump", err)
	}
	cmd := exec.Command(objdump[0], "-d", "--no-show-raw-insn", "--no-leading-addr", object)
	cmd.Env = append(cmd.Environ(), "LD_LIBRARY_PATH="+filepath.Join(m.toolchain, "usr/lib/x86_64-linux-gnu"))
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

// like returns the instructions of the one function whose symbol ends in name, or that of rustc's mangling does.
func like(functions map[string][]string, name string) []string {
	var res []string
	for symbol, code := range functions {
		if strings.Contains(symbol, name) {
			res = append(res, code...)
		}
	}
	return res
}
