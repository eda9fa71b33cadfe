// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindVersion(t *testing.T) {
	for line, want := range map[string]string{
		"GNU Make 4.4.1": "4.4.1", "v1.30": "1.30", "bc 1.07.1": "1.07.1",
		"rustc 1.85.1 (4eb161250 2025-03-15) (built from a source tarball)": "1.85.1",
		"Debian clang version 19.1.7 (3+b1)":                                "19.1.7",
		"rustc 1.97.0-nightly (abc 2026-01-01)":                             "1.97.0",
		"no number":                                                         "", "": "",
	} {
		if got := findVersion(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestCompareVersions(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1.85.0", "1.85.0", 0}, {"1.100.0", "1.85.0", 1}, {"0.60.1", "0.71.1", -1},
		{"4", "4.0", 0}, {"4.4.1", "4.4", 1}, {"19.1.7", "9.9", 1}, {"3.13", "3.9.x", 1},
	} {
		if got := compareVersions(c.a, c.b); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestChangesMinima(t *testing.T) {
	const rst = `
====================== ===============  ========================================
        Program        Minimal version       Command to check the version
====================== ===============  ========================================
bindgen (optional)     0.71.1           bindgen --version
GNU make               4.0              make --version
openssl & libcrypto    1.0.0            openssl version
Python                 3.9.x            python3 --version
Sphinx\ [#f1]_         3.4.3            sphinx-build --version
====================== ===============  ========================================

Make needs 4.0 or so.
`
	want := map[string]string{"bindgen": "0.71.1", "make": "4.0", "openssl": "1.0.0", "python3": "3.9.x", "sphinx-build": "3.4.3"}
	if diff := cmp.Diff(want, changesMinima(rst)); diff != "" {
		t.Errorf("minima (-want +got):\n%s", diff)
	}
}

// Of what make rustavailable writes in a frame of stars, the first paragraph is the reason.
func TestFirstWords(t *testing.T) {
	const says = "***\n*** Rust bindings generator 'bindgen' is too old.\n***   Your version:    0.60.1\n***\n*** Please see docs\nmake: *** [x] Error 1\n"
	if got, want := firstWords(says), "Rust bindings generator 'bindgen' is too old. Your version:    0.60.1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
