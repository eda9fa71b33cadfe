// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// someTar returns an archive of entries; one whose name ends in a slash is a folder, and one with a link is a link.
func someTar(t testing.TB, format tar.Format, entries ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		head := &tar.Header{Name: e[0], Mode: 0o755, Size: int64(len(e[1])), Typeflag: tar.TypeReg, Format: format}
		switch {
		case strings.HasSuffix(e[0], "/"):
			head.Typeflag, head.Size = tar.TypeDir, 0
		case strings.HasPrefix(e[1], "->"):
			head.Typeflag, head.Size, head.Linkname = tar.TypeSymlink, 0, e[1][2:]
		}
		gittest.Must(t, w.WriteHeader(head))
		if head.Size > 0 {
			_, err := w.Write([]byte(e[1]))
			gittest.Must(t, err)
		}
	}
	gittest.Must(t, w.Close())
	return b.Bytes()
}

// FuzzReadTar: what is imported stays below the top folder, holds no path twice, and makes one tree whose folders and files
// are those that were read.
func FuzzReadTar(f *testing.F) {
	for _, format := range []tar.Format{tar.FormatUSTAR, tar.FormatPAX, tar.FormatGNU} {
		f.Add(someTar(f, format, [2]string{"linux/", ""}, [2]string{"linux/Makefile", "VERSION = 7\n"}, [2]string{"linux/a/b", "x"}, [2]string{"linux/l", "->a/b"}))
		f.Add(someTar(f, format, [2]string{"linux/../../x", "y"}))
		f.Add(someTar(f, format, [2]string{"linux/l", "->/etc"}, [2]string{"linux/l/passwd", "y"}))
	}
	dir := f.TempDir()
	gittest.Git(f, dir, "init", "-q")
	repo, err := git.Find(dir)
	gittest.Must(f, err)
	f.Fuzz(func(t *testing.T, archive []byte) {
		im, err := newImporter(repo, false, nil)
		gittest.Must(t, err)
		defer im.pack.Discard()
		if err := im.readTar(t.Context(), bytes.NewReader(archive)); err != nil {
			return
		}
		for name := range im.files {
			if err := tree.CheckPath(name); err != nil {
				t.Errorf("%q was imported: %v", name, err)
			}
			for dir := odb.FolderOf(name); dir != ""; dir = odb.FolderOf(dir) {
				if im.files[dir] != nil {
					t.Errorf("%q lies below the file %q", name, dir)
				}
			}
		}
		if _, err := im.buildTree(""); err != nil {
			t.Fatal(err)
		}
		if len(im.trees) == 0 || im.trees[0].Entries != len(im.files) {
			t.Errorf("the tree has not the %d files that were read", len(im.files))
		}
	})
}

// FuzzSums: the sum that a list gives stands in that list, as digits before the archive's name.
func FuzzSums(f *testing.F) {
	sum := strings.Repeat("0123456789abcdef", 4)
	f.Add(sum + "  linux.tar.xz\n")
	f.Add("x\n" + strings.ToUpper(sum) + " *linux.tar.xz\r\n")
	f.Add("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n" + sum + "  linux.tar.xz\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		name := filepath.Join(dir, "sums")
		gittest.Must(t, os.WriteFile(name, []byte(text), 0o666))
		sum, _, err := wantedSum(&Options{SHA256: name, Archive: "linux.tar.xz"}, nil)
		if err != nil {
			return
		}
		if !sumOnly.MatchString(sum) || !strings.Contains(strings.ToLower(text), sum) || !strings.Contains(text, "linux.tar.xz") {
			t.Errorf("%q of %q", sum, text)
		}
	})
}
