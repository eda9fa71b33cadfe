// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

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
