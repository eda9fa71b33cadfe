// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A word of the Makefile that runs a test runs one that there is: go test is content with none.
func TestMakefileRunsTests(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	err = filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(names, "\n")
	for _, m := range regexp.MustCompile(`-run '(\^Test[^']*)'`).FindAllStringSubmatch(string(makefile), -1) {
		if re := regexp.MustCompile("(?m)" + strings.ReplaceAll(m[1], "$$", "$")); !re.MatchString(all) {
			t.Errorf("the Makefile runs %s, and there is no such test", m[1])
		}
	}
}
