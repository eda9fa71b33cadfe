// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestManHasEachVerb: there is a page for each verb that --help shows, and it tells each of its flags, with the words
// of its help that Markdown would eat.
func TestManHasEachVerb(t *testing.T) {
	dir := t.TempDir()
	root := newRoot(nil, nil, nil)
	root.InitDefaultCompletionCmd("x")
	if err := writePages(root, dir, "2026-11-28"); err != nil {
		t.Fatal(err)
	}
	var visit func(cmd *cobra.Command)
	pages := 0
	visit = func(cmd *cobra.Command) {
		pages++
		raw, err := os.ReadFile(filepath.Join(dir, pageName(cmd)+".1"))
		if err != nil {
			t.Error(err)
			return
		}
		text := strings.NewReplacer(`\-`, "-", `\fB`, "", `\fR`, "", `\fI`, "", `\(aq`, "'", `\(ti`, "~").Replace(string(raw))
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && !strings.Contains(text, "--"+f.Name) {
				t.Errorf("the page of %s does not tell --%s", cmd.CommandPath(), f.Name)
			}
		})
		for line := range strings.Lines(cmd.Example) {
			if !strings.Contains(text, strings.TrimSpace(line)) {
				t.Errorf("the page of %s has no example %q", cmd.CommandPath(), line)
			}
		}
		for _, sub := range cmd.Commands() {
			if !sub.Hidden && sub.Name() != "help" {
				visit(sub)
			}
		}
	}
	visit(root)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != pages {
		t.Errorf("%d files for %d verbs, %v", len(entries), pages, err)
	}
}

// TestManPagesAreWellFormed: man has nothing to say against them, and finds them by their names.
func TestManPagesAreWellFormed(t *testing.T) {
	if _, err := exec.LookPath("man"); err != nil {
		t.Skip("there is no man; make e2e has one in a fresh root")
	}
	dir := t.TempDir()
	root := newRoot(nil, nil, nil)
	if err := writePages(root, filepath.Join(dir, "man1"), ""); err != nil {
		t.Fatal(err)
	}
	args := []string{"--warnings", "-l"}
	for _, name := range []string{"lsmpatch", "lsmpatch-premerge", "lsmpatch-apply", "lsmpatch-series-info"} {
		where, err := exec.Command("man", "-M", dir, "-w", name).Output()
		if err != nil || filepath.Base(strings.TrimSpace(string(where))) != name+".1" {
			t.Errorf("man -w %s: %q, %v", name, where, err)
		}
		args = append(args, strings.TrimSpace(string(where)))
	}
	cmd := exec.Command("man", args...)
	cmd.Env = append(os.Environ(), "MANWIDTH=80", "MANPAGER=cat", "LC_ALL=C.UTF-8")
	var said strings.Builder
	cmd.Stderr = &said
	text, err := cmd.Output()
	if err != nil || said.Len() > 0 {
		t.Errorf("man: %v\n%s", err, said.String())
	}
	for _, want := range []string{"lsmpatch-premerge - do all checks", "--exclude 'Documentation/*'", "EXIT STATUS"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the pages do not show %q", want)
		}
	}
}
