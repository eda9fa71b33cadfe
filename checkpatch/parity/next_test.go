// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// TestE2ENext says of the script of the tree that LSMPATCH_TREE names which rules are not known, and what the engine makes of
// inputs for just these. Without a tree it does so for a script of 7.3 with a rule that is new, one that is harder, and one
// whose text alone is another.
func TestE2ENext(t *testing.T) {
	if tree := os.Getenv("LSMPATCH_TREE"); tree != "" {
		lines, err := next(t, tree, Targeted())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s:\n%s", tree, strings.Join(lines, "\n"))
		return
	}
	root := e2e.Tree(t, edition.Newest)
	if lines, err := next(t, root, nil); err != nil || len(lines) != 1 || !strings.Contains(lines[0], "word for word that of 7.3") {
		t.Errorf("%v %v", lines, err)
	}
	text, err := os.ReadFile(filepath.Join(root, "scripts", "checkpatch.pl"))
	if err != nil {
		t.Fatal(err)
	}
	script := string(text)
	for old, now := range map[string]string{
		"# warn about unexpectedly long msleep's": "\t\tif ($line =~ /\\bnew_bad_call\\s*\\(/) {\n\t\t\tWARN(\"NEW_BAD_CALL\",\n\t\t\t     \"no\\n\" . $herecurr);\n\t\t}\n\n# warn about unexpectedly long msleep's",
		"if ($1 < 20) {":                "if ($1 < 500) {",
		`$line =~ /^.\s*\#\s*if\s+0\b/`: `$line =~ /^.\s*\#\s*if\s+[0]\b/`,
	} {
		if strings.Count(script, old) != 1 {
			t.Fatalf("%q is in the script %d times", old, strings.Count(script, old))
		}
		script = strings.Replace(script, old, now, 1)
	}
	tree := t.TempDir()
	if err := os.MkdirAll(filepath.Join(tree, "scripts"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tree, "scripts", "checkpatch.pl"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	lines, err := next(t, tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(lines, "\n")
	for _, want := range []string{"NEW_BAD_CALL: new: the script finds", "MSLEEP: differs:", "IF_0: the engine agrees on all"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if strings.Contains(all, "SPACING:") {
		t.Errorf("what did not change is there:\n%s", all)
	}
}

// next returns a line on the script of a tree as a whole, and one for each type that it decides in a way that is not known, by
// examples for its rules and more inputs.
func next(t *testing.T, tree string, more []Sample) ([]string, error) {
	script, err := os.ReadFile(filepath.Join(tree, "scripts", "checkpatch.pl"))
	if err != nil {
		return nil, err
	}
	e := edition.Read(script)
	for i := range edition.Helpers {
		h := &edition.Helpers[i]
		if text, err := os.ReadFile(filepath.Join(tree, h.Name)); err == nil && !h.Knows(text) {
			e.Doubt([]edition.Helper{*h})
		}
	}
	lines := []string{fmt.Sprintf("its script is word for word that of %q; %d types are not known", e.Name, len(e.Unknown))}
	if e.Name != "" {
		lines[0] = "its script is word for word that of " + e.Name
	}
	if e.Foreign {
		return append(lines, "too little of it is known: it is judged by itself"), nil
	}
	if len(e.Unknown) == 0 {
		return lines, nil
	}
	return append(lines, verdicts(t, tree, script, e, more)...), nil
}

func verdicts(t *testing.T, tree string, script []byte, e *edition.Edition, more []Sample) []string {
	patterns := edition.Patterns(script, e.Unknown)
	var all []string
	for _, typ := range e.Unknown {
		for _, p := range patterns[typ] {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	samples := append(Examples(all), more...)
	batch, err := NewBatch(t.Context(), tree, filepath.Join(e2e.Cache(t, "parity"), "batch-next"), nil)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := batch.Ask(t.Context(), samples, "--strict", "--types="+strings.Join(e.Unknown, ","))
	if err != nil {
		t.Fatal(err)
	}
	checker := checkpatch.NewChecker(&checkpatch.Options{Tree: os.DirFS(batch.Root), Strict: true, Types: e.Unknown})
	var found Comparison
	for i, s := range samples {
		ours, err := answer(checker, batch.Root, s)
		if err != nil {
			t.Fatal(err)
		}
		found.Add(s, ours, theirs[i])
	}
	known := checkpatch.Types()
	lines := []string{fmt.Sprintf("%d examples for their rules:", len(samples))}
	for _, typ := range e.Unknown {
		tally := found.types[typ]
		if tally == nil {
			tally = &Tally{}
		}
		line := typ + ": " + verdict(slices.Contains(known, typ), tally)
		if e.Why[typ] != "" {
			line += " (by " + e.Why[typ] + ")"
		}
		lines = append(lines, line)
		for _, s := range append(tally.TheirsSample, tally.OursSample...) {
			lines = append(lines, "\t"+s)
		}
	}
	return lines
}
