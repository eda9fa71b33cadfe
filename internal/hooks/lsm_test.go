// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/lsmpatch/lsmpatch/internal/hooks/needs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/proof"
)

// TestLSMs holds the LSMs of the series against the kernel in small, which has one of them with
// its init function in the wrong place.
func TestLSMs(t *testing.T) {
	set, _, after := fixture(t, edit{mainC, ".name = \"plain\"", ".name = \"other\""})
	lsms := needs.LSMs(set, after)
	want := []needs.LSM{
		{Name: "other", File: mainC, Line: lineOf(t, after, mainC, "DEFINE_LSM"), Configs: []string{"SECURITY_PLAIN"}},
		{Name: "rust_lsm_sample", File: sample, Line: lineOf(t, after, sample, "define_lsm!"), Configs: []string{"SECURITY_RUST_LSM"}},
	}
	if diff := cmp.Diff(want, lsms); diff != "" {
		t.Fatal(diff)
	}
	data, err := os.ReadFile("proof/testdata/vmlinux/btf.elf")
	if err != nil {
		t.Fatal(err)
	}
	b, err := proof.Inspect(bytes.NewReader(data), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range proof.CompareLSMs(append(lsms, needs.LSM{Name: "plain"}), b) {
		got = append(got, f.Check+" "+f.File)
	}
	if diff := cmp.Diff([]string{"hooks/not-in-kernel " + mainC, "hooks/init-section " + sample}, got); diff != "" {
		t.Error(diff)
	}
}
