// SPDX-License-Identifier: GPL-2.0-only

package config

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

const allOff = "[checks]\n\"**\" = \"off\"\n"

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestFileOfTheTree: a tree that came with a .lsmpatch.toml decided about its own verdict.
func TestFileOfTheTree(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, Name), allOff)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	linked := t.TempDir()
	if err := os.Symlink(filepath.Join(dir, Name), filepath.Join(linked, Name)); err != nil {
		t.Fatal(err)
	}
	for _, at := range []struct{ here, tree string }{{dir, dir}, {dir, filepath.Dir(dir)}, {dir, link}, {link, dir}, {linked, dir}} {
		c, err := Find(at.here, at.tree)
		if err != nil || c.File != "" || len(c.Checks) != 0 || !strings.Contains(c.Ignored, "tree under test") {
			t.Errorf("%+v: %+v, %v", at, c, err)
		}
	}
	if c, err := Find(dir, t.TempDir()); err != nil || c.Ignored != "" || len(c.Checks) != 1 {
		t.Errorf("beside another tree: %+v, %v", c, err)
	}
	if c, err := Load(filepath.Join(dir, Name)); err != nil || len(c.Checks) != 1 {
		t.Errorf("named: %+v, %v", c, err)
	}
}

// TestFileOfSomebodyElse: in a folder such as /tmp anybody could switch off all checks of anybody.
func TestFileOfSomebodyElse(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, Name)
	put(t, file, allOff)
	if err := os.Chown(file, 4321, 4321); err != nil {
		t.Fatal(err)
	}
	c, err := Find(dir)
	if err != nil || c.File != "" || len(c.Checks) != 0 || !strings.Contains(c.Ignored, "belongs to user 4321") {
		t.Errorf("%+v, %v", c, err)
	}
	t.Setenv("SUDO_UID", "4321")
	if c, err := Find(dir); err != nil || c.Ignored != "" || len(c.Checks) != 1 {
		t.Errorf("of him who called sudo: %+v, %v", c, err)
	}
}

func TestFileIsAFIFO(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, Name), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(dir); err == nil || !strings.Contains(err.Error(), "FIFO") {
		t.Errorf("%v", err)
	}
}

// TestAllOff: with all checks off a failing series was "passed (no findings)".
func TestAllOff(t *testing.T) {
	c, err := Parse(allOff)
	if err != nil {
		t.Fatal(err)
	}
	c.File = "/home/me/" + Name
	got := c.Apply([]report.Finding{{Check: "apply/hunk", Severity: report.Error}, {Check: "series/x"}})
	if len(got) != 1 || got[0].Severity != report.Warning || !strings.Contains(got[0].Message, c.File) ||
		!strings.Contains(got[0].Message, "without it: 1 error, 1 note") ||
		!strings.Contains(got[0].Detail, "apply/hunk: 1 of severity error -> off\n") {
		t.Errorf("%+v", got)
	}
	if got := c.Apply(nil); len(got) != 0 {
		t.Errorf("nothing to change: %+v", got)
	}
	if got := (*Config)(nil).Apply([]report.Finding{{Check: "x"}}); len(got) != 1 {
		t.Errorf("no configuration: %+v", got)
	}
}
