// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package patchset_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// clone returns a repository that shares its objects with the tree of a version, checked out as far
// as the series touch it.
func clone(t *testing.T, version string, carried ...patchset.Carried) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "linux")
	git(t, ".", "clone", "--quiet", "--shared", "--no-checkout", e2e.Tree(t, version), dir)

	paths := []string{"sparse-checkout", "set", "--no-cone"}
	touched := regexp.MustCompile(`(?m)^diff --git a/(\S+) b/`)
	for _, c := range carried {
		for _, m := range c.Mails {
			for _, match := range touched.FindAllSubmatch(m.Raw, -1) {
				paths = append(paths, "/"+string(match[1]))
			}
		}
	}
	git(t, dir, paths...)
	git(t, dir, "checkout", "--quiet", "--detach")
	return dir
}

func regen(t *testing.T, args ...string) {
	t.Helper()
	script, err := filepath.Abs("rustlsm/regen")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(script, args...).CombinedOutput(); err != nil {
		t.Fatalf("regen %q: %v\n%s", args, err, out)
	}
}

// From the mails a branch, and from the branch the same mails: nobody edited one without the other. The series after
// stands on the first one.
func TestE2ERegenerate(t *testing.T) {
	next, ok := patchset.Builtin("rust-lsm-next")
	if !ok {
		t.Fatal("no rust-lsm-next")
	}
	linux := clone(t, "7.3", rustLSM(t), next)
	for _, series := range []struct {
		carried patchset.Carried
		flags   []string
	}{{rustLSM(t), nil}, {next, []string{"--next"}}} {
		out := t.TempDir()
		regen(t, append(series.flags, "--branch", linux)...)
		regen(t, append(series.flags, "-o", out, linux)...)
		same(t, series.carried, out)
	}
}

// same fails the test where the mails in dir are not those that are carried.
func same(t *testing.T, c patchset.Carried, dir string) {
	t.Helper()
	for _, m := range c.Mails {
		got, err := os.ReadFile(filepath.Join(dir, m.File))
		if err != nil {
			t.Error(err)
		} else if string(got) != string(m.Raw) {
			t.Errorf("%s differs from what regen makes of its commit:\n%s", m.File, got)
		}
	}
	made, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(made) != len(c.Mails) {
		t.Errorf("regen makes %d mails, %d are carried", len(made), len(c.Mails))
	}
}

// The series is for 7.3 and applies to 7.2 as well.
func TestE2EAppliesTo72(t *testing.T) {
	regen(t, "--branch", clone(t, "7.2", rustLSM(t)))
}
