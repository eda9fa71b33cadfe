// SPDX-License-Identifier: GPL-2.0-only

// Package mailtest is what the tests of several rooms of series share: repositories to hold our
// reading against git's, and files. For most tests, start with [NewRepo] or [NewAmRepo].
package mailtest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Write writes a file and the folders that it lies in.
func Write(tb testing.TB, path string, data []byte) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		tb.Fatal(err)
	}
}

// Gzipped returns data as gzip packs it.
func Gzipped(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// An AmRepo is a repository that git am is tried in.
type AmRepo struct{ Dir string }

// NewAmRepo returns a repository with one commit, whose file f has the text content.
func NewAmRepo(tb testing.TB, content string) AmRepo {
	tb.Helper()
	r := AmRepo{tb.TempDir()}
	Write(tb, filepath.Join(r.Dir, "f"), []byte(content))
	for _, args := range [][]string{{"init", "-q"}, {"add", "f"}, {"commit", "-q", "-m", "base"}, {"tag", "base"}} {
		if _, err := r.Git(nil, args...); err != nil {
			tb.Fatal(err)
		}
	}
	return r
}

// Git runs git in the repository, with stdin, and returns all that it prints.
func (r AmRepo) Git(stdin []byte, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-C", r.Dir, "-c", "core.autocrlf=false"}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C", "TZ=UTC",
		"GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.org", "GIT_AUTHOR_NAME=c", "GIT_AUTHOR_EMAIL=c@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("git %s: %w: %s", args[0], err, out)
	}
	return string(out), err
}

// Am applies an mbox with git am to the base, and returns the commits, oldest first, as
// "name <email> date\nmessage".
func (r AmRepo) Am(tb testing.TB, mbox []byte) ([]string, error) {
	tb.Helper()
	if _, err := r.Git(mbox, "am", "-q", "--keep-cr"); err != nil {
		r.Git(nil, "am", "--abort")
		return nil, err
	}
	out, err := r.Git(nil, "log", "--reverse", "-z", "--format=%an <%ae> %ad%n%B", "--date=raw", "base..")
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := r.Git(nil, "reset", "-q", "--hard", "base"); err != nil {
		tb.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out, "\x00"), "\x00"), nil
}
