// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

func TestTipsAndPatchIDs(t *testing.T) {
	dir := t.TempDir()
	git := func(stdin string, args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env, cmd.Stdin = dir, run.GitEnv("GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org",
			"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org"), strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("", "init", "-q", "-b", "master")
	for _, content := range []string{"one\n", "one\ntwo\n", "one\ntwo\nthree\n"} {
		if err := os.WriteFile(filepath.Join(dir, "f"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		git("", "add", "f")
		git("", "commit", "-q", "-m", content)
	}
	git("", "tag", "-a", "-m", "tag", "v1", "HEAD~1")
	tr := repoOf(t, dir)

	tips, err := tr.Tips(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]odb.Hash{}
	for _, tip := range tips {
		got[tip.Name] = tip.Commit
	}
	for name, rev := range map[string]string{"master": "HEAD", "v1": "HEAD~1"} {
		if want := git("", "rev-parse", rev); string(got[name]) != want {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}

	touching, err := tr.Touching(t.Context(), "HEAD~1", "f", 10)
	if want := git("", "rev-list", "HEAD~1"); err != nil || len(touching) != 2 || !strings.HasPrefix(want, string(touching[0])) {
		t.Errorf("Touching gives %v (%v), want %s", touching, err, want)
	}

	id, _, _ := strings.Cut(git(git("", "show", "HEAD~1")+"\n", "patch-id", "--stable"), " ")
	for _, tc := range []struct {
		id    string
		limit int
		want  bool
	}{{id, 10, true}, {id, 1, false}, {strings.Repeat("0", 40), 10, false}} {
		ids, whole, err := tr.PatchIDs(t.Context(), "HEAD", tc.limit)
		if err != nil || !whole || ids[tc.id] != tc.want {
			t.Errorf("PatchIDs, limit %d: %v, %v, %v", tc.limit, ids, whole, err)
		}
	}

	if err := os.WriteFile(filepath.Join(dir, ".git", "shallow"), []byte(git("", "rev-parse", "HEAD")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	shallow := repoOf(t, dir)
	// Of the commit at which the history ends the whole tree would be the diff: it has no patch ID.
	if ids, whole, err := shallow.PatchIDs(t.Context(), "HEAD", 10); err != nil || whole || len(ids) != 0 {
		t.Errorf("in a shallow repository: %v, %v, %v", ids, whole, err)
	}
}
