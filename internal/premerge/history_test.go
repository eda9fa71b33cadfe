// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	subprocess "github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

// gitEnv is the environment of a git that makes the repositories of tests.
func gitEnv() []string {
	return subprocess.GitEnv("GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.org")
}

// TestHistory asks a repository for commits that it has, does not have, and cannot know of.
func TestHistory(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = gitEnv()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %s: %v", strings.Join(args, " "), err)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "main")
	git("commit", "-q", "--allow-empty", "-m", "import")
	first := git("rev-parse", "HEAD")
	git("commit", "-q", "--allow-empty", "-m", "x: second")
	second := git("rev-parse", "HEAD")
	git("checkout", "-q", "-b", "side", first)
	git("commit", "-q", "--allow-empty", "-m", "x: aside")
	side := git("rev-parse", "HEAD")

	tr, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	const unknown = "0123456789abcdef0123456789abcdef01234567"
	for _, tt := range []struct {
		base, rev, subject string
		ancestor           bool
		err                error
	}{
		{"main", second[:12], "x: second", true, nil},
		{"main", first, "import", true, nil},
		{"main", side[:12], "x: aside", false, nil},
		{"main", unknown, "", false, check.ErrNoCommit},
		{first, unknown, "", false, check.ErrShallow}, // the import of an archive
	} {
		subject, ancestor, err := NewHistory(context.Background(), tr, tt.base).Commit(tt.rev)
		if subject != tt.subject || ancestor != tt.ancestor || !errors.Is(err, tt.err) {
			t.Errorf("%s from %s: got %q, %v, %v", tt.rev, tt.base, subject, ancestor, err)
		}
	}

	// The newest release that the history has, and what is in it.
	if newest, has, err := NewHistory(t.Context(), tr, "main").Released(first); newest != "" || has || err != nil {
		t.Errorf("without a tag: %q, %v, %v", newest, has, err)
	}
	git("tag", "v7.3-rc1", first)
	git("tag", "next-20261128", second)
	git("tag", "v8.0", side) // of another history
	for rev, released := range map[string]bool{first: true, second: false} {
		if newest, has, err := NewHistory(t.Context(), tr, "main").Released(rev); newest != "v7.3-rc1" || has != released || err != nil {
			t.Errorf("%s: %q, %v, %v", rev, newest, has, err)
		}
	}
}

// TestHistoryOfImport: a tree whose history begins with an archive of Linux, with commits upon it, cannot tell what came before; that which
// begins where Linux does can.
func TestHistoryOfImport(t *testing.T) {
	const unknown = "0123456789abcdef0123456789abcdef01234567"
	for version, want := range map[string]error{"7": check.ErrShallow, "2": check.ErrNoCommit} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte("VERSION = "+version+"\nPATCHLEVEL = 3\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"init", "-q"}, {"add", "Makefile"}, {"commit", "-qm", "import"}, {"commit", "-q", "--allow-empty", "-m", "x: on top"}} {
			cmd := exec.Command("git", args...)
			cmd.Dir = dir
			cmd.Env = gitEnv()
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
			}
		}
		tr, err := tree.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		h := NewHistory(t.Context(), tr, "")
		if _, _, err := h.Commit(unknown); !errors.Is(err, want) {
			t.Errorf("version %s: a commit that is not there: %v, not %v", version, err, want)
		}
		if has, err := h.HasPatchID(unknown); has || errors.Is(err, check.ErrShallow) != (want == check.ErrShallow) {
			t.Errorf("version %s: a patch that is not there: %v, %v", version, has, err)
		}
	}
}
