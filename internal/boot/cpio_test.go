// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
