// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

var (
	patches = flag.Int("patches", 300, "how many per-file differences to compare")
	files   = flag.Int("files", 50, "how many files to compare in file mode")
	others  = flag.String("others", "", "compare over `DIRS`, code that is not of the kernel, separated by commas")
	seed    = flag.String("seed", "lsmpatch", "what the sample is drawn with")
	known   = flag.Bool("known", false, "compare only where the script's answer is in the cache")
	detail  = flag.Bool("detail", false, "show where the engines differ")
)

// answer is what the native engine says of s, read back from the form that the script writes.
func answer(c *checkpatch.Checker, tree string, s Sample) ([]Triple, error) {
	data, err := s.input(tree)
	if err != nil {
		return nil, err
	}
	var r *checkpatch.Result
	if s.Data != nil {
		r = c.Patch("-", data)
	} else {
		r = c.File(s.Path, data)
	}
	var out bytes.Buffer
	if _, err := checkpatch.Render(&out, []*checkpatch.Result{r}, checkpatch.Style{Terse: true, ShowTypes: true, NoSummary: true}); err != nil {
		return nil, err
	}
	return parseTerse(out.Bytes()), nil
}

// TestLongParity compares the engines over differences between two kernels, and whole files.
func TestLongParity(t *testing.T) {
	tree := e2e.Tree(t, "7.3")
	samples, err := Diffs(t.Context(), e2e.Tree(t, "7.2"), tree, *seed, *patches)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Files(tree, *seed, *files)
	if err != nil {
		t.Fatal(err)
	}
	samples = append(samples, whole...)
	if *others != "" {
		samples = nil
		for dir := range strings.SplitSeq(*others, ",") {
			more, err := Others(dir, *seed, *files)
			if err != nil {
				t.Fatal(err)
			}
			samples = append(samples, more...)
		}
	}
	compare(t, tree, samples)
}

// TestLongMails compares them over mails.
func TestLongMails(t *testing.T) {
	mails, err := Mails(e2e.Source(t, "linux-debian"))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, e2e.Tree(t, "7.3"), append(append(embedded(t), Synthetic()...), mails...))
}

// compare asks both engines about samples, and wants them to agree as far as the aim is.
func compare(t *testing.T, tree string, samples []Sample) {
	oracle, err := NewOracle(tree, e2e.Cache(t, "parity"))
	if err != nil {
		t.Fatal(err)
	}
	checker := checkpatch.NewChecker(&checkpatch.Options{Root: tree, Strict: true, Commits: noCommits})
	if *known {
		samples = slices.DeleteFunc(samples, func(s Sample) bool { return !oracle.Knows(s, "--strict") })
	}
	theirs, err := askAll(t.Context(), oracle, samples)
	if err != nil {
		t.Fatal(err)
	}
	var all Comparison
	for i, s := range samples {
		ours, err := answer(checker, tree, s)
		if err != nil {
			t.Fatal(err)
		}
		all.Add(s, ours, theirs[i].Triples())
	}
	var out bytes.Buffer
	all.Print(&out, *detail)
	t.Logf("%d samples\n%s", all.Samples, out.String())
	total := all.Total()
	if total.share() < 0.995 {
		t.Errorf("only %.2f%% of %d findings agree", 100*total.share(), total.Agreed+total.Ours+total.Theirs)
	}
	if weak := all.Weak(20, 0.95); len(weak) > 0 {
		t.Errorf("types that agree in less than 95%%: %v", weak)
	}
}

// askAll asks the script about samples, on all cores.
func askAll(ctx context.Context, oracle *Oracle, samples []Sample) ([]*Answer, error) {
	answers := make([]*Answer, len(samples))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, s := range samples {
		group.Go(func() (err error) {
			if answers[i], err = oracle.Ask(ctx, s, "--strict"); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
			return nil
		})
	}
	return answers, group.Wait()
}
