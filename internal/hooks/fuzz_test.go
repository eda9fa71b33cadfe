// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"path/filepath"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/internal/hooks/proof"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

// FuzzCheck puts damaged files into a series: a check must end, and never panic.
func FuzzCheck(f *testing.F) {
	tree, series := hookstest.ReadArchive(f, "testdata/tree.txtar"), hookstest.ReadArchive(f, "testdata/series.txtar")
	for _, name := range []string{mainC, shimC, lsmRS, sample, "security/plain/Kconfig", "include/linux/lsm_count.h"} {
		f.Add(name, series[name].Data)
	}
	archives, err := filepath.Glob("testdata/styles/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, archive := range archives {
		for name, file := range hookstest.ReadArchive(f, archive) {
			if series[name] != nil {
				f.Add(name, file.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if series[name] == nil {
			return
		}
		set, _, after := editedFixture(t, tree, series, []edit{{name, "", string(data) + "\n"}})
		if _, _, err := Check(&check.View{Set: set, Before: tree, After: after}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := proof.Assert(set, after, nil); err != nil {
			t.Fatal(err)
		}
	})
}
