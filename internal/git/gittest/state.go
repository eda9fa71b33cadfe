// SPDX-License-Identifier: GPL-2.0-only

package gittest

import (
	"crypto/sha1"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// State lists all that a run which refuses must leave alone: the files of a worktree with their times, and the
// repository's own, the index byte for byte, without its objects.
func State(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	Must(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		if rel == ".git/objects" {
			return fs.SkipDir
		}
		if strings.HasPrefix(d.Name(), "sharedindex.") {
			return nil // git makes, touches and expires them as it likes
		}
		info, err := d.Info()
		Must(t, err)
		fmt.Fprintf(&b, "%s %s", rel, info.Mode())
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			Must(t, err)
			b.WriteString(" " + target)
		case info.Mode().IsRegular():
			data, err := os.ReadFile(name)
			Must(t, err)
			fmt.Fprintf(&b, " %x", sha1.Sum(data))
			fmt.Fprintf(&b, " %s", info.ModTime())
		}
		b.WriteByte('\n')
		return nil
	}))
	return b.String()
}
