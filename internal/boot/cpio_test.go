// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// readCPIO reads a newc archive as init/initramfs.c does: 13 fields of 8 hexadecimal digits after
// the magic, the name and the data each filled up to four bytes.
func readCPIO(data []byte) ([]entry, error) {
	var entries []entry
	align := func(n int) int { return (n + 3) &^ 3 }
	for {
		if len(data) < 110 || string(data[:6]) != "070701" {
			return nil, fmt.Errorf("no header after %d entries", len(entries))
		}
		var fields [13]int
		for i := range fields {
			n, err := strconv.ParseUint(string(data[6+8*i:14+8*i]), 16, 32)
			if err != nil {
				return nil, err
			}
			fields[i] = int(n)
		}
		mode, size, major, minor, nameSize := fields[1], fields[6], fields[9], fields[10], fields[11]
		name := string(data[110 : 110+nameSize])
		if !strings.HasSuffix(name, "\x00") {
			return nil, fmt.Errorf("name %q has no end", name)
		}
		name = name[:nameSize-1]
		body := align(110 + nameSize)
		if name == "TRAILER!!!" {
			if len(data) != body {
				return nil, fmt.Errorf("%d bytes behind the trailer", len(data)-body)
			}
			return entries, nil
		}
		e := entry{name: name, mode: uint32(mode), major: uint32(major), minor: uint32(minor)}
		if size > 0 {
			e.data = data[body : body+size]
		}
		entries = append(entries, e)
		data = data[align(body+size):]
	}
}

func TestCPIO(t *testing.T) {
	want := []entry{
		{name: "dev", mode: modeDir | 0o755},
		{name: "dev/console", mode: modeChar | 0o600, major: 5, minor: 1},
		{name: "empty", mode: modeFile | 0o644},
	}
	for n := range 9 { // each remainder of name and data
		want = append(want, entry{name: strings.Repeat("n", n+1), mode: modeFile | 0o755, data: bytes.Repeat([]byte{1}, n+1)})
	}
	var buf bytes.Buffer
	if err := writeCPIO(&buf, want); err != nil {
		t.Fatal(err)
	}
	got, err := readCPIO(buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(entry{})); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

// writeELF writes the smallest program that passes for a static, or a dynamic, one.
func writeELF(t *testing.T, interp bool, machine elf.Machine) string {
	t.Helper()
	h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Ehsize: 64, Phentsize: 56, Phoff: 64, Phnum: 1}
	copy(h.Ident[:], "\x7fELF\x02\x01\x01")
	p := elf.Prog64{Type: uint32(elf.PT_LOAD)}
	if interp {
		p.Type = uint32(elf.PT_INTERP)
	}
	var buf bytes.Buffer
	binary.Write(&buf, binary.LittleEndian, h)
	binary.Write(&buf, binary.LittleEndian, p)
	name := filepath.Join(t.TempDir(), "init")
	if err := os.WriteFile(name, buf.Bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestInitramfs(t *testing.T) {
	program := writeELF(t, false, elf.EM_X86_64)
	data, err := initramfs(program, &spec{Nonce: "N", Children: 3})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := readCPIO(data)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]entry{}
	for _, e := range entries {
		got[e.name] = e
	}
	if want, _ := os.ReadFile(program); !bytes.Equal(got["init"].data, want) || got["init"].mode != modeFile|0o755 {
		t.Error("init is not the program")
	}
	if c := got["dev/console"]; c.mode != modeChar|0o600 || c.major != 5 || c.minor != 1 {
		t.Errorf("dev/console is %+v", c)
	}
	if s := string(got["spec"].data); s != `{"nonce":"N","children":3}` {
		t.Errorf("spec is %s", s)
	}
}

// The child is a program that this machine's kernel runs too.
func TestChildProgram(t *testing.T) {
	name := filepath.Join(t.TempDir(), "child")
	if err := os.WriteFile(name, childProgram(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := checkStatic(name); err != nil {
		t.Error(err)
	}
	if out, err := exec.Command(name).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v, output %q", err, out)
	}
}

func TestInitPrograms(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ program, err, hint string }{
		{writeELF(t, true, elf.EM_X86_64), "dynamically linked", "CGO_ENABLED=0"},
		{writeELF(t, false, elf.EM_AARCH64), "EM_AARCH64", "GOARCH=amd64"},
		{text, "init program", ""},
		{filepath.Join(t.TempDir(), "missing"), "no such file", ""},
	} {
		_, err := initramfs(c.program, &spec{})
		if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(hint.Of(err), c.hint) {
			t.Errorf("%s: %v, hint %q; want %q, hint %q", c.program, err, hint.Of(err), c.err, c.hint)
		}
	}
}
