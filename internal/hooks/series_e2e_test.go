// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package hooks_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/hooks"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

// rustLSM reads the first version of the series of the binary.
func rustLSM(tb testing.TB) *patchset.Set { return mailsIn(tb, "../../patchset/rustlsm/v1") }

func mailsIn(tb testing.TB, dir string) *patchset.Set {
	tb.Helper()
	mails, err := filepath.Glob(dir + "/*.patch")
	if err != nil {
		tb.Fatal(err)
	}
	sets, err := series.Open(tb.Context(), mails, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return sets[0]
}

func snapshot(tb testing.TB, version string) fs.FS {
	tb.Helper()
	t, err := tree.Open(e2e.Tree(tb, version))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { t.Close() })
	snap, err := t.Snapshot("HEAD")
	if err != nil {
		tb.Fatal(err)
	}
	return snap
}

// overlay returns the tree with the series, or nil where it does not apply.
func overlay(tb testing.TB, before fs.FS, set *patchset.Set) fs.FS {
	tb.Helper()
	after, applied, err := apply.Overlay(before, set, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if len(applied.Conflicts) > 0 {
		return nil
	}
	return after
}

// TestE2ESeries checks the series of the binary, and its first version, against trees. In that one hook file_open got a
// &File, which was unsound.
func TestE2ESeries(t *testing.T) {
	set := rustLSM(t)
	carried := mailsIn(t, "../../patchset/rustlsm")
	for _, version := range []string{"7.3", "7.2"} {
		before := snapshot(t, version)
		findings, _, err := hooks.Check(&check.View{Set: carried, Before: before, After: overlay(t, before, carried)}, nil)
		if err != nil || len(findings) > 0 {
			t.Errorf("%s: %v %+v", version, err, findings)
		}
		findings, _, err = hooks.Check(&check.View{Set: set, Before: before, After: overlay(t, before, set)}, nil)
		if err != nil || len(findings) != 1 || findings[0].Check != "hooks/unsound-argument" || !strings.HasPrefix(findings[0].Message, "file_open gets `&File`") {
			t.Errorf("%s: first version: %v %+v", version, err, findings)
		}
	}
	old, _, err := hooks.Check(&check.View{Set: set, Before: os.DirFS(e2e.Part(t, "6.1"))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string // there c_ulong is u64, lsm_info has a name, and nothing counts LSMs
	for _, f := range old {
		got = append(got, f.Check+" "+f.File)
	}
	if want := []string{"hooks/shim-type rust/helpers/lsm.c", "hooks/missing-field rust/kernel/lsm.rs", "hooks/unknown-field rust/kernel/lsm.rs"}; !slices.Equal(got, want) {
		t.Errorf("6.1: %q, want %q", got, want)
	}
	before := snapshot(t, "6.12")
	findings, _, err := hooks.Check(&check.View{Set: set, Before: before, After: overlay(t, before, set)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{ // on 6.12, by the file of the series
		"hooks/shim-type rust/helpers/lsm.c":    "hook task_alloc takes `unsigned long clone_flags` in this tree (include/linux/lsm_hook_defs.h:216), the series has `u64 clone_flags`",
		"hooks/adapter-type rust/kernel/lsm.rs": "hook task_alloc takes `unsigned long clone_flags` in this tree (include/linux/lsm_hook_defs.h:216), `c_ulong` in Rust; task_alloc has `u64`",
	}
	for _, f := range findings {
		if f.Line > 0 && f.Severity == report.Error && want[f.Check+" "+f.File] == f.Message {
			delete(want, f.Check+" "+f.File)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing on 6.12: %v\nfound: %+v", want, findings)
	}
}

// TestE2ESabotage takes parts out of the series of the binary, or changes a word of it, on a tree
// that is read as if the series applied.
func TestE2ESabotage(t *testing.T) {
	before := snapshot(t, "7.3")
	for _, tc := range []struct {
		drop, file, old, now string
		want                 []string
	}{
		{"", "", "", "", nil},
		{"include/linux/lsm_count.h", "", "", "", []string{"hooks/not-counted security/rust_lsm/rust_lsm.rs"}},
		{"rust/helpers/helpers.c", "", "", "", []string{"hooks/helper-not-included rust/helpers/lsm.c"}},
		{"rust/kernel/lib.rs", "", "", "", []string{"hooks/module-not-declared rust/kernel/lsm.rs"}},
		{"security/Makefile", "", "", "", []string{"hooks/not-built security/rust_lsm/rust_lsm.rs"}},
		{"security/Kconfig", "", "", "", []string{"hooks/kconfig-not-sourced security/rust_lsm/Kconfig"}},
		{"", "rust/helpers/lsm.c", "u64 clone_flags", "u32 clone_flags", []string{"hooks/shim-type rust/helpers/lsm.c"}},
		{"", "rust/kernel/lsm.rs", "clone_flags: u64) -> c_int", "clone_flags: u32) -> c_int", []string{"hooks/adapter-type rust/kernel/lsm.rs"}},
		{"", "rust/kernel/lsm.rs", `#[link_section = ".init.text"]`, "", []string{"hooks/init-section rust/kernel/lsm.rs"}},
		{"", "rust/kernel/lsm.rs", `#[link_section = ".lsm_info.init"]`, "", []string{"hooks/descriptor-section rust/kernel/lsm.rs"}},
	} {
		set := rustLSM(t)
		for _, p := range set.Patches {
			p.Files = slices.DeleteFunc(p.Files, func(f *gitdiff.File) bool { return patchset.Path(f) == tc.drop })
			for _, f := range p.Files {
				if patchset.Path(f) == tc.file && tc.file != "" {
					edit(t, f, tc.old, tc.now)
				}
			}
		}
		findings, _, err := hooks.Check(&check.View{Set: set, Before: before}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range findings {
			if f.Check == "hooks/unsound-argument" {
				continue // the first version has one
			}
			got = append(got, f.Check+" "+f.File)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("without %q, %q changed: %q, want %q", tc.drop, tc.old, got, tc.want)
		}
	}
}

// edit replaces the first occurrence of old in the added lines of f.
func edit(t *testing.T, f *gitdiff.File, old, now string) {
	t.Helper()
	for _, frag := range f.TextFragments {
		for i := range frag.Lines {
			if l := &frag.Lines[i]; l.Op == gitdiff.OpAdd && strings.Contains(l.Line, old) {
				l.Line = strings.Replace(l.Line, old, now, 1)
				return
			}
		}
	}
	t.Fatalf("%s does not hold %q", patchset.Path(f), old)
}

// TestBenchSpeed prints how long the hooks of a tree and a series take, straight from the object store.
func TestBenchSpeed(t *testing.T) {
	set := rustLSM(t)
	before := snapshot(t, "7.3")
	best := time.Hour
	for range 20 {
		after := overlay(t, before, set)
		start := time.Now()
		if _, _, err := hooks.Check(&check.View{Set: set, Before: before, After: after}, nil); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	t.Logf("hooks read and a series checked in %v (the best of 20; aim: 10 ms)", best)
}

// BenchmarkCheck reads all hooks of 7.3 and checks the series of the binary, from the object
// store without a worktree.
func BenchmarkCheck(b *testing.B) {
	set := rustLSM(b)
	before := snapshot(b, "7.3")
	after := overlay(b, before, set)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := hooks.Check(&check.View{Set: set, Before: before, After: after}, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Minutes(), "series/min")
}

// BenchmarkCold does the same with the tree opened anew for each series.
func BenchmarkCold(b *testing.B) {
	set := rustLSM(b)
	dir := e2e.Tree(b, "7.3")
	for b.Loop() {
		t, err := tree.Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		before, err := t.Snapshot("HEAD")
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := hooks.Check(&check.View{Set: set, Before: before, After: overlay(b, before, set)}, nil); err != nil {
			b.Fatal(err)
		}
		t.Close()
	}
}
