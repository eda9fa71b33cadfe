// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// cachedTrees lists the TREE extension of an index, sorted.
func cachedTrees(t *testing.T, dir string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, ".git", "index"))
	gittest.Must(t, err)
	_, rest, ok := bytes.Cut(data, []byte("TREE"))
	if !ok {
		t.Fatal("no cached trees")
	}
	rest = rest[4 : 4+binary.BigEndian.Uint32(rest)]
	var list []string
	var read func(prefix string)
	read = func(prefix string) {
		name, after, _ := bytes.Cut(rest, []byte{0})
		numbers, after, _ := bytes.Cut(after, []byte("\n"))
		var files, folders, size int
		_, err := fmt.Sscan(string(numbers), &files, &folders)
		gittest.Must(t, err)
		if files >= 0 {
			size = 20
		}
		list = append(list, fmt.Sprintf("%s%s: %d files, %d folders, %x", prefix, name, files, folders, after[:size]))
		rest = after[size:]
		for range folders {
			read(prefix + string(name) + "/")
		}
	}
	read("")
	if len(rest) > 0 {
		t.Errorf("%d bytes after the last tree", len(rest))
	}
	slices.Sort(list)
	return list
}

// TestCachedTrees compares the TREE extension that a landing leaves with the one that git makes.
func TestCachedTrees(t *testing.T) {
	t.Parallel()
	source := gittest.SeriesRepo(t)
	gittest.Git(t, source, "read-tree", "series~1")
	want := cachedTrees(t, source)
	dir := gittest.BaseRepo(t)
	gittest.Git(t, dir, "read-tree", "HEAD")
	gittest.Git(t, dir, "update-index", "-q", "--refresh")
	tr := open(t, dir)
	base, err := tr.Resolve("HEAD")
	gittest.Must(t, err)
	_, err = land(tr, base, stepsOf(t, source, "base", "series~1"), nil)
	gittest.Must(t, err)
	if diff := cmp.Diff(want, cachedTrees(t, dir)); diff != "" {
		t.Error(diff)
	}
}
