// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// FuzzDelta makes a delta and applies it; what it applies of the fuzzer's own must not panic, nor
// grow beyond what it says.
func FuzzDelta(f *testing.F) {
	f.Add([]byte("a base"), []byte("a bass"), []byte{6, 6, 0x91, 0, 4, 2, 's', 's'})
	f.Add([]byte(""), []byte("new"), []byte{0, 3, 3, 'n', 'e', 'w'})
	f.Add(bytes.Repeat([]byte("x"), 300), bytes.Repeat([]byte("x"), 299), []byte{0xff, 0xff, 0xff, 0x7f, 0x80})
	f.Fuzz(func(t *testing.T, base, data, delta []byte) {
		if got, err := patchDelta(base, makeDelta(base, data)); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%q on %q: %q, %v", data, base, got, err)
		}
		if _, size, _, err := deltaSizes(delta); err == nil && size > 1<<20 {
			return // it may well be true, but takes memory
		}
		patchDelta(base, delta)
	})
}

// FuzzTree decodes a tree object; what decodes encodes to the same, unless its modes are of old.
func FuzzTree(f *testing.F) {
	id := bytes.Repeat([]byte{7}, 20)
	f.Add(EncodeTree([]TreeEntry{{"a", filemode.Regular, id}, {"b", filemode.Dir, id}, {"c", filemode.Symlink, id}}))
	f.Add([]byte("100664 old\x00" + string(id)))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parseTree(data, 20)
		if err != nil {
			return
		}
		again, err := parseTree(EncodeTree(entries), 20)
		if err != nil || len(again) != len(entries) {
			t.Fatalf("%d entries became %d: %v", len(entries), len(again), err)
		}
		for i := range entries {
			if entries[i].Name != again[i].Name || entries[i].Mode != again[i].Mode || !bytes.Equal(entries[i].ID, again[i].ID) {
				t.Errorf("entry %d: %+v became %+v", i, entries[i], again[i])
			}
		}
	})
}

// FuzzPackIndex looks names up in damaged pack indexes of both kinds.
func FuzzPackIndex(f *testing.F) {
	dir := gittest.SeriesRepo(f)
	gittest.Git(f, dir, "repack", "-q", "-a", "-d")
	gittest.Git(f, dir, "multi-pack-index", "write")
	for _, pattern := range []string{"pack-*.idx", "multi-pack-index"} {
		files, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack", pattern))
		gittest.Must(f, err)
		data, err := os.ReadFile(files[0])
		gittest.Must(f, err)
		f.Add(data, []byte("01234567890123456789"))
	}
	f.Fuzz(func(t *testing.T, data, id []byte) {
		if len(id) != 20 {
			return
		}
		x := &packIndex{data: data}
		if x.parse(20) == nil {
			if i := x.find(id); i >= 0 {
				x.offset(i)
			}
		}
		m := &multiIndex{data: data}
		if m.parse(SHA1) == nil {
			if i := m.find(id); i >= 0 {
				m.locate(i)
			}
		}
	})
}
