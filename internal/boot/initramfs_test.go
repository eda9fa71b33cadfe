// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

func TestInitramfs(t *testing.T) {
	program := filepath.Join(t.TempDir(), "test")
	if err := os.WriteFile(program, []byte("a program"), 0o755); err != nil {
		t.Fatal(err)
	}
	probe, err := ParseProbe("open /etc/shadow rw → EACCES")
	if err != nil {
		t.Fatal(err)
	}
	o, err := newOrders(&Options{Probes: []Probe{probe}, Programs: []Program{{Name: "lsm.list", File: program, Args: []string{"-v"}}, {Name: "sh", Args: []string{"/bin/sh", "-c", "true"}, Timeout: time.Second}}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range platforms {
		data, err := initramfs(&platforms[i], &spec{Nonce: "N", Children: 3}, o)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := readCPIO(data)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]entry{}
		for _, e := range entries {
			if dir := filepath.Dir(e.name); dir != "." && got[dir].mode&modeDir == 0 {
				t.Errorf("%s comes before its folder", e.name)
			}
			got[e.name] = e
		}
		if c := got["dev/console"]; c.mode != modeChar|0o600 || c.major != 5 || c.minor != 1 {
			t.Errorf("dev/console is %+v", c)
		}
		for name, want := range map[string]string{
			"spec":           `{"nonce":"N","children":3}`,
			"orders":         "probe\topen\t/etc/shadow\trw\nrun\tlsm.list\t300\t/tests/lsm.list\t-v\nrun\tsh\t1\t/bin/sh\t-c\ttrue\n",
			"tests/lsm.list": "a program",
			"etc/shadow":     "",
		} {
			if e, ok := got[name]; !ok || string(e.data) != want {
				t.Errorf("%s: %s is %q, want %q", platforms[i].name, name, e.data, want)
			}
		}
	}
}

// Each init is a static program for its architecture, made from the source as it is.
func TestInits(t *testing.T) {
	source, err := os.ReadFile("guest/init.c")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(source)
	want := "init.c:" + hex.EncodeToString(sum[:])
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "riscv64": elf.EM_RISCV} {
		data, err := inits.ReadFile("guest/init-" + arch)
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.NewFile(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if f.Machine != machine || f.Type != elf.ET_EXEC {
			t.Errorf("init-%s is a %s for %s", arch, f.Type, f.Machine)
		}
		for _, p := range f.Progs {
			if p.Type == elf.PT_INTERP {
				t.Errorf("init-%s wants libraries", arch)
			}
		}
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("init-%s is of another init.c: run guest/build.sh", arch)
		}
		if len(data) > 32<<10 {
			t.Errorf("init-%s has %d bytes", arch, len(data))
		}
	}
}

// The kept programs are those that the source makes, bit by bit.
func TestInitIsBuiltFromSource(t *testing.T) {
	runtest.Deep(t)
	out, err := exec.Command("clang-19", "--version").Output()
	if err != nil || !strings.Contains(string(out), "19.1.7") {
		t.Skip("needs clang 19.1.7 and lld of the same (Debian packages clang-19, lld-19)")
	}
	dir := t.TempDir()
	if out, err := exec.Command("sh", "guest/build.sh", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, arch := range []string{"amd64", "arm64", "riscv64"} {
		want, err := os.ReadFile("guest/init-" + arch)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, "init-"+arch))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("init-%s is not what guest/init.c makes", arch)
		}
	}
}

// Under the name of a child, init ends at once; this machine's kernel runs it too.
func TestChild(t *testing.T) {
	data, err := inits.ReadFile("guest/init-amd64")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "init")
	if err := os.WriteFile(name, data, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name)
	cmd.Args[0] = childPath
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v, output %q", err, out)
	}
}

func TestParseProbe(t *testing.T) {
	for text, want := range map[string]string{
		"open /etc/shadow -> EACCES": "probe\topen\t/etc/shadow\tr\n",
		"open /x w → eperm":          "probe\topen\t/x\tw\n",
		"mkdir /tmp/a":               "probe\tmkdir\t/tmp/a\tr\n",
		"kill 1 -> ok":               "probe\tkill\t1\tr\n",
	} {
		p, err := ParseProbe(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := (&orders{probes: []Probe{p}}).text(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"", "open", "shoot /a", "open /a x", "mkdir /a w", "open /a -> EWHAT", "open /a -> ", "open a b c"} {
		if p, err := ParseProbe(text); err == nil {
			t.Errorf("%q is taken as %+v", text, p)
		}
	}
}
