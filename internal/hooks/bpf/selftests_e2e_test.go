// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package bpf

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestE2ESelftests reads the BPF LSM programs of the trees' own selftests, all of which load: nothing may
// be wrong with any, and those of one release must not all fit another.
func TestE2ESelftests(t *testing.T) {
	rules := map[string]*Rules{}
	programs := map[string][]Program{}
	for _, version := range []string{"6.12", "7.2", "7.3"} {
		dir := e2e.Tree(t, version)
		var err error
		if rules[version], err = FromTree(os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, Selftests, "*.c"))
		if err != nil || len(files) == 0 {
			t.Fatal(len(files), err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found, err := Read(file, data)
			if err != nil {
				t.Fatal(err)
			}
			programs[version] = append(programs[version], found...)
		}
		for _, f := range rules[version].Check(programs[version]) {
			if f.Severity != report.Note {
				t.Errorf("%s: %s: %s", version, f.Position(), f.Message)
			}
		}
		if len(programs[version]) < 80 {
			t.Errorf("%s: only %d programs", version, len(programs[version]))
		}
		t.Logf("%s: %d programs", version, len(programs[version]))
	}
	errors := 0
	for _, f := range rules["6.12"].Check(programs["7.3"]) {
		if f.Severity == report.Error {
			errors++
		}
	}
	t.Logf("%d programs of 7.3 do not fit 6.12", errors)
	if errors == 0 {
		t.Error("all programs of 7.3 fit 6.12, which lacks some of their hooks")
	}
}
