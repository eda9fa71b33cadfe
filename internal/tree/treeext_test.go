// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cachedTrees lists the TREE extension of an index, sorted.
func cachedTrees(t *testing.T, dir string) []string {
	t.Helper()
	x, err := openIndex(filepath.Join(dir, ".git", "index"), SHA1)
	must(t, err)
	defer x.close()
	w := x.walk()
	for w.next() {
	}
	must(t, w.err)
	must(t, x.ended(w.end))
	r := treeRewriter{in: x.extension("TREE"), hashSize: 20}
	var list []string
	var read func(prefix string)
	read = func(prefix string) {
		h, err := r.head()
		must(t, err)
		list = append(list, fmt.Sprintf("%s%s: %d files, %d folders, %x", prefix, h.name, h.entries, h.subtrees, h.id))
		for range h.subtrees {
			read(prefix + h.name + "/")
		}
	}
	read("")
	if len(r.in) > 0 {
		t.Errorf("%d bytes after the last tree", len(r.in))
	}
	slices.Sort(list)
	return list
}

// TestCachedTrees compares the TREE extension that a landing leaves with the one that git makes.
func TestCachedTrees(t *testing.T) {
	t.Parallel()
	source := seriesRepo(t)
	git(t, source, "read-tree", "series~1")
	want := cachedTrees(t, source)
	dir := baseRepo(t)
	git(t, dir, "read-tree", "HEAD")
	git(t, dir, "update-index", "-q", "--refresh")
	tr := open(t, dir)
	base, err := tr.Resolve("HEAD")
	must(t, err)
	_, err = land(tr, base, stepsOf(t, source, "base", "series~1"), nil)
	must(t, err)
	if diff := cmp.Diff(want, cachedTrees(t, dir)); diff != "" {
		t.Error(diff)
	}
}
