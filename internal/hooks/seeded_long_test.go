// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package hooks

import (
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A seed is one fault that is made in a right series.
type seed struct {
	name  string
	edits []edit
	// compiles is what clang said of it, with the flags of 7.3.
	compiles bool
	// want are the checks, of severity error or warning, that find something, in order and without
	// "hooks/"; "" where nothing is wrong.
	want string
}

const (
	wardenC      = "security/warden/core.c"
	accessC      = "security/warden/access.c"
	wardenH      = "security/warden/warden.h"
	wardenKconf  = "security/warden/Kconfig"
	wardenMake   = "security/warden/Makefile"
	countPath    = "include/linux/lsm_count.h"
	uapiPath     = "include/uapi/linux/lsm.h"
	listTestPath = "tools/testing/selftests/lsm/lsm_list_modules_test.c"
)

// settling puts the LSM of testdata/seeded/warden.txtar into the files of 7.3 that are to know of it.
var settling = []edit{
	{countPath, "#if IS_ENABLED(CONFIG_SECURITY_IPE)", "#if IS_ENABLED(CONFIG_SECURITY_WARDEN)\n#define WARDEN_ENABLED 1,\n#else\n#define WARDEN_ENABLED\n#endif\n\n#if IS_ENABLED(CONFIG_SECURITY_IPE)"},
	{countPath, "\t\tIPE_ENABLED)", "\t\tWARDEN_ENABLED\t\t\\\n\t\tIPE_ENABLED)"},
	{uapiPath, "#define LSM_ID_IPE\t\t113\n", "#define LSM_ID_IPE\t\t113\n#define LSM_ID_WARDEN\t\t114\n"},
	{"security/Kconfig", "source \"security/ipe/Kconfig\"\n", "source \"security/ipe/Kconfig\"\nsource \"security/warden/Kconfig\"\n"},
	{"security/Makefile", "obj-$(CONFIG_SECURITY_IPE)\t\t+= ipe/\n", "obj-$(CONFIG_SECURITY_IPE)\t\t+= ipe/\nobj-$(CONFIG_SECURITY_WARDEN)\t\t+= warden/\n"},
	{"MAINTAINERS", "WATCHDOG DEVICE DRIVERS\n", "WARDEN SECURITY MODULE\nM:\tA Warden <warden@example.org>\nS:\tMaintained\nF:\tDocumentation/admin-guide/LSM/warden.rst\nF:\tsecurity/warden/\n\nWATCHDOG DEVICE DRIVERS\n"},
	{"Documentation/admin-guide/LSM/index.rst", "   ipe\n", "   ipe\n   warden\n"},
	{listTestPath, "\t\tcase LSM_ID_IPE:\n", "\t\tcase LSM_ID_WARDEN:\n\t\t\tname = \"warden\";\n\t\t\tbreak;\n\t\tcase LSM_ID_IPE:\n"},
}

// planted returns the files that a right series and a seed leave in the tree: those of archive, and
// those that edits change.
func planted(t *testing.T, tree fs.FS, archive string, base []edit, s *seed) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	if archive != "" {
		maps.Copy(files, hookstest.ReadArchive(t, archive))
	}
	for _, e := range slices.Concat(base, s.edits) {
		f := files[e.file]
		if f == nil {
			data, err := fs.ReadFile(tree, e.file)
			if err != nil && e.old != "" {
				t.Fatal(err)
			}
			f = &fstest.MapFile{Data: data}
		}
		if !strings.Contains(string(f.Data), e.old) {
			t.Fatalf("%s does not hold %q", e.file, e.old)
		}
		text := strings.Replace(string(f.Data), e.old, e.now, 1)
		if e.old == "" {
			text = e.now
		}
		files[e.file] = &fstest.MapFile{Data: []byte(text)}
	}
	maps.DeleteFunc(files, func(_ string, f *fstest.MapFile) bool { return string(f.Data) == "none\n" })
	return files
}

// over is a tree with other files in it.
type over struct {
	fs.FS
	files fstest.MapFS
}

func (o over) Open(name string) (fs.File, error) {
	if o.files[name] != nil {
		return o.files.Open(name)
	}
	return o.FS.Open(name)
}

func (o over) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, name)
	more, err2 := fs.ReadDir(o.files, name)
	if err != nil && err2 != nil {
		return nil, err
	}
	for _, e := range more {
		if !slices.ContainsFunc(entries, func(d fs.DirEntry) bool { return d.Name() == e.Name() }) {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// told returns what is found in files that a series puts into tree: the checks, sorted, and all of it.
func told(t *testing.T, tree fs.FS, files fstest.MapFS) (ids string, findings []report.Finding) {
	t.Helper()
	set := hookstest.Touching(slices.Sorted(maps.Keys(files))...)
	findings, _, err := Check(&check.View{Set: set, Before: tree, After: over{tree, files}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range findings {
		if f.Severity > report.Note {
			names[strings.TrimPrefix(f.Check, "hooks/")] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), " "), findings
}

// A seeding is a right series for 7.3, and the faults that are made in it.
type seeding struct {
	name, archive string
	base          []edit
	seeds         []seed
	// rust says that the series brings crates, which are compiled too; carried that it stands upon the carried series.
	rust, carried bool
	// without is a file that has to compile in a kernel without LSMs as well.
	without string
}

// headerOfLSMs declares the wrappers of hooks, and has their stubs.
const headerOfLSMs = "include/linux/security.h"

var seedings = []seeding{
	{name: "an LSM in C", archive: "testdata/seeded/warden.txtar", base: settling, seeds: wardenSeeds},
	{name: "a new hook", base: sealing73, seeds: sealSeeds, without: sealCaller},
	{name: "hooks in Rust", archive: "testdata/seeded/porter.txtar", base: nil, seeds: porterSeeds, rust: true, carried: true},
}

// TestLongSeeded makes every fault in a right series for 7.3, and counts what we miss and what we
// imagine.
func TestLongSeeded(t *testing.T) {
	tree := os.DirFS(e2e.Tree(t, "7.3"))
	for _, s := range seedings {
		if s.carried {
			continue // TestLongJudged has the tree for it
		}
		t.Run(s.name, func(t *testing.T) {
			misses, alarms := 0, 0
			for i := range s.seeds {
				seed := &s.seeds[i]
				got, findings := told(t, tree, planted(t, tree, s.archive, s.base, seed))
				if got == seed.want {
					continue
				}
				if got == "" {
					misses++
				} else if seed.want == "" {
					alarms++
				}
				t.Errorf("%s: %q, want %q", seed.name, got, seed.want)
				for _, f := range findings {
					if f.Severity > report.Note {
						t.Logf("    %s: %s [%s]", f.Position(), f.Message, f.Check)
					}
				}
			}
			t.Logf("%d faults: %d missed, %d false alarms", len(s.seeds), misses, alarms)
		})
	}
}
