// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// storeOf opens the objects of a repository.
func storeOf(t *testing.T, dir string, f Format) *Store {
	t.Helper()
	s, err := OpenStore(filepath.Join(dir, ".git", "objects"), f)
	gittest.Must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// everyObject lists the objects of a repository as git does: name, type, size.
func everyObject(t *testing.T, dir string) [][]string {
	t.Helper()
	var list [][]string
	for _, line := range gittest.SplitLines(gittest.Git(t, dir, "cat-file", "--batch-all-objects", "--batch-check")) {
		list = append(list, strings.Fields(line))
	}
	return list
}

// TestStoreAgainstGit reads all objects of a repository in each way that git keeps them, and compares with git.
func TestStoreAgainstGit(t *testing.T) {
	t.Parallel()
	for _, format := range []Format{SHA1, SHA256} {
		for _, kept := range []struct {
			name string
			args [][]string
		}{
			{"loose", nil},
			{"one pack", [][]string{{"repack", "-adfq"}}},
			{"a pack and loose ones", [][]string{{"repack", "-dq"}, {"commit", "-q", "--allow-empty", "-m", "more"}}},
			{"two packs", [][]string{{"repack", "-dq"}, {"commit", "-q", "--allow-empty", "-m", "more"}, {"repack", "-dq"}}},
			{"an index of packs", [][]string{{"repack", "-dq"}, {"commit", "-q", "--allow-empty", "-m", "more"}, {"repack", "-dq"}, {"multi-pack-index", "write"}}},
			{"packed without deltas", [][]string{{"repack", "-adfq", "--depth=0"}}},
			{"deep deltas", [][]string{{"repack", "-adfq", "--depth=200", "--window=50"}}},
		} {
			t.Run(format.Name+" "+kept.name, func(t *testing.T) {
				runtest.OneIn(t, 4)
				dir := gittest.BaseRepo(t, "--object-format="+format.Name)
				for _, args := range kept.args {
					gittest.Git(t, dir, args...)
				}
				s := storeOf(t, dir, format)
				for _, o := range everyObject(t, dir) {
					checkObject(t, s, dir, o[0], o[1], o[2])
				}
			})
		}
	}
}

// checkObject compares what the store says of one object with what git says.
func checkObject(t *testing.T, s *Store, dir, name, kind, size string) {
	t.Helper()
	id := Hash(name).Raw()
	if !s.Has(id) {
		t.Fatalf("%s is not there", name)
	}
	typ, data, err := s.Read(id)
	if err != nil || typ.String() != kind || strconv.Itoa(len(data)) != size {
		t.Fatalf("%s: a %s of %d bytes, %v; git has a %s of %s", name, typ, len(data), err, kind, size)
	}
	if got := s.Format.Sum(typ, data); !bytes.Equal(got, id) {
		t.Errorf("%s has the content of %x", name, got)
	}
	if _, n, err := s.Header(id); err != nil || strconv.FormatInt(n, 10) != size {
		t.Errorf("the header of %s says %d bytes, %v", name, n, err)
	}
	if _, err := s.ReadType(id, typ); err != nil {
		t.Errorf("%s as what it is: %v", name, err)
	}
	if _, err := s.ReadType(id, plumbing.TagObject); err == nil && kind != "tag" {
		t.Errorf("%s is read as a tag", name)
	}
	if found, err := s.WithPrefix(name[:10], 9); err != nil || !slices.Contains(found, Hash(name)) {
		t.Errorf("%s by its prefix: %v, %v", name, found, err)
	}
}

// TestObjectsThatAreNotThere: what is absent is said to be so, and is found once another process wrote it.
func TestObjectsThatAreNotThere(t *testing.T) {
	t.Parallel()
	dir := gittest.BaseRepo(t)
	s := storeOf(t, dir, SHA1)
	for _, id := range [][]byte{nil, {1, 2, 3}, SHA1.Null(), BlobHash([]byte("later")).Raw(), bytes.Repeat([]byte{9}, 32)} {
		if _, _, err := s.Read(id); !errors.Is(err, ErrNoObject) {
			t.Errorf("%x: %v", id, err)
		}
		if _, _, err := s.Header(id); !errors.Is(err, ErrNoObject) && len(id) == SHA1.Size {
			t.Errorf("header of %x: %v", id, err)
		}
	}
	gittest.Write(t, filepath.Join(dir, "later"), "later")
	gittest.Git(t, dir, "hash-object", "-w", "later")
	gittest.Git(t, dir, "repack", "-adq")
	gittest.Git(t, dir, "add", "later")
	if _, data, err := s.Read(BlobHash([]byte("later")).Raw()); err != nil || string(data) != "later" {
		t.Errorf("written since: %q, %v", data, err)
	}
	asked := 0
	s.Missing = func(Hash) (plumbing.ObjectType, []byte, error) {
		asked++
		return plumbing.BlobObject, []byte("from the remote"), nil
	}
	if _, data, err := s.Read(BlobHash([]byte("nowhere")).Raw()); err != nil || string(data) != "from the remote" || asked != 1 {
		t.Errorf("by the remote: %q, %v, asked %d times", data, err, asked)
	}
}

// TestPrefixes finds names by their first digits, as git does, and none by too few.
func TestPrefixes(t *testing.T) {
	t.Parallel()
	dir := gittest.BaseRepo(t)
	s := storeOf(t, dir, SHA1)
	all := everyObject(t, dir)
	for _, digits := range []string{"", "abc", "xyzw", strings.Repeat("0", 41), "00000000"} {
		if found, err := s.WithPrefix(digits, 9); err != nil || len(found) > 0 {
			t.Errorf("%q: %v, %v", digits, found, err)
		}
	}
	for _, packed := range []bool{false, true} {
		for _, o := range all {
			want := 0
			for _, other := range all {
				if strings.HasPrefix(other[0], o[0][:4]) {
					want++
				}
			}
			for _, digits := range []string{o[0][:4], strings.ToUpper(o[0][:4]), o[0][:5], o[0]} {
				found, err := s.WithPrefix(digits, 100)
				if err != nil || len(digits) == 4 && len(found) != want || !slices.Contains(found, Hash(o[0])) || !slices.IsSorted(found) {
					t.Errorf("packed %v, %s: %v, %v, want %d", packed, digits, found, err, want)
				}
			}
		}
		gittest.Git(t, dir, "repack", "-adq")
		s.Refresh()
	}
}

// TestTreesInGitsOrder writes trees whose names sort otherwise as folders than as files, and has git check them.
func TestTreesInGitsOrder(t *testing.T) {
	t.Parallel()
	dir := gittest.BaseRepo(t)
	blob := BlobHash([]byte(""))
	gittest.Write(t, filepath.Join(dir, "empty"), "")
	gittest.Git(t, dir, "hash-object", "-w", "empty")
	var listing strings.Builder
	var entries []TreeEntry
	for _, name := range []string{"a", "a.b", "a-b", "a0", "ab", "B", "z"} {
		entries = append(entries, TreeEntry{Name: name, Mode: filemode.Regular, ID: blob.Raw()})
		listing.WriteString("100644 blob " + string(blob) + "\t" + name + "\n")
	}
	sub := Hash(gittest.Git(t, dir, "rev-parse", "HEAD^{tree}"))
	entries[0].Mode, entries[0].ID = filemode.Dir, sub.Raw()
	slices.SortFunc(entries, func(a, b TreeEntry) int { return strings.Compare(a.Key(), b.Key()) })
	text := strings.Replace(listing.String(), "100644 blob "+string(blob)+"\ta\n", "040000 tree "+string(sub)+"\ta\n", 1)
	gittest.Write(t, filepath.Join(dir, "listing"), text)
	want := gittest.Git(t, dir, "-c", "alias.mk=!git mktree < listing", "mk")
	if got := HashOf(SHA1.Sum(plumbing.TreeObject, EncodeTree(entries))); string(got) != want {
		t.Errorf("tree %s, by git %s", got, want)
	}
}

// TestOffsets writes numbers as packs have them and reads them back; what is cut is no number.
func TestOffsets(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 129, 16511, 16512, 2113663, 2113664, 270549119} {
		b := AppendOffsetVarint(nil, n)
		if got, size := ReadOffsetVarint(append(b, 0xff)); got != n || size != len(b) {
			t.Errorf("%d: read %d of %d bytes, want %d", n, got, size, len(b))
		}
		if _, size := ReadOffsetVarint(b[:len(b)-1]); size != 0 {
			t.Errorf("%d: a part of %d bytes is a number", n, size)
		}
	}
	if _, size := ReadOffsetVarint(bytes.Repeat([]byte{0xff}, 12)); size != 0 {
		t.Error("a number without an end is one")
	}
}

// TestFoldersAbove walks up a path.
func TestFoldersAbove(t *testing.T) {
	for name, want := range map[string]string{"a": "", "a/b": "a", "a/b/c.c": "a/b a", "a/b/c/d": "a/b/c a/b a"} {
		var got []string
		for dir := range func(yield func(string) bool) { Above(name, yield) } {
			got = append(got, dir)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("above %s: %q, want %q", name, got, want)
		}
		if first, _, _ := strings.Cut(want, " "); FolderOf(name) != first {
			t.Errorf("%s lies in %q, want %q", name, FolderOf(name), first)
		}
	}
}
