// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

// Package parity measures how far the native engine of checkpatch agrees with a tree's own
// scripts/checkpatch.pl.
//
// The corpora are drawn from real trees with a seed, the script's answers are kept in a cache keyed
// by the script and the input, and the comparison is one of sets: (line, type, severity).
package parity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A Sample is one input for both engines.
type Sample struct {
	// Kind is what it is one of, and Name says where it comes from.
	Kind, Name string
	// Data is the patch, or nil for file mode.
	Data []byte
	// Path is the file of the tree to check in file mode; Text is its content where the tree has no such file.
	Path string
	Text []byte
}

// draw returns n of the names, those with the smallest hash of seed and name: a sample that
// stays the same, and that grows by names only, when n grows.
func draw(names []string, seed string, n int) []string {
	rank := make(map[string][32]byte, len(names))
	for _, name := range names {
		rank[name] = sha256.Sum256([]byte(seed + "\x00" + name))
	}
	names = slices.Clone(names)
	slices.SortFunc(names, func(a, b string) int {
		ra, rb := rank[a], rank[b]
		return bytes.Compare(ra[:], rb[:])
	})
	return names[:min(n, len(names))]
}

// Diffs returns n of the per-file differences between the trees in the repositories from and to.
func Diffs(ctx context.Context, from, to, seed string, n int) ([]Sample, error) {
	base, err := run.Output(ctx, run.Cmd{
		Args: []string{"git", "-C", from, "rev-parse", "HEAD^{tree}"}, Env: run.GitEnv()})
	if err != nil {
		return nil, err
	}
	env := run.GitEnv("GIT_ALTERNATE_OBJECT_DIRECTORIES=" + filepath.Join(from, ".git", "objects"))
	rangeArgs := []string{"-M", strings.TrimSpace(string(base)), "HEAD"}
	names, err := run.Output(ctx, run.Cmd{
		Args: append([]string{"git", "-C", to, "diff", "--name-only"}, rangeArgs...), Env: env})
	if err != nil {
		return nil, err
	}
	wanted := map[string]int{}
	for i, name := range draw(strings.Split(strings.TrimSpace(string(names)), "\n"), seed, n) {
		wanted[name] = i
	}
	all, err := run.Output(ctx, run.Cmd{
		Args: append([]string{"git", "-C", to, "diff", "--no-color"}, rangeArgs...), Env: env})
	if err != nil {
		return nil, err
	}
	samples := make([]Sample, len(wanted))
	for _, diff := range splitDiffs(all) {
		header, _, _ := bytes.Cut(diff, []byte("\n"))
		_, name, _ := strings.Cut(string(header), " b/")
		if i, ok := wanted[name]; ok {
			samples[i] = Sample{Name: "diff " + name, Data: diff}
		}
	}
	return slices.DeleteFunc(samples, func(s Sample) bool { return s.Data == nil }), nil
}

// splitDiffs cuts the output of git diff before each "diff --git" line.
func splitDiffs(all []byte) [][]byte {
	var diffs [][]byte
	mark := []byte("\ndiff --git ")
	for len(all) > 0 {
		end := bytes.Index(all, mark) + 1
		if end == 0 {
			end = len(all)
		}
		diffs = append(diffs, all[:end])
		all = all[end:]
	}
	return diffs
}

// fileKinds are the kinds of files in file mode, with their share of the sample in percent.
var fileKinds = []struct {
	suffix  string
	percent int
}{
	{".c", 40}, {".h", 18}, {".S", 5}, {"Kconfig", 5}, {"Makefile", 4}, {".rst", 4}, {".dts", 4}, {".dtsi", 4},
	{".yaml", 4}, {".rs", 4}, {".pl", 2}, {".py", 2}, {".sh", 4},
}

// Files returns n files of the tree in dir over all kinds.
func Files(dir, seed string, n int) ([]Sample, error) {
	byKind := map[string][]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == ".git" {
			return cmpSkip(err)
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > 300_000 {
			return err
		}
		for _, kind := range fileKinds {
			if strings.HasSuffix(path, kind.suffix) {
				rel, _ := filepath.Rel(dir, path)
				byKind[kind.suffix] = append(byKind[kind.suffix], rel)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var samples []Sample
	for _, kind := range fileKinds {
		for _, name := range draw(byKind[kind.suffix], seed, max(1, n*kind.percent/100)) {
			samples = append(samples, Sample{Name: "file " + name, Path: name})
		}
	}
	return samples, nil
}

// Others returns n files below dir, which is no part of the tree, over all kinds, and for each of them the patch
// that adds it.
func Others(dir, seed string, n int) ([]Sample, error) {
	files, err := Files(dir, seed, n)
	if err != nil {
		return nil, err
	}
	var samples []Sample
	for _, s := range files {
		text, err := os.ReadFile(filepath.Join(dir, s.Path))
		if err != nil {
			return nil, err
		}
		if len(text) == 0 {
			continue
		}
		lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
		patch := fmt.Sprintf("diff --git a/%[1]s b/%[1]s\nnew file mode 100644\n--- /dev/null\n+++ b/%[1]s\n@@ -0,0 +1,%[2]d @@\n+%[3]s\n",
			s.Path, len(lines), strings.Join(lines, "+"))
		whole := Sample{Name: s.Name, Path: filepath.Join("others", filepath.Base(dir), s.Path), Text: text}
		samples = append(samples, whole, Sample{Name: "added " + s.Path, Data: []byte(patch)})
	}
	return samples, nil
}

func cmpSkip(err error) error {
	if err != nil {
		return err
	}
	return fs.SkipDir
}

// Mails returns the patches in and below dir that are mails.
func Mails(dir string) ([]Sample, error) {
	var samples []Sample
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".patch") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		samples = append(samples, Sample{Name: fmt.Sprintf("mail %s", d.Name()), Data: data})
		return nil
	})
	return samples, err
}
