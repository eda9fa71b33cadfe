// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package kconfig

import (
	"context"
	"os"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
)

// options returns those for x86-64 with the toolchain of the tests.
func options(t *testing.T, base string) *Options {
	t.Helper()
	box, err := sandbox.Open(context.Background(), &sandbox.Options{Root: e2e.Toolchain(t)})
	if err != nil {
		t.Fatal(err)
	}
	return &Options{Base: base, Tiny: true,
		Options: symbols.Options{Box: box, Arch: "x86_64", SrcArch: "x86", LLVM: "-19", Cache: e2e.Cache(t, "kconfig-test")}}
}

// TestLongOneConfigurationForUnrelatedFiles asks for files that have nothing to do with each other, by
// promptless symbols, choices of a subsystem, and composites of lists.
func TestLongOneConfigurationForUnrelatedFiles(t *testing.T) {
	tree := os.DirFS(e2e.Tree(t, "7.3"))
	arch, _ := ArchOf("")
	files := []string{
		"drivers/net/ethernet/broadcom/bnxt/bnxt.c", "drivers/gpu/drm/msm/hdmi/hdmi.c", "drivers/net/wireless/mediatek/mt76/mac80211.c",
		"drivers/gpu/drm/amd/amdgpu/vcn_v4_0.c", "fs/btrfs/inode.c", "fs/nfsd/nfs4state.c", "net/sctp/socket.c",
		"drivers/crypto/ccree/cc_driver.c", "drivers/perf/fsl_imx8_ddr_perf.c", "kernel/locking/mutex.c",
		"drivers/usb/storage/alauda.c", "security/yama/yama_lsm.c", "rust/kernel/fs/file.rs",
	}
	plan, err := Work(context.Background(), os.DirFS(t.TempDir()), tree, files, options(t, Tiny(tree, "x86")+arch.Base))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range plan.Files {
		if f.Config != 1 {
			t.Errorf("%s: config %d, when %s: %s", f.Path, f.Config, f.When, f.Why)
		}
		for _, g := range f.Unpromised {
			t.Logf("%s: %v of %d lines, when %s, config %d: %s", f.Path, len(g.Lines), f.Lines, g.When, g.Config, g.Why)
		}
	}
	t.Logf("%d configurations, the first changes %d symbols and %d in consequence; %d of %d lines; %.1f s",
		len(plan.Configs), len(plan.Configs[0].Changed), plan.Configs[0].Followed, plan.Promised, plan.Lines, plan.Seconds)
	for i := range plan.Configs {
		t.Logf("%s", plan.Configs[i].Fragment())
	}
}
