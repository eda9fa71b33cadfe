// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"
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
	f.Add(encodeTree([]treeEntry{{"a", filemode.Regular, id}, {"b", filemode.Dir, id}, {"c", filemode.Symlink, id}}))
	f.Add([]byte("100664 old\x00" + string(id)))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parseTree(data, 20)
		if err != nil {
			return
		}
		again, err := parseTree(encodeTree(entries), 20)
		if err != nil || len(again) != len(entries) {
			t.Fatalf("%d entries became %d: %v", len(entries), len(again), err)
		}
		for i := range entries {
			if entries[i].name != again[i].name || entries[i].mode != again[i].mode || !bytes.Equal(entries[i].id, again[i].id) {
				t.Errorf("entry %d: %+v became %+v", i, entries[i], again[i])
			}
		}
	})
}

// FuzzIndex edits an index. What was edited reads back with the same names, one added and one removed.
func FuzzIndex(f *testing.F) {
	for _, version := range []string{"2", "4"} {
		dir := baseRepo(f)
		git(f, dir, "update-index", "--index-version", version)
		data, err := os.ReadFile(filepath.Join(dir, ".git", "index"))
		must(f, err)
		f.Add(data, "kernel/new.c", "run.sh")
		f.Add(data, "zzz", "Makefile")
	}
	f.Fuzz(func(t *testing.T, data []byte, added, removed string) {
		names := func(data []byte) ([]string, error) {
			x := &indexFile{format: SHA1, data: data}
			if err := x.parse(); err != nil {
				return nil, err
			}
			w := x.walk()
			var list []string
			for w.next() {
				list = append(list, string(w.name))
			}
			if w.err != nil {
				return nil, w.err
			}
			return list, x.ended(w.end)
		}
		before, err := names(data)
		if err != nil || added >= removed || added == "" || !fs.ValidPath(added) || strings.ContainsRune(added, 0) {
			return
		}
		want := map[string]bool{added: true}
		for i, name := range before {
			if i > 0 && before[i-1] >= name {
				return // not sorted: git would not have written it
			}
			want[name] = true
		}
		delete(want, removed)
		x := &indexFile{format: SHA1, data: data}
		must(t, x.parse())
		e, err := x.edit([]*indexUpdate{
			{name: added, entry: &indexEntry{name: added, mode: filemode.Regular, id: make([]byte, 20)}}, {name: removed},
		}, func(*indexUpdate, *indexWalk) error { return nil })
		must(t, err)
		trees := x.extension("TREE")
		if r, err := rewriteTrees(trees, 20, treeDelta{"": {id: make([]byte, 20)}}); err == nil {
			trees = r
		}
		e.extend(trees)
		var out bytes.Buffer
		must(t, e.writeTo(&out))
		after, err := names(out.Bytes())
		must(t, err)
		if len(after) != len(want) {
			t.Fatalf("%d names, want %d", len(after), len(want))
		}
		for _, name := range after {
			if !want[name] {
				t.Errorf("%q is among the names", name)
			}
		}
	})
}

// FuzzPackIndex looks names up in damaged pack indexes of both kinds.
func FuzzPackIndex(f *testing.F) {
	dir := seriesRepo(f)
	git(f, dir, "repack", "-q", "-a", "-d")
	git(f, dir, "multi-pack-index", "write")
	for _, pattern := range []string{"pack-*.idx", "multi-pack-index"} {
		files, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack", pattern))
		must(f, err)
		data, err := os.ReadFile(files[0])
		must(f, err)
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
