// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

var editions = flag.String("edition", "", "compare only with the script of this `KERNEL`")

// editionTree returns the tree whose script is asked; of old ones there is only a part.
func editionTree(t *testing.T, version string) string {
	if version == "6.1" {
		return e2e.Part(t, version)
	}
	return e2e.Tree(t, version)
}

// TestLongEditions compares the native engine with the scripts of four kernels, each on inputs of all kinds: differences
// between two kernels, forwards and backwards, mails, synthetic messages, mangled code, and whole files.
func TestLongEditions(t *testing.T) {
	older, newer := e2e.Tree(t, "7.2"), e2e.Tree(t, "7.3")
	samples, err := Diffs(t.Context(), older, newer, *seed, *patches)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Diffs(t.Context(), newer, older, *seed+" back", *patches/4)
	if err != nil {
		t.Fatal(err)
	}
	mails, err := Mails(e2e.Source(t, "linux-debian"))
	if err != nil {
		t.Fatal(err)
	}
	samples = append(samples, back...)
	samples = append(samples, Mangled(samples, *seed)...)
	samples = append(append(append(samples, Synthetic()...), Targeted()...), mails...)
	for _, version := range []string{"6.1", "6.12", "7.2", "7.3"} {
		if *editions != "" && *editions != version {
			continue
		}
		t.Run(version, func(t *testing.T) {
			tree := editionTree(t, version)
			whole, err := Files(tree, *seed, *files)
			if err != nil {
				t.Fatal(err)
			}
			// Large ones would take most of the time, and say what small ones do.
			whole = slices.DeleteFunc(whole, func(s Sample) bool {
				info, err := os.Stat(filepath.Join(tree, s.Path))
				return err != nil || info.Size() > 60_000
			})
			batch, err := NewBatch(tree, filepath.Join(e2e.Cache(t, "parity"), "batch-"+version))
			if err != nil {
				t.Fatal(err)
			}
			compareEdition(t, batch, append(slices.Clone(samples), whole...))
		})
	}
}

func compareEdition(t *testing.T, batch *Batch, samples []Sample) {
	theirs, err := batch.Ask(t.Context(), samples, "--strict")
	if err != nil {
		t.Fatal(err)
	}
	// The folder is all links, which the engine follows for no tree on disk.
	checker := checkpatch.NewChecker(&checkpatch.Options{Tree: os.DirFS(batch.Root), Strict: true, Commits: commitsOf(batch.Root)})
	var all Comparison
	for i, s := range samples {
		ours, err := answer(checker, batch.Root, s)
		if err != nil {
			t.Fatal(err)
		}
		all.Add(s, ours, theirs[i])
	}
	var out bytes.Buffer
	all.Print(&out, *detail)
	t.Logf("%d samples\n%s", all.Samples, out.String())
	if total := all.Total(); total.share() < 0.999 {
		t.Errorf("only %.3f%% of %d findings agree", 100*total.share(), total.Agreed+total.Ours+total.Theirs)
	}
}
