// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/proof"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// An LSM that the configuration leaves out is not missed in the kernel.
func TestEnabled(t *testing.T) {
	r := &run{
		set: &patchset.Set{Patches: []*patchset.Patch{{Files: []*gitdiff.File{{NewName: "security/a/a.c"}, {NewName: "security/b/b.c"}}}}},
		after: fstest.MapFS{
			"security/Makefile":   {Data: []byte("obj-$(CONFIG_SECURITY_A) += a/\nobj-$(CONFIG_SECURITY_B) += b/\n")},
			"security/a/Makefile": {Data: []byte("obj-y += a.o\n")},
			"security/b/Makefile": {Data: []byte("obj-y += b.o\n")},
			"security/a/a.c":      {Data: []byte("DEFINE_LSM(a) = { .init = a_init };\n")},
			"security/b/b.c":      {Data: []byte("DEFINE_LSM(b) = { .init = b_init };\n")},
		},
	}
	config := filepath.Join(t.TempDir(), ".config")
	for text, want := range map[string]string{
		"CONFIG_SECURITY_A=y\n# CONFIG_SECURITY_B is not set\n": "a", "CONFIG_SECURITY_A=y\nCONFIG_SECURITY_B=y\n": "ab", "CONFIG_NET=y\n": "",
	} {
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		lsms, err := r.enabled(config)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, l := range lsms {
			got += l.Name
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A kernel without type information says by what its hooks were read.
func TestKernelSummary(t *testing.T) {
	b := &proof.Binary{Source: "btf", Prototypes: map[string]*ctype.Type{"one": nil, "two": nil}, LSMs: []proof.BuiltLSM{{Name: "a"}, {Name: "b"}}}
	for ownTypes, want := range map[bool]string{true: "2 hooks in its BTF; LSMs: a, b", false: "2 hooks as its compiler lays them out; LSMs: a, b"} {
		if got := kernelSummary(b, ownTypes); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
