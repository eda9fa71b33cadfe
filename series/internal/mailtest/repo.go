// SPDX-License-Identifier: GPL-2.0-only

package mailtest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// A Repo is a git repository in a temporary folder, whose commits depend on nothing but the test.
type Repo struct {
	tb  testing.TB
	dir string
}

// NewRepo makes an empty repository.
func NewRepo(tb testing.TB) *Repo {
	tb.Helper()
	r := &Repo{tb, tb.TempDir()}
	r.Git("init", "-q")
	return r
}

// Git runs git in the repository and returns what it prints.
func (r *Repo) Git(args ...string) string {
	r.tb.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = run.GitEnv(
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.org",
		"GIT_COMMITTER_NAME=A U Thor", "GIT_COMMITTER_EMAIL=author@example.org",
		"GIT_AUTHOR_DATE=1700000000 +0000", "GIT_COMMITTER_DATE=1700000000 +0000")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		r.tb.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return string(out)
}

// Write writes a file of lines.
func (r *Repo) Write(name string, lines []string) {
	r.tb.Helper()
	file := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		r.tb.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
		r.tb.Fatal(err)
	}
}

// Commit commits all files.
func (r *Repo) Commit(title string) {
	r.tb.Helper()
	r.Git("add", "-A")
	r.Git("commit", "-q", "--allow-empty", "-m", title)
}

// Patches returns the last n commits as patches.
func (r *Repo) Patches(n int) []*patchset.Patch {
	r.tb.Helper()
	var patches []*patchset.Patch
	for i := n - 1; i >= 0; i-- {
		rev := fmt.Sprintf("HEAD~%d", i)
		files, _, err := gitdiff.Parse(strings.NewReader(r.Git("diff", "-M", rev+"^", rev)))
		if err != nil {
			r.tb.Fatal(err)
		}
		patches = append(patches, &patchset.Patch{Index: n - i, Files: files,
			Title: strings.TrimSpace(r.Git("log", "-1", "--format=%s", rev))})
	}
	return patches
}

// Mutate inserts, deletes and replaces a few lines; few distinct ones, so that a later patch often
// brings back what an earlier one removed.
func Mutate(rnd *rand.Rand, lines []string) []string {
	lines = slices.Clone(lines)
	for range 1 + rnd.IntN(4) {
		at := rnd.IntN(len(lines))
		switch rnd.IntN(3) {
		case 0:
			lines = slices.Insert(lines, at, fmt.Sprintf("line %d", rnd.IntN(60)))
		case 1:
			if len(lines) > 5 {
				lines = slices.Delete(lines, at, at+1)
			}
		case 2:
			lines[at] = fmt.Sprintf("line %d", rnd.IntN(60))
		}
	}
	return lines
}

// Numbered returns n lines that differ from those of other names.
func Numbered(name string, n int) []string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("%s %d", name, i))
	}
	return lines
}
