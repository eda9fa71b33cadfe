// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestE2ERelease builds a release twice, in folders and caches of their own, and compares the bytes.
func TestE2ERelease(t *testing.T) {
	tree, err := exec.Command("git", "ls-files", "-z", "--", "../..").Output()
	if err != nil {
		t.Fatal(err)
	}
	name := "lsmpatch-linux-" + runtime.GOARCH
	var made [2][]byte
	for i := range made {
		src := filepath.Join(t.TempDir(), strings.Repeat("x", 1+30*i), "src")
		for file := range strings.SplitSeq(strings.TrimRight(string(tree), "\x00"), "\x00") {
			data, err := os.ReadFile(file)
			if os.IsNotExist(err) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(src, strings.TrimPrefix(filepath.Join("cmd/lsmpatch", file), "../"))
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(to, data, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.CommandContext(t.Context(), "make", "-C", src, "release", "ARCHS="+runtime.GOARCH, "SBOM=true")
		if i > 0 { // one is made of what this machine has compiled before, one from nothing
			cmd.Env = append(os.Environ(), "GOCACHE="+filepath.Join(filepath.Dir(src), "cache"))
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if made[i], err = os.ReadFile(filepath.Join(src, "dist", name)); err != nil {
			t.Fatal(err)
		}
		sums := exec.Command("sha256sum", "-c", "--quiet", "sha256sums")
		sums.Dir = filepath.Join(src, "dist")
		if out, err := sums.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		if bytes.Contains(made[i], []byte(src)) {
			t.Error("the binary names the folder it was built in")
		}
	}
	if !bytes.Equal(made[0], made[1]) {
		t.Errorf("two builds differ: %d and %d bytes", len(made[0]), len(made[1]))
	}
}
