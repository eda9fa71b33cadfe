// SPDX-License-Identifier: GPL-2.0-only

package hugeheap

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"
)

// TestHeapIsAdvised: what is made after the start lies where the kernel was asked for huge pages ("hg" of VmFlags in
// /proc/PID/smaps), and the room that was made for that is no longer held.
func TestHeapIsAdvised(t *testing.T) {
	if !Asked {
		t.Skip("this kernel has no transparent huge pages")
	}
	made := make([]byte, 4<<20)
	at := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(made))))
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	if flags := flagsAt(t, string(text), at+2<<20); !strings.Contains(flags, " hg") {
		t.Errorf("4 MB at %#x: VmFlags are %q, want hg among them", at, flags)
	}
}

// flagsAt returns the VmFlags of the mapping of smaps that holds an address.
func flagsAt(t *testing.T, smaps string, at uint64) string {
	t.Helper()
	inside := false
	for line := range strings.Lines(smaps) {
		if from, to, ok := bounds(line); ok {
			inside = from <= at && at < to
		} else if flags, ok := strings.CutPrefix(line, "VmFlags:"); ok && inside {
			return strings.TrimSuffix(flags, "\n")
		}
	}
	t.Fatalf("no mapping holds %#x", at)
	return ""
}

// bounds reads the line that begins a mapping: "3bb625c00000-3bb626000000 rw-p 00000000 00:00 0".
func bounds(line string) (from, to uint64, ok bool) {
	_, err := fmt.Sscanf(line, "%x-%x ", &from, &to)
	return from, to, err == nil
}
