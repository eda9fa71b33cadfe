// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestDirFSStaysInside: the folders of a path were followed out of the directory, so that a conflict could quote a file
// of the host, and a FIFO kept whoever read it waiting.
func TestDirFSStaysInside(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "tree")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(top, "secret"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(top, filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	d := NewDirFS(dir)
	if e, err := Lookup(d, "out/secret"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%+v, %v", e, err)
	}
	if data, err := ReadEntry(d, "out/secret"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%q, %v", data, err)
	}
	if data, err := fs.ReadFile(d, "out/secret"); err == nil {
		t.Errorf("%q", data)
	}
	if list, err := fs.ReadDir(d, "out"); err == nil {
		t.Errorf("%v", list)
	}
	if _, err := fs.ReadFile(d, "fifo"); err == nil {
		t.Error("a FIFO was read")
	}
	if f, err := d.Open("fifo"); err == nil {
		f.Close()
		t.Error("a FIFO was opened")
	}
}
