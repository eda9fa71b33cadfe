// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package hooks

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// realTrees returns the trees that the checks are held against, by version.
func realTrees(t *testing.T) map[string]string {
	trees := map[string]string{"6.1": e2e.Part(t, "6.1")}
	for _, version := range []string{"6.12", "7.2", "7.3"} {
		trees[version] = e2e.Tree(t, version)
	}
	return trees
}

var reInit = regexp.MustCompile(`LSM_HOOK_INIT\(\s*(\w+)`)

// TestE2EInTree takes all of security/ and rust/ for a series that adds them: every function that
// an LSM of the tree registers must be found, with its type, and nothing may be wrong anywhere.
func TestE2EInTree(t *testing.T) {
	for version, dir := range realTrees(t) {
		tree := os.DirFS(dir)
		hooks, _, err := defs.List(tree)
		if err != nil {
			t.Fatal(err)
		}
		var files []string
		want := 0
		err = fs.WalkDir(tree, "security", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files = append(files, name)
			if !strings.HasSuffix(name, ".c") {
				return nil
			}
			data, err := fs.ReadFile(tree, name)
			for _, m := range reInit.FindAllSubmatch(data, -1) {
				if string(m[1]) == "NAME" {
					want += len(hooks) // the list of all hooks, by a macro
				} else {
					want++
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = fs.WalkDir(tree, "rust", func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		set := hookstest.Touching(files...)
		findings, _, err := Check(&check.View{Set: set, Before: fstest.MapFS{}, After: tree}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if f.Check == "hooks/sleeps" && strings.Contains(f.Message, defs.SleepableHooks) {
				continue // LSMs sleep in more hooks than BPF programs may; each vouches for the others
			}
			if f.Severity == report.Note {
				continue // not each LSM of the tree has its page and its entry
			}
			t.Errorf("%s: %s: %s: %s", version, f.Position(), f.Check, f.Message)
		}
		// As a series that changes each file: what the tree had before is no fault.
		findings, _, err = Check(&check.View{Set: set, Before: tree, After: tree}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			t.Errorf("%s, changed: %s: %s: %s", version, f.Position(), f.Check, f.Message)
		}
		s, found := source.New(set, nil, tree, "x86"), 0
		for _, name := range s.TouchedWith(".c") {
			for _, r := range registered.RegistrationsOf(s, s.Unit(name)) {
				found++
				if r.Type == nil {
					t.Errorf("%s: %s:%d: type of %s is not found", version, name, r.Pos.Line, r.Fn)
				}
			}
		}
		if found != want {
			t.Errorf("%s: %d registrations found, %d are there", version, found, want)
		}
		t.Logf("%s: %d files, %d registrations, %d findings", version, len(files), found, len(findings))
	}
}
