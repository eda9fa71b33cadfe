// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package kconfig

import (
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

var (
	sampled = flag.Int("files", 60, "how many of the files that differ between 7.2 and 7.3 to draw")
	seed    = flag.Uint64("seed", 20261128, "the seed of the draw")
)

// TestLongCoverage works out the configuration for differences between two kernels, drawn as if they were
// one series, and prints what it promises, by kind of file. Each file without a configuration has its
// reason.
func TestLongCoverage(t *testing.T) {
	before, after := e2e.Tree(t, "7.2"), e2e.Tree(t, "7.3")
	names := differing(t, before, after)
	rand.New(rand.NewPCG(*seed, 0)).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	names = names[:min(*sampled, len(names))]
	tree := os.DirFS(after)
	arch, _ := ArchOf("")
	plan, err := Work(context.Background(), os.DirFS(before), tree, names, options(t, Tiny(tree, "x86")+arch.Base))
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ files, configured, lines, promised int }
	rows := map[string]*row{}
	for _, f := range plan.Files {
		kind := path.Ext(f.Path)
		if rows[kind] == nil {
			rows[kind] = &row{}
		}
		r := rows[kind]
		r.files++
		if f.Config == 0 && f.Why == "" {
			t.Errorf("%s has neither a configuration nor a reason", f.Path)
		}
		if f.Config == 0 {
			t.Logf("%s: %s", f.Path, f.Why)
			continue
		}
		r.configured++
		r.lines += f.Lines
		if f.Config == 1 {
			r.promised += f.Lines
		}
		for _, g := range f.Unpromised {
			t.Logf("%s:%s: config %d, when %s: %s", f.Path, Ranges(g.Lines), g.Config, g.When, g.Why)
			if f.Config == 1 {
				r.promised -= len(g.Lines)
			}
		}
	}
	var kinds []string
	for kind := range rows {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	var all row
	for _, kind := range kinds {
		r := rows[kind]
		t.Logf("%-8s %d of %d files have a configuration; %d of %d changed lines of code by the first", kind, r.configured, r.files, r.promised, r.lines)
		all.lines, all.promised = all.lines+r.lines, all.promised+r.promised
	}
	t.Logf("%d configurations; the first changes %d symbols, %d in consequence; %d of %d lines; %.1f s",
		len(plan.Configs), len(plan.Configs[0].Changed), plan.Configs[0].Followed, all.promised, all.lines, plan.Seconds)
	if float64(all.promised) < 0.98*float64(all.lines) {
		t.Errorf("only %d of %d lines", all.promised, all.lines)
	}
}

// differing returns the files that both trees have, and that are not the same.
func differing(t *testing.T, before, after string) []string {
	t.Helper()
	old := listing(t, before)
	var names []string
	for name, id := range listing(t, after) {
		if was, ok := old[name]; ok && was != id {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	out, err := exec.Command("git", "-c", "safe.directory=*", "-C", dir, "ls-tree", "-r", "-z", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for entry := range strings.SplitSeq(string(out), "\x00") {
		if head, name, ok := strings.Cut(entry, "\t"); ok {
			files[name] = head
		}
	}
	return files
}
