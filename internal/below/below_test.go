// SPDX-License-Identifier: GPL-2.0-only

package below

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// hostileFolder has what a series, or a build, can put in the place of a file, beside a secret that is none of
// its business.
func hostileFolder(t *testing.T) string {
	t.Helper()
	top := t.TempDir()
	dir := filepath.Join(top, "tree")
	put(t, filepath.Join(top, "secret"), "secret")
	put(t, filepath.Join(dir, "sub/plain"), "plain")
	for name, target := range map[string]string{
		"inside": "sub/plain", "absolute": filepath.Join(top, "secret"), "dots": "../secret", "folder": "..",
		"loop": "loop", "endless": "/dev/zero", "again": "sub/../dots",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "long"), "")
	if err := os.Truncate(filepath.Join(dir, "long"), 1<<40); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestNothingIsReadOutside(t *testing.T) {
	d, err := Open(hostileFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for name, want := range map[string]string{
		"absolute": "leads out of the tree", "dots": "leads out of the tree", "again": "leads out of the tree",
		"folder/secret": "leads out of the tree", "endless": "leads out of the tree", "fifo": "is a FIFO", "long": "more than 64 MB",
	} {
		data, err := d.ReadFile(name)
		var no *RefusedError
		if !errors.As(err, &no) || !strings.Contains(err.Error(), name+" ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want %q", name, data, err, want)
		}
		if f, err := d.Open(name); err == nil {
			f.Close()
			t.Errorf("%s was opened", name)
		}
	}
	if data, err := d.ReadFile("inside"); string(data) != "plain" {
		t.Errorf("a link that stays inside: %q, %v", data, err)
	}
	if _, err := d.ReadFile("loop"); err == nil {
		t.Error("a loop was read")
	}
	if _, err := d.ReadFile("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// A build leaves a FIFO, or a link, where the next one writes its notes.
func TestWriteFileTakesTheirPlace(t *testing.T) {
	dir := hostileFolder(t)
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, name := range []string{"fifo", "dots", "sub/plain"} {
		if err := d.WriteFile(name, []byte("new")); err != nil {
			t.Error(err)
		}
		if data, err := d.ReadFile(name); string(data) != "new" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "../secret")); string(data) != "secret" {
		t.Errorf("the file outside is %q", data)
	}
}

func TestReadFile(t *testing.T) {
	dir := hostileFolder(t)
	for name, want := range map[string]string{"fifo": "is a FIFO", "endless": "is a device", "long": "more than 9 bytes"} {
		if _, err := ReadFile(filepath.Join(dir, name), 9); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if _, err := ReadNamed("/dev/zero", 1<<20); err == nil || !strings.Contains(err.Error(), "more than 1 MB") {
		t.Errorf("an endless file that was named: %v", err)
	}
	if data, err := ReadNamed("/dev/null", 9); err != nil || len(data) != 0 {
		t.Errorf("%q, %v", data, err)
	}
}

func TestIsAFileSystem(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "a/b"), "text")
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := fstest.TestFS(d, "a/b"); err != nil {
		t.Error(err)
	}
}
