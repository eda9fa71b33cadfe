// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// TestNewObjects makes chains of objects, some of which take the place of one that another has taken
// already, and reads all of them back.
func TestNewObjects(t *testing.T) {
	t.Parallel()
	dir := baseRepo(t)
	objects := filepath.Join(dir, ".git", "objects")
	all, err := openStore(objects, SHA1)
	must(t, err)
	t.Cleanup(func() { all.close() })
	n := makeObjects(all)
	rng := rand.New(rand.NewPCG(1, 2))
	var ids, contents [][]byte
	for i := range 300 {
		data := []byte(fmt.Sprintf("new %d\n%s", i, lines("x", 10)))
		var old []byte
		if i > 0 {
			k := max(0, i-1-rng.IntN(3))
			old = ids[k]
			data = bytes.Clone(contents[k])
			data[rng.IntN(len(data))] ^= byte(1 + i%7)
			data = append(data, byte(i), byte(i>>8))
		}
		id, err := n.add(plumbing.BlobObject, data, old)
		must(t, err)
		ids, contents = append(ids, id), append(contents, data)
	}
	for i, id := range ids {
		if got, err := n.content(n.index[string(id)]); err != nil || !bytes.Equal(got, contents[i]) {
			t.Fatalf("object %d: %v", i, err)
		}
	}
	must(t, n.write(objects))
	for i, id := range ids {
		if _, got, err := all.read(id); err != nil || !bytes.Equal(got, contents[i]) {
			t.Fatalf("object %d from the pack: %v", i, err)
		}
	}
	checkSound(t, dir)
}

// TestCopiedBase changes a large file twice: what the pack has instead of it whole, is the old one as another
// pack has it, or the end of the deltas that the old one is made of.
func TestCopiedBase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, base string
		packed     bool
		initArgs   []string
		// want is the revision that the file is copied from, "" for none.
		want string
	}{
		{name: "whole", base: "main", packed: true, want: "main"},
		{name: "sha256", base: "main", packed: true, want: "main", initArgs: []string{"--object-format=sha256"}},
		{name: "delta", base: "main~1", packed: true, want: "main"},
		{name: "loose", base: "main"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := baseRepo(t, c.initArgs...)
			for _, n := range []int{4000, 4100} {
				write(t, filepath.Join(dir, "MAINTAINERS"), lines("maintainers", n))
				git(t, dir, "add", "-A")
				git(t, dir, "commit", "-q", "-m", "large")
			}
			if c.packed {
				git(t, dir, "gc", "-q", "--prune=now")
			}
			tr := open(t, dir)
			base, err := tr.Resolve(c.base)
			must(t, err)
			snapshot, err := tr.Snapshot(c.base)
			must(t, err)
			old, err := fs.ReadFile(snapshot, "MAINTAINERS")
			must(t, err)
			steps := stepsOf(t, dir, "base", "main")[:2]
			var want [][]byte
			for i := range steps {
				old = bytes.Replace(old, fmt.Appendf(nil, "maintainers line %d\n", 1000+i), []byte("changed\n"), 1)
				want = append(want, old)
				steps[i].Changes = []Change{{Path: "MAINTAINERS", Mode: filemode.Regular, Data: old}}
			}
			landed, err := land(tr, base, steps, &LandOptions{Branch: "topic"})
			must(t, err)
			for i, id := range landed.Commits {
				if got := git(t, dir, "show", string(id)+":MAINTAINERS") + "\n"; got != string(want[i]) {
					t.Errorf("%s:MAINTAINERS is wrong", id)
				}
			}
			checkClean(t, dir)
			copied := ""
			if c.want != "" {
				copied = git(t, dir, "rev-parse", c.want+":MAINTAINERS")
			}
			first := git(t, dir, "rev-parse", string(landed.Commits[0])+":MAINTAINERS")
			_, base0 := packedAs(t, dir, first)
			if base0 != copied {
				t.Errorf("the new file is a delta on %q, not on %q", base0, copied)
			}
			if packs, _ := packedAs(t, dir, copied); copied != "" && packs != 2 {
				t.Errorf("%d packs have the old file, not 2", packs)
			}
			git(t, dir, "gc", "-q", "--prune=now")
			if packs, _ := packedAs(t, dir, first); packs != 1 {
				t.Errorf("after gc %d packs have the new file", packs)
			}
			checkClean(t, dir)
		})
	}
}

// packedAs returns how many packs have an object, and what it is a delta on in the last of them.
func packedAs(t testing.TB, dir, id string) (packs int, base string) {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack/*.idx"))
	must(t, err)
	for _, name := range list {
		for _, line := range splitLines(git(t, dir, "verify-pack", "-v", name)) {
			// "NAME TYPE SIZE SIZE-IN-PACK OFFSET [DEPTH BASE]"
			fields := strings.Fields(line)
			if fields[0] != id {
				continue
			}
			packs++
			if len(fields) == 7 {
				base = fields[6]
			}
		}
	}
	return packs, base
}

// TestDamagedBase has an object that is not what its name says: it must not come into another pack.
func TestDamagedBase(t *testing.T) {
	t.Parallel()
	n := makeObjects(&store{format: SHA1})
	data := []byte(lines("x", 10000))
	right := SHA1.sum(plumbing.BlobObject, data)
	n.append(&newObject{id: right[: len(right)-1 : len(right)-1], typ: plumbing.BlobObject, data: data, base: -1, stored: place{pack: &pack{path: "p"}, size: 10}})
	if err := n.write(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is damaged") {
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
