// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package symbols

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
)

// TestLongModels dumps the symbols of real trees, whose private interfaces of scripts/kconfig differ.
func TestLongModels(t *testing.T) {
	ctx := context.Background()
	box, err := sandbox.Open(ctx, &sandbox.Options{Root: e2e.Toolchain(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"7.3", "7.2", "6.12"} {
		t.Run(version, func(t *testing.T) {
			start := time.Now()
			s, err := Open(ctx, os.DirFS(e2e.Tree(t, version)), &Options{Box: box, Arch: "x86_64", SrcArch: "x86", LLVM: "-19", Cache: e2e.Cache(t, "kconfig-test")})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			opened := time.Since(start)
			m, err := s.Model(ctx)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d symbols, %d choices; conf %.1f s, dump %.1f s", len(m.Symbols), len(m.Choices), opened.Seconds(), (time.Since(start) - opened).Seconds())
			if len(m.Symbols) < 15000 || len(m.Choices) < 50 || m.Symbols["CRC32"] == nil {
				t.Error("that is not all of Linux")
			}
			config, err := s.Conf(ctx, "allnoconfig", "CONFIG_64BIT=y\nCONFIG_NET=y\n")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(config, "\nCONFIG_X86_64=y\n") || !strings.Contains(config, "\nCONFIG_NET=y\n") {
				t.Error("conf does not make what was asked for")
			}
		})
	}
}

// TestE2EArchitectures has the tree's conf work for architectures whose makefiles include others: those of the machine below,
// and of machines.
func TestE2EArchitectures(t *testing.T) {
	ctx := context.Background()
	box, err := sandbox.Open(ctx, &sandbox.Options{Root: e2e.Toolchain(t)})
	if err != nil {
		t.Fatal(err)
	}
	for arch, want := range map[string]string{"um": "CONFIG_UML=y", "mips": "CONFIG_MIPS=y"} {
		s, err := Open(ctx, os.DirFS(e2e.Tree(t, "7.3")), &Options{Box: box, Arch: arch, SrcArch: arch, LLVM: "-19", Cache: t.TempDir()})
		if err != nil {
			t.Errorf("%s: %v", arch, err)
			continue
		}
		config, err := s.Conf(ctx, "allnoconfig", "CONFIG_MULTIUSER=y\n")
		if err != nil || !strings.Contains(config, "\n"+want+"\n") || !strings.Contains(config, "\nCONFIG_MULTIUSER=y\n") {
			t.Errorf("%s: %v, %d bytes", arch, err, len(config))
		}
		s.Close()
	}
}
