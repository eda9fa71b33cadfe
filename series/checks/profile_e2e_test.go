// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package checks

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/series/maintainers"
)

// TestE2EProfiles: the documents of a real tree are understood, and its MAINTAINERS leads to them. Whoever
// rewords one there makes this fail, and not the check silent.
func TestE2EProfiles(t *testing.T) {
	root := e2e.Tree(t, "7.3")
	read := func(name string) *profile {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return readProfile(name, string(text))
	}
	net := read("Documentation/process/maintainer-netdev.rst")
	if len(net.trees) != 2 || net.trees[0] != "net" || net.trees[1] != "net-next" || net.longest != 15 || !net.fixes || net.pause != 24*time.Hour || net.upper || net.order != nil {
		t.Errorf("netdev: %+v", net)
	}
	tip := read("Documentation/process/maintainer-tip.rst")
	if len(tip.order) < 10 || tip.order[0] != "fixes" || tip.order[5] != "co-developed-by" || tip.order[6] != "signed-off-by" || !tip.upper || tip.trees != nil || tip.longest != 0 {
		t.Errorf("tip: %+v", tip)
	}
	m, err := maintainers.Read(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"net/core/dev.c": net.path, "kernel/cpu.c": tip.path, "security/lsm_init.c": "", "drivers/net/ethernet/intel/e1000/e1000_main.c": net.path} {
		got := profilesOf(m, file)
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || got[0] != want) {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}
