// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"

	subprocess "github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

// TestHistory asks a repository for commits that it has, does not have, and cannot know of.
func TestHistory(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = subprocess.GitEnv("GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org",
			"GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.org")
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
