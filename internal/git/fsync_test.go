// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// TestFsync reads core.fsync as git does: words add to its own choice, and take away from it.
func TestFsync(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":                      "pack pack-metadata",
		"reference":             "pack pack-metadata reference",
		"committed,added":       "index loose-object pack pack-metadata",
		"none":                  "",
		"none,index":            "index",
		"all,-reference,-index": "index loose-object pack pack-metadata reference", // what is added stays

		"-pack":                     "pack-metadata",
		"nonsense,derived-metadata": "pack pack-metadata",
	} {
		dir := t.TempDir()
		gittest.Git(t, dir, "init", "-q")
		if value != "" {
			gittest.Git(t, dir, "config", "core.fsync", value)
		}
		r, err := Find(dir)
		gittest.Must(t, err)
		got, err := r.Fsync(t.Context())
		gittest.Must(t, err)
		if words := strings.Join(wordsOf(got), " "); words != want {
			t.Errorf("%q: %q, want %q", value, words, want)
		}
		gittest.Must(t, r.Store.Close())
	}
}

// wordsOf returns the parts that are on.
func wordsOf(f Fsync) []string {
	var words []string
	for word, on := range map[string]bool{"loose-object": f.Loose, "pack": f.Pack, "pack-metadata": f.PackIndex, "index": f.Index, "reference": f.Reference} {
		if on {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return words
}
