// SPDX-License-Identifier: GPL-2.0-only

package index

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// FuzzIndex edits an index. What was edited reads back with the same names, one added and one removed.
func FuzzIndex(f *testing.F) {
	for _, version := range []string{"2", "4"} {
		dir := gittest.BaseRepo(f)
		gittest.Git(f, dir, "update-index", "--index-version", version)
		data, err := os.ReadFile(filepath.Join(dir, ".git", "index"))
		gittest.Must(f, err)
		f.Add(data, "kernel/new.c", "run.sh")
		f.Add(data, "zzz", "Makefile")
	}
	f.Fuzz(func(t *testing.T, data []byte, added, removed string) {
		names := func(data []byte) ([]string, error) {
			x := &File{format: odb.SHA1, Data: data}
			if err := x.parse(); err != nil {
				return nil, err
			}
			w := x.Walk()
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
		x := &File{format: odb.SHA1, Data: data}
		gittest.Must(t, x.parse())
		e, err := x.Edit([]*Update{
			{Name: added, Entry: &Entry{Name: added, Mode: filemode.Regular, ID: make([]byte, 20)}}, {Name: removed},
		}, func(*Update, *Walk) error { return nil })
		gittest.Must(t, err)
		trees := x.Extension("TREE")
		if r, err := RewriteTrees(trees, 20, TreeDelta{"": {ID: make([]byte, 20)}}); err == nil {
			trees = r
		}
		e.Extend(trees)
		var out bytes.Buffer
		gittest.Must(t, e.Write(&out))
		after, err := names(out.Bytes())
		gittest.Must(t, err)
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
