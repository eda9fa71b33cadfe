// SPDX-License-Identifier: GPL-2.0-only

package rights

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfine runs this program again, confined, since no test could go on after it.
func TestConfine(t *testing.T) {
	what, ok := Available()
	if !ok {
		t.Skip("needs Landlock: ", what)
	}
	if dir := os.Getenv("CONFINED"); dir != "" {
		confined(t, dir)
		return
	}
	dir := t.TempDir()
	for _, sub := range []string{"out", "elsewhere"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"named", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestConfine$", "-test.v")
	cmd.Env = append(os.Environ(), "CONFINED="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func confined(t *testing.T, dir string) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if err := Confine(Needs{Files: []string{filepath.Join(dir, "named")}, Folders: []string{filepath.Join(dir, "out")}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"other", "new", "elsewhere/new"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("new"), 0o644); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("writing %s: %v", name, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "other")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("removing: %v", err)
	}
	for _, name := range []string{"named", "out/new"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("new"), 0o644); err != nil {
			t.Errorf("writing %s: %v", name, err)
		}
	}
	if data, err := os.ReadFile(filepath.Join(dir, "other")); string(data) != "old" {
		t.Errorf("reading: %q, %v", data, err)
	}
	out, err := exec.Command("sh", "-c", "echo x >/dev/null; cat "+dir+"/other; echo y >"+dir+"/elsewhere/sh").CombinedOutput()
	if err == nil || !strings.HasPrefix(string(out), "old") {
		t.Errorf("a program that was started: %q, %v", out, err)
	}
	if what, _ := Available(); strings.Contains(what, "and the network") {
		if c, err := net.Dial("tcp", server.Addr().String()); err == nil {
			c.Close()
			t.Error("the network can be reached")
		}
	}
}
