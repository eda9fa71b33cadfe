// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestArchitecturePaths keeps docs/architecture.md true: each path that it names is there, and
// each room of the table of the house has its place in it.
func TestArchitecturePaths(t *testing.T) {
	const root = "../.."
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*/?)`").FindAllStringSubmatch(string(text), -1) {
		name := m[1]
		if !strings.Contains(name, "/") && !strings.HasSuffix(name, ".go") {
			continue // a word, not a path
		}
		named[strings.TrimSuffix(name, "/")] = true
		info, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Errorf("docs/architecture.md names %s, which is not there", name)
		} else if strings.HasSuffix(name, "/") != info.IsDir() {
			t.Errorf("docs/architecture.md names %s: a folder ends in a slash, a file does not", name)
		}
	}
	if len(named) < 30 {
		t.Fatalf("found only %d paths in docs/architecture.md", len(named))
	}
	for room := range mayImport {
		if !named[room] {
			t.Errorf("docs/architecture.md does not say what %s/ is for", room)
		}
	}
}
