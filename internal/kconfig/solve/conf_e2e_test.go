// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package solve

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
)

// TestLongConfigurationsOfConf holds the rules against whole configurations that the tree's own conf makes, most of them at random: each is one
// that the rules allow, so nothing of it has to change. What they forbade would be a "cannot" that is not so.
func TestLongConfigurationsOfConf(t *testing.T) {
	ctx := context.Background()
	box, err := sandbox.Open(ctx, &sandbox.Options{Root: e2e.Toolchain(t)})
	if err != nil {
		t.Fatal(err)
	}
	modes := []string{"allnoconfig", "allyesconfig", "allmodconfig", "alldefconfig"}
	for i := range 10 {
		modes = append(modes, fmt.Sprintf("randconfig %d", i)) // the number keeps conf from being spared
	}
	for _, of := range []struct{ version, arch, folder string }{
		{"7.3", "x86_64", "x86"}, {"7.3", "arm64", "arm64"}, {"7.3", "riscv", "riscv"}, {"7.3", "um", "um"}, {"7.2", "x86_64", "x86"}, {"6.12", "x86_64", "x86"},
	} {
		t.Run(of.version+"/"+of.arch, func(t *testing.T) {
			s, err := symbols.Open(ctx, os.DirFS(e2e.Tree(t, of.version)), &symbols.Options{Box: box, Arch: of.arch, SrcArch: of.folder, LLVM: "-19", Cache: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			m, err := s.Model(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, mode := range modes {
				text, err := s.Conf(ctx, strings.Fields(mode)[0], "# "+mode+"\n")
				if err != nil {
					t.Errorf("%s: %v", mode, err)
					continue
				}
				config := symbols.ParseConfig(text)
				solver := New(m, config)
				allowUnmet(solver.enc)
				got := solver.Solve(ctx, nil)
				if got == nil {
					t.Errorf("%s: the rules allow nothing", mode)
					continue
				}
				t.Logf("%s: %d symbols, %d of which the rules would change", mode, len(config), len(got.Changed))
				for _, name := range got.Changed {
					sym := m.Symbols[name]
					t.Errorf("%s: %s=%s, the rules say %q; it depends on %v, and %v selects it", mode, name, config[name], got.Values[name], sym.Depends, sym.Selected)
				}
			}
		})
	}
}

// allowUnmet takes away what the rules have beyond those of conf, which only warns of a select whose dependencies are not met.
func allowUnmet(e *encoder) {
	for name, s := range e.model.Symbols {
		if s.Selected != nil && s.Depends != nil {
			beyond := []int{-e.expr(s.Selected).on, e.expr(s.Depends).on}
			e.groups[name] = slices.DeleteFunc(e.groups[name], func(clause []int) bool { return slices.Equal(clause, beyond) })
		}
	}
}
