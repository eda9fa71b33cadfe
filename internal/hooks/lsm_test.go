// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLSMs holds the LSMs of the series against the kernel in small, which has one of them with
// its init function in the wrong place.
func TestLSMs(t *testing.T) {
	set, _, after := fixture(t, edit{mainC, ".name = \"plain\"", ".name = \"other\""})
	lsms := LSMs(set, after)
	want := []LSM{
		{"other", mainC, lineOf(t, after, mainC, "DEFINE_LSM"), []string{"SECURITY_PLAIN"}},
		{"rust_lsm_sample", sample, lineOf(t, after, sample, "define_lsm!"), []string{"SECURITY_RUST_LSM"}},
	}
	if diff := cmp.Diff(want, lsms); diff != "" {
		t.Fatal(diff)
	}
	data, err := os.ReadFile("testdata/vmlinux/btf.elf")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Inspect(bytes.NewReader(data), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range CompareLSMs(append(lsms, LSM{Name: "plain"}), b) {
		got = append(got, f.Check+" "+f.File)
	}
	if diff := cmp.Diff([]string{"hooks/not-in-kernel " + mainC, "hooks/init-section " + sample}, got); diff != "" {
		t.Error(diff)
	}
}
