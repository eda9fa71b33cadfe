// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// TestLongFork compares --engine auto with the scripts of projects that have forked it, U-Boot and QEMU, or that of the tree
// that LSMPATCH_TREE names, a git repository: whole files of all kinds, and patches for the rules in which scripts differ, with the
// options that its own .checkpatch.conf has.
func TestLongFork(t *testing.T) {
	if tree := os.Getenv("LSMPATCH_TREE"); tree != "" {
		whole, err := Files(tree, *seed, *files)
		if err != nil {
			t.Fatal(err)
		}
		compareFork(t, tree, whole)
		return
	}
	for _, name := range []string{"u-boot", "qemu"} {
		t.Run(name, func(t *testing.T) {
			source := e2e.Source(t, name)
			whole, err := Files(source, *seed, *files)
			if err != nil {
				t.Fatal(err)
			}
			// QEMU carries U-Boot and others.
			whole = slices.DeleteFunc(whole, func(s Sample) bool { return strings.HasPrefix(s.Path, "roms/") })
			compareFork(t, forkTree(t, source, whole), whole)
		})
	}
}

// forkTree makes a repository of what scripts look at in the source of a project: all that is at its top, of folders the headers
// and the scripts, and the samples.
func forkTree(t *testing.T, source string, samples []Sample) string {
	tree := e2e.Scratch(t)
	top, err := os.ReadDir(source)
	for _, e := range top {
		if err == nil && e.IsDir() {
			err = os.MkdirAll(filepath.Join(tree, e.Name()), 0o777)
		} else if err == nil && e.Type().IsRegular() {
			err = copyFile(source, tree, e.Name())
		}
	}
	for _, s := range samples {
		if err == nil && !strings.HasPrefix(s.Path, "include/") && !strings.HasPrefix(s.Path, "scripts/") {
			err = copyFile(source, tree, s.Path)
		}
	}
	for _, dir := range []string{"include", "scripts"} {
		if err == nil {
			err = os.CopyFS(filepath.Join(tree, dir), os.DirFS(filepath.Join(source, dir)))
		}
	}
	if err == nil {
		_, err = history(t.Context(), source, tree, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func compareFork(t *testing.T, tree string, whole []Sample) {
	samples := slices.DeleteFunc(whole, func(s Sample) bool {
		info, err := os.Stat(filepath.Join(tree, s.Path))
		return err != nil || info.Size() > largest
	})
	samples = append(samples, every(Targeted(), *files)...)
	inputs := make([]checkpatch.Input, len(samples))
	for i, s := range samples {
		data, err := s.input(tree)
		if err != nil {
			t.Fatal(err)
		}
		inputs[i] = checkpatch.Input{Name: s.Path, Data: data, File: s.Data == nil}
	}
	results, notes, err := checkpatch.Inputs(t.Context(), inputs, &checkpatch.Options{Root: tree, GitDir: filepath.Join(tree, ".git")})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range notes {
		t.Logf("%s: %s", n.Check, n.Message)
	}
	var all Comparison
	for i, s := range samples {
		var ours bytes.Buffer
		if _, err := checkpatch.Render(&ours, results[i:i+1], checkpatch.Style{Terse: true, ShowTypes: true, NoSummary: true}); err != nil {
			t.Fatal(err)
		}
		all.Add(s, untyped(ours.Bytes()), untyped(fork(t, tree, s, strconv.Itoa(i))))
	}
	var table bytes.Buffer
	all.Print(&table, *detail)
	t.Logf("%d samples\n%s", all.Samples, table.String())
	if total := all.Total(); total.share() < 0.999 {
		t.Errorf("only %.3f%% of %d findings agree", 100*total.share(), total.Agreed+total.Ours+total.Theirs)
	}
}

// fork asks the script of a tree about s, as its users do.
func fork(t *testing.T, tree string, s Sample, name string) []byte {
	args := []string{"scripts/checkpatch.pl", "--terse"}
	if text, err := os.ReadFile(filepath.Join(tree, args[0])); err == nil && bytes.Contains(text, []byte("'show-types!'")) {
		args = append(args, "--show-types")
	}
	if s.Data == nil {
		args = append(args, "-f", s.Path)
	} else {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, s.Data, 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	cmd := exec.CommandContext(t.Context(), "perl", args...)
	cmd.Dir, cmd.Env = tree, append(run.GitEnv(), "PATH=/usr/bin:/bin")
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("%s: %v", s.Name, err)
	}
	return out
}

var plainHead = regexp.MustCompile(`(?m)^([^\n]*?:\d+: )(ERROR|WARNING|CHECK): `)

// untyped is parseTerse for scripts that may name no types.
func untyped(out []byte) []Triple {
	return parseTerse(plainHead.ReplaceAll(bytes.ReplaceAll(out, []byte(":UNTYPED: "), []byte(": ")), []byte("$1$2:UNTYPED: ")))
}
