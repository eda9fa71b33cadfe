// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// FuzzPack reads objects out of damaged packs; what is whole has the name that it is looked up by.
func FuzzPack(f *testing.F) {
	dir := gittest.SeriesRepo(f)
	gittest.Git(f, dir, "repack", "-q", "-a", "-d", "--depth=10", "--window=50")
	names, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack/pack-*.pack"))
	gittest.Must(f, err)
	whole, err := os.ReadFile(names[0])
	gittest.Must(f, err)
	f.Add(whole, uint32(12))
	f.Add(whole, uint32(len(whole)/2))
	for _, rev := range []string{"series", "series^{tree}", "series:kernel/fork.c", "base:kernel/fork.c"} {
		p := &pack{path: names[0][:len(names[0])-len(".pack")], hashSize: 20}
		gittest.Must(f, p.openIndex())
		offset, err := p.index.offset(p.index.find(Hash(gittest.Git(f, dir, "rev-parse", rev)).Raw()))
		gittest.Must(f, err)
		f.Add(whole, uint32(offset))
	}
	f.Fuzz(func(t *testing.T, data []byte, offset uint32) {
		name := filepath.Join(t.TempDir(), "pack")
		gittest.Must(t, os.WriteFile(name+".pack", data, 0o666))
		p := &pack{path: name, hashSize: 20}
		p.indexOnce.Do(func() { p.index = &packIndex{nameTable: nameTable{fanout: make([]byte, 1024), stride: 20, size: 20}} })
		s := &Store{Format: SHA1, bases: baseCache{limit: 1 << 20}}
		typ, content, err := s.unpack(p, int64(offset))
		if err == nil && typ != plumbing.CommitObject && typ != plumbing.TreeObject && typ != plumbing.BlobObject && typ != plumbing.TagObject {
			t.Errorf("an object of type %v", typ)
		}
		if len(content) > 2000*len(data)+1<<24 {
			t.Errorf("%d bytes out of %d", len(content), len(data))
		}
		gittest.Must(t, p.close())
	})
}
