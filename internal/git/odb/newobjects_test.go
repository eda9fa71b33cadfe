// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// TestNewObjects makes chains of objects, some of which take the place of one that another has taken
// already, and reads all of them back.
func TestNewObjects(t *testing.T) {
	t.Parallel()
	dir := gittest.BaseRepo(t)
	objects := filepath.Join(dir, ".git", "objects")
	all, err := OpenStore(objects, SHA1)
	gittest.Must(t, err)
	t.Cleanup(func() { all.Close() })
	n := NewPending(all)
	rng := rand.New(rand.NewPCG(1, 2))
	var ids, contents [][]byte
	for i := range 300 {
		data := []byte(fmt.Sprintf("new %d\n%s", i, gittest.Lines("x", 10)))
		var old []byte
		if i > 0 {
			k := max(0, i-1-rng.IntN(3))
			old = ids[k]
			data = bytes.Clone(contents[k])
			data[rng.IntN(len(data))] ^= byte(1 + i%7)
			data = append(data, byte(i), byte(i>>8))
		}
		id, err := n.Add(plumbing.BlobObject, data, old)
		gittest.Must(t, err)
		ids, contents = append(ids, id), append(contents, data)
	}
	for i, id := range ids {
		if got, err := n.content(n.index[string(id)]); err != nil || !bytes.Equal(got, contents[i]) {
			t.Fatalf("object %d: %v", i, err)
		}
	}
	gittest.Must(t, n.Write(objects, Durable{}))
	for i, id := range ids {
		if _, got, err := all.Read(id); err != nil || !bytes.Equal(got, contents[i]) {
			t.Fatalf("object %d from the pack: %v", i, err)
		}
	}
	gittest.CheckSound(t, dir)
}

// TestDamagedBase has an object that is not what its name says: it must not come into another pack.
func TestDamagedBase(t *testing.T) {
	t.Parallel()
	n := NewPending(&Store{Format: SHA1})
	data := []byte(gittest.Lines("x", 10000))
	right := SHA1.Sum(plumbing.BlobObject, data)
	n.append(&newObject{id: right[: len(right)-1 : len(right)-1], typ: plumbing.BlobObject, data: data, base: -1, stored: place{pack: &pack{path: "p"}, size: 10}})
	if err := n.Write(t.TempDir(), Durable{}); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("error %v", err)
	}
}

func TestMakeDelta(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte("0123456789abcdef"), 3*compareSize/16)
	for _, front := range []int{0, 1, compareSize - 1, compareSize, compareSize + 1, len(long)} {
		for _, back := range []int{0, 1, compareSize, len(long) - front} {
			if front+back > len(long) {
				continue
			}
			data := append(append(bytes.Clone(long[:front]), "other"...), long[len(long)-back:]...)
			if got, err := patchDelta(long, makeDelta(long, data)); err != nil || !bytes.Equal(got, data) {
				t.Errorf("front %d, back %d: %v", front, back, err)
			}
			if got, err := patchDelta(data, makeDelta(data, long)); err != nil || !bytes.Equal(got, long) {
				t.Errorf("front %d, back %d, the other way: %v", front, back, err)
			}
		}
	}
}
