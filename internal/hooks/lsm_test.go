// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"bytes"
	"os"
	"strings"
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

// TestLSMsByMacros: a macro that is used by macros makes an LSM where the outermost is used, and nothing where it calls itself.
func TestLSMsByMacros(t *testing.T) {
	const call = `kernel::define_lsm!(Sample, c"rust_lsm_sample"`
	for name, c := range map[string]struct{ now, want string }{
		"a wrapper":             {"macro_rules! mine { ($n:literal) => { kernel::define_lsm!(RustLsmSample, $n, 0); }; }\nmine!(\"wrapped\");\n", "wrapped"},
		"one that has a name":   {"macro_rules! mine { () => { kernel::define_lsm!(RustLsmSample, \"within\", 0); }; }\nmine!();\n", "within"},
		"a wrapper of one":      {"macro_rules! mine { ($n:literal) => { kernel::define_lsm!(RustLsmSample, $n, 0); }; }\nmacro_rules! yours { ($n:literal) => { mine!($n); }; }\nyours!(\"deep\");\n", "deep"},
		"one that calls itself": {"macro_rules! mine { (@one) => { mine!(@two); }; (@two) => { kernel::define_lsm!(RustLsmSample, \"twice\", 0); }; }\nmine!(@one);\n", "twice"},
		"one that is not used":  {"macro_rules! mine { () => { kernel::define_lsm!(RustLsmSample, \"unused\", 0); }; }\n", ""},
		"by a shorter name":     {"use kernel::define_lsm;\ndefine_lsm!(RustLsmSample, \"short\", 0);\n", "short"},
		"a ring":                {"macro_rules! mine { () => { other!(); }; (@two) => { kernel::define_lsm!(RustLsmSample, \"ring\", 0); }; }\nmacro_rules! other { () => { mine!(@two); }; }\nmine!();\nother!();\n", "ring ring"},
		"others":                {"macro_rules! mine { () => { other!(); }; }\nmacro_rules! other { () => { mine!(); }; }\nmine!();\n", ""},
	} {
		set, _, after := fixture(t, edit{sample, call, c.now + "kernel::other_macro!(Sample, c\"rust_lsm_sample\""})
		var got []string
		for _, l := range needs.LSMs(set, after) {
			if l.File == sample {
				got = append(got, l.Name)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}
