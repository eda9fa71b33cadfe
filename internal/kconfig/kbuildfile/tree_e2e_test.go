// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package kbuildfile

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// TestLongWholeTree maps each C file of real kernels, as x86 sees them. Those that stay are really built
// by none: BPF programs, code of user-mode Linux, files that were left behind.
func TestLongWholeTree(t *testing.T) {
	for _, version := range []string{"7.3", "7.2", "6.12"} {
		t.Run(version, func(t *testing.T) {
			tree := os.DirFS(e2e.Tree(t, version))
			start := time.Now()
			built, lost := mapAll(t, NewReader(tree, "x86"), tree)
			t.Logf("%d of %d C files in %.2f s", built, built+len(lost), time.Since(start).Seconds())
			if all := built + len(lost); float64(built) < 0.993*float64(all) {
				t.Errorf("mapped %d of %d; the rest begins with %s", built, all, strings.Join(lost[:min(20, len(lost))], ", "))
			}
		})
	}
}

func mapAll(t *testing.T, r *Reader, tree fs.FS) (built int, lost []string) {
	err := fs.WalkDir(tree, ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			switch file {
			case "tools", "scripts", "samples", "Documentation", ".git":
				return fs.SkipDir
			}
			if path.Dir(file) == "arch" && d.Name() != "x86" {
				return fs.SkipDir
			}
		case path.Ext(file) == ".c":
			if r.File(file).Built() {
				built++
			} else {
				lost = append(lost, file)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return built, lost
}
