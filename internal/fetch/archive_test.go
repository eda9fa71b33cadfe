// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

type tarEntry struct {
	name, content, link string
	kind                byte
	mode                int64
}

func makeTar(t testing.TB, entries []tarEntry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Mode: 0o644 | e.mode, Size: int64(len(e.content)),
			ModTime: time.Unix(1_700_000_000+int64(i), 0)}
		if e.kind == 0 {
			h.Typeflag = tar.TypeReg
		}
		gittest.Must(t, w.WriteHeader(h))
		_, err := w.Write([]byte(e.content))
		gittest.Must(t, err)
	}
	gittest.Must(t, w.Close())
	return b.Bytes()
}

var smallLinux = []tarEntry{
	{name: "linux-7.3/", kind: tar.TypeDir, mode: 0o111},
	{name: "linux-7.3/Makefile", content: "VERSION = 7\n"},
	{name: "linux-7.3/scripts/", kind: tar.TypeDir, mode: 0o111},
	{name: "linux-7.3/scripts/check.pl", content: "#!/usr/bin/perl\n", mode: 0o111},
	{name: "linux-7.3/scripts-2", content: "sorts before scripts/\n"},
	{name: "linux-7.3/scripts.c", content: ""},
	{name: "linux-7.3/.gitignore", content: "*\n"},
	{name: "linux-7.3/kernel/sched/core.c", content: "core\n"},
	{name: "linux-7.3/empty/", kind: tar.TypeDir, mode: 0o111},
	{name: "linux-7.3/link", link: "../../etc/passwd", kind: tar.TypeSymlink},
}

// compressed returns the same archive in each form that Fetch takes.
func compressed(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{}
	save := func(suffix string, data []byte) {
		files[suffix] = filepath.Join(dir, "linux-7.3.tar"+suffix)
		gittest.Must(t, os.WriteFile(files[suffix], data, 0o666))
	}
	save("", raw)
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, err := w.Write(raw)
	gittest.Must(t, errors.Join(err, w.Close()))
	save(".gz", gz.Bytes())
	z, err := zstd.NewWriter(nil)
	gittest.Must(t, err)
	save(".zst", z.EncodeAll(raw, nil))
	var packed bytes.Buffer
	x, err := xz.NewWriter(&packed)
	gittest.Must(t, err)
	_, err = x.Write(raw)
	gittest.Must(t, errors.Join(err, x.Close()))
	save(".xz", packed.Bytes())
	return files
}

func TestFetchArchive(t *testing.T) {
	t.Parallel()
	for suffix, name := range compressed(t, makeTar(t, smallLinux)) {
		dir := filepath.Join(t.TempDir(), "tree")
		sum, err := hashFile(name)
		gittest.Must(t, err)
		got, err := Fetch(context.Background(), &Options{Dir: dir, Archive: name, SHA256: sum})
		if err != nil {
			t.Errorf("%s: %v", suffix, err)
			continue
		}
		gittest.CheckClean(t, dir)
		if head := gittest.Git(t, dir, "rev-parse", "HEAD"); head != string(got.Commit) || !got.Changed {
			t.Errorf("%s: fetched %+v, HEAD is %s", suffix, got, head)
		}
		// The oracle makes the same tree from the files.
		gittest.Git(t, dir, "-c", "core.excludesFile=/dev/null", "add", "-A", "-f")
		if want, tree := gittest.Git(t, dir, "write-tree"), gittest.Git(t, dir, "rev-parse", "HEAD^{tree}"); want != tree {
			t.Errorf("%s: tree %s, git makes %s", suffix, tree, want)
		}
		if mode := gittest.Git(t, dir, "ls-tree", "-r", "HEAD", "scripts/check.pl", "link"); !strings.Contains(mode, "100755") || !strings.Contains(mode, "120000") {
			t.Errorf("%s: modes %s", suffix, mode)
		}
		if date := gittest.Git(t, dir, "log", "-1", "--format=%at %s"); date != "1700000009 Import linux-7.3" {
			t.Errorf("%s: commit %s", suffix, date)
		}
		again, err := Fetch(context.Background(), &Options{Dir: dir, Archive: name})
		gittest.Must(t, err)
		if again.Changed || again.Commit != got.Commit {
			t.Errorf("%s: the second time: %+v", suffix, again)
		}
	}
}

func TestFetchArchiveOnTop(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tree")
	first := filepath.Join(t.TempDir(), "linux-7.3.tar")
	gittest.Must(t, os.WriteFile(first, makeTar(t, smallLinux), 0o666))
	_, err := Fetch(context.Background(), &Options{Dir: dir, Archive: first})
	gittest.Must(t, err)
	second := filepath.Join(t.TempDir(), "linux-7.4.tar")
	gittest.Must(t, os.WriteFile(second, makeTar(t, append(smallLinux[:9:9], tarEntry{name: "linux-7.3/new", content: "x"})), 0o666))
	got, err := Fetch(context.Background(), &Options{Dir: dir, Archive: second})
	gittest.Must(t, err)
	gittest.CheckClean(t, dir)
	if head := gittest.Git(t, dir, "rev-parse", "HEAD"); head != string(got.Commit) || gittest.Git(t, dir, "show", "HEAD:new") != "x" {
		t.Errorf("HEAD is %s after %+v", head, got)
	}
	gittest.Write(t, filepath.Join(dir, "new"), "mine")
	if _, err = Fetch(context.Background(), &Options{Dir: dir, Archive: first}); dirty(err) == nil {
		t.Errorf("over a local change: %v", err)
	}
}

// TestFetchArchiveHostile shows that an archive writes nothing where it should not, and that a
// refused one leaves an empty folder.
func TestFetchArchiveHostile(t *testing.T) {
	t.Parallel()
	top := tarEntry{name: "linux/", kind: tar.TypeDir, mode: 0o111}
	tests := map[string][]tarEntry{
		"parent":            {top, {name: "linux/../../evil", content: "x"}},
		"absolute":          {{name: "/etc/evil", content: "x"}},
		"git folder":        {top, {name: "linux/.git/hooks/post-checkout", content: "x"}},
		"git folder, case":  {top, {name: "linux/sub/.GIT/config", content: "x"}},
		"git folder, NTFS":  {top, {name: "linux/git~1/config", content: "x"}},
		"git folder, HFS":   {top, {name: "linux/.g\u200cit/config", content: "x"}},
		"through a symlink": {top, {name: "linux/out", link: "/tmp", kind: tar.TypeSymlink}, {name: "linux/out/evil", content: "x"}},
		"symlink, folder":   {top, {name: "linux/out", link: "/tmp", kind: tar.TypeSymlink}, {name: "linux/out/", kind: tar.TypeDir}},
		"twice":             {top, {name: "linux/a", link: "/tmp/evil", kind: tar.TypeSymlink}, {name: "linux/a", content: "x"}},
		"below a file":      {top, {name: "linux/a", content: "x"}, {name: "linux/a/b", content: "x"}},
		"hard link":         {top, {name: "linux/a", link: "/etc/passwd", kind: tar.TypeLink}},
		"device":            {top, {name: "linux/a", kind: tar.TypeBlock}},
		"two tops":          {top, {name: "linux/a", content: "x"}, {name: "other/a", content: "x"}},
		"beside the top":    {{name: "a", content: "x"}},
		"nothing":           {top},
	}
	for name, entries := range tests {
		dir := filepath.Join(t.TempDir(), "tree")
		file := filepath.Join(t.TempDir(), "linux.tar")
		gittest.Must(t, os.WriteFile(file, makeTar(t, entries), 0o666))
		if _, err := Fetch(context.Background(), &Options{Dir: dir, Archive: file}); err == nil {
			t.Errorf("%s: no error", name)
		}
		left, err := os.ReadDir(dir)
		gittest.Must(t, err)
		if len(left) > 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
	// What is in the folder already is not touched, least of all when the import fails.
	for _, prepare := range []string{"file", "objects"} {
		dir := filepath.Join(t.TempDir(), "tree")
		gittest.Git(t, ".", "init", "-q", dir)
		gittest.Write(t, filepath.Join(dir, "mine"), "mine\n")
		if prepare == "objects" {
			gittest.Git(t, dir, "hash-object", "-w", "mine")
			gittest.Must(t, os.Remove(filepath.Join(dir, "mine")))
		}
		before, err := exec.Command("find", dir).Output()
		gittest.Must(t, err)
		file := filepath.Join(t.TempDir(), "linux.tar")
		gittest.Must(t, os.WriteFile(file, makeTar(t, tests["twice"]), 0o666))
		if _, err := Fetch(context.Background(), &Options{Dir: dir, Archive: file}); err == nil {
			t.Errorf("into a repository with %s: no error", prepare)
		}
		if after, err := exec.Command("find", dir).Output(); err != nil || string(after) != string(before) {
			t.Errorf("into a repository with %s: before\n%s\nafter\n%s", prepare, before, after)
		}
	}
	// Damaged and cut archives.
	for suffix, name := range compressed(t, makeTar(t, smallLinux)) {
		data, err := os.ReadFile(name)
		gittest.Must(t, err)
		gittest.Must(t, os.WriteFile(name, data[:len(data)*2/3], 0o666))
		dir := filepath.Join(t.TempDir(), "tree")
		if _, err := Fetch(context.Background(), &Options{Dir: dir, Archive: name}); err == nil {
			t.Errorf("cut .tar%s: no error", suffix)
		}
	}
	if _, err := Fetch(context.Background(), &Options{Dir: t.TempDir(), Archive: os.Args[0], SHA256: strings.Repeat("0", 64)}); err == nil {
		t.Error("wrong sha256: no error")
	}
}
