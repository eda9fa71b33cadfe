// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	dir := gittest.SeriesRepo(t)
	gittest.Git(t, dir, "tag", "-a", "-m", "annotated", "v7.3", "series")
	gittest.Git(t, dir, "tag", "-a", "-m", "a tag of a tag", "nested", "v7.3")
	gittest.Git(t, dir, "branch", "topic/one", "series~1")
	full := gittest.Git(t, dir, "rev-parse", "series")
	revs := []string{"HEAD", "main", "series", "v7.3", "nested", "topic/one", "heads/series", "tags/v7.3", "refs/tags/base", full, strings.ToUpper(full), full[:12],
		"series~2", "v7.3^", "HEAD@{0}", ":/base", "series^{/remove}"}
	for range runtest.Short(1, 2) {
		tr := repoOf(t, dir)
		for _, rev := range revs {
			want := gittest.Git(t, dir, "rev-parse", gittest.Git(t, dir, "rev-parse", rev)+"^{commit}")
			if got, err := tr.Resolve(rev); err != nil || string(got) != want {
				t.Errorf("%s: %s, %v; git says %s", rev, got, err, want)
			}
		}
		for _, bad := range []string{"none", "v7.4", "abcdef0123", strings.Repeat("1", 40), "--all", "-h", "HEAD~99", "series:Makefile", "a..b", "Makefile"} {
			if got, err := tr.Resolve(bad); !errors.Is(err, ErrNoRevision) {
				t.Errorf("%s: %s, %v", bad, got, err)
			}
		}
		gittest.Git(t, dir, "pack-refs", "--all")
	}
	tr := repoOf(t, dir)
	c, err := tr.Commit("v7.3")
	gittest.Must(t, err)
	if c.Subject() != "a submodule link" || c.Author.Name != "A U Thor" || c.Author.When.Format("-0700") != "+0200" {
		t.Errorf("commit %+v", c)
	}
	for _, test := range []struct {
		a, b string
		want bool
	}{{"base", "series", true}, {"series", "base", false}, {"series", "v7.3", true}} {
		if got, err := tr.IsAncestor(context.Background(), test.a, test.b); err != nil || got != test.want {
			t.Errorf("is %s in %s: %v, %v", test.a, test.b, got, err)
		}
	}
	places, err := tr.FindBlob(context.Background(), "series", "kernel/fork.c", gittest.Git(t, dir, "rev-parse", "series~3:kernel/fork.c")[:10], 0)
	if err != nil || len(places) != 1 || places[0].Subject != "add and change" {
		t.Errorf("places %+v, %v", places, err)
	}
	clone := filepath.Join(t.TempDir(), "shallow")
	gittest.Git(t, dir, "clone", "-q", "--depth=2", "-b", "series", "file://"+dir, clone)
	shallow := repoOf(t, clone)
	if _, err := shallow.IsAncestor(context.Background(), "series", "series~1"); !errors.Is(err, ErrShallow) || !shallow.IsShallow() {
		t.Errorf("in a shallow clone: %v", err)
	}
}

func TestFormatPatches(t *testing.T) {
	t.Parallel()
	dir := gittest.SeriesRepo(t)
	tr := repoOf(t, dir)
	mails, err := tr.FormatPatches(context.Background(), "base..series")
	gittest.Must(t, err)
	clone := gittest.BaseRepo(t)
	file := filepath.Join(t.TempDir(), "mbox")
	gittest.Must(t, os.WriteFile(file, mails, 0o666))
	gittest.Git(t, clone, "am", "-q", file)
	if got, want := gittest.Git(t, clone, "rev-parse", "HEAD"), gittest.Git(t, dir, "rev-parse", "series"); got != want {
		t.Errorf("git am made %s of the mails, not %s", got, want)
	}
	for _, bad := range []string{"series", "series..base", "base...series", "none..series"} {
		if _, err := tr.FormatPatches(context.Background(), bad); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

// TestRevList: git's own list, without merges, and one patch a commit.
func TestRevList(t *testing.T) {
	t.Parallel()
	dir := gittest.SeriesRepo(t)
	gittest.Git(t, dir, "merge", "-q", "-s", "ours", "--no-ff", "-m", "merge", "base", "series")
	tr := repoOf(t, dir)
	for _, rev := range []string{"HEAD", "base..series", "base...series", "series^!"} {
		list, err := tr.RevList(t.Context(), rev, 2)
		gittest.Must(t, err)
		var got []string
		for _, id := range list {
			got = append(got, string(id))
		}
		if want := gittest.Git(t, dir, "rev-list", "--no-merges", "-2", rev); strings.Join(got, "\n") != want {
			t.Errorf("%s: %v, want %s", rev, got, want)
		}
	}
	mail, err := tr.FormatPatch(t.Context(), odb.Hash(gittest.Git(t, dir, "rev-parse", "series")))
	gittest.Must(t, err)
	if want := gittest.Git(t, dir, "format-patch", "--stdout", "-M", "-1", "series"); strings.TrimSpace(string(mail)) != strings.TrimSpace(want) {
		t.Errorf("%s, want %s", mail, want)
	}
	for _, bad := range []string{"none", "--all", "none..series"} {
		if _, err := tr.RevList(t.Context(), bad, 0); !errors.Is(err, ErrNoRevision) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
