// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/land"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// baseRepo makes a history in which a.c and b.c go on changing, on master and on two topics that are merged.
func baseRepo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git := func(args ...string) { gittest.Git(t, dir, args...) }
	write := func(name, text string) { gittest.Write(t, dir+"/"+name, text) }
	commit := func(subject string) { git("add", "-A"); git("commit", "-q", "-m", subject) }
	git("init", "-q", "-b", "master")
	write("a.c", gittest.Lines("a", 30))
	write("b.c", gittest.Lines("b", 30))
	commit("base")
	git("tag", "v1")
	git("checkout", "-q", "-b", "topic-a")
	write("a.c", strings.Replace(gittest.Lines("a", 30), "a line 10\n", "topic\n", 1))
	commit("a of the topic")
	git("checkout", "-q", "-b", "topic-b", "v1")
	write("b.c", strings.Replace(gittest.Lines("b", 30), "b line 10\n", "topic\n", 1))
	commit("b of the topic")
	git("checkout", "-q", "master")
	git("merge", "-q", "--no-ff", "-m", "one", "topic-a")
	git("merge", "-q", "--no-ff", "-m", "both", "topic-b")
	git("tag", "both")
	git("branch", "-D", "topic-a", "topic-b")
	write("a.c", gittest.Lines("other", 30))
	commit("another a")
	write("b.c", gittest.Lines("other", 30))
	commit("another b")
	return dir
}

// seriesFrom returns a series of one patch that changes files at a revision, and leaves the repository as it was.
func seriesFrom(t *testing.T, dir, rev, base string, files ...string) *patchset.Set {
	t.Helper()
	gittest.Git(t, dir, "checkout", "-q", "--detach", rev)
	for _, name := range files {
		data, err := os.ReadFile(dir + "/" + name)
		gittest.Must(t, err)
		gittest.Write(t, dir+"/"+name, strings.Replace(string(data), " line 20\n", " line twenty\n", 1))
	}
	gittest.Git(t, dir, "commit", "-q", "-a", "-m", "change")
	args := []string{"format-patch", "--stdout", "-1"}
	if base != "" {
		args = append(args, "--base="+base)
	}
	mail := gittest.Git(t, dir, args...)
	gittest.Git(t, dir, "checkout", "-q", "master")
	gittest.Git(t, dir, "reflog", "expire", "--expire=now", "--all")
	sets, err := series.Open(t.Context(), []string{"-"}, &series.Options{Stdin: strings.NewReader(mail + "\n")})
	gittest.Must(t, err)
	return sets[0]
}

// TestFindBase finds a base by each of the ways.
func TestFindBase(t *testing.T) {
	runtest.Deep(t)
	dir := baseRepo(t)
	parent := gittest.Git(t, dir, "rev-parse", "both^")
	for _, tt := range []struct {
		name      string
		set       *patchset.Set
		want, why string
		prefer    []string
		untag     bool
	}{
		{name: "base-commit", set: seriesFrom(t, dir, "v1", "v1", "a.c"), want: "v1", why: "is the base-commit that the series names"},
		{name: "HEAD", set: seriesFrom(t, dir, "master", "", "a.c"), want: "master", why: "is what is checked out"},
		{name: "a tag", set: seriesFrom(t, dir, "v1", "", "a.c", "b.c"), want: "v1", why: "has all 2 files as the index lines name them"},
		{name: "history", set: seriesFrom(t, dir, "master~1", "", "a.c", "b.c"), want: "master~1", why: "has all 2 files as the index lines name them"},
		{name: "one file", set: seriesFrom(t, dir, parent, "", "a.c"), want: "both", why: "has the one file as the index lines name them"},
		{name: "a merge", set: seriesFrom(t, dir, "both", "", "a.c", "b.c"), want: "both", why: "has all 2 files as the index lines name them", untag: true},
	} {
		want := gittest.Git(t, dir, "rev-parse", tt.want+"^{commit}")
		if tt.untag {
			gittest.Git(t, dir, "tag", "-d", tt.want)
		}
		tr, err := land.Open(dir)
		gittest.Must(t, err)
		before := stateDigest(t, dir)
		base, err := FindBase(t.Context(), tr, tt.set, &Options{}, tt.prefer)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if string(base.Commit) != want || base.Why != tt.why {
			t.Errorf("%s: %+v, want %s, which %s", tt.name, base, want, tt.why)
		}
		if diff := cmp.Diff(before, stateDigest(t, dir)); diff != "" {
			t.Errorf("%s: the search changed the repository:\n%s", tt.name, diff)
		}
		gittest.Must(t, tr.Close())
	}
}

// stateDigest lists what a search must leave alone.
func stateDigest(t *testing.T, dir string) string {
	t.Helper()
	return gittest.Git(t, dir, "for-each-ref") + gittest.Git(t, dir, "status", "--porcelain") + gittest.Git(t, dir, "rev-parse", "HEAD")
}

// TestNoBase: where there is none, the error says by how much the best commit is off, and what is missing.
func TestNoBase(t *testing.T) {
	dir := baseRepo(t)
	set := seriesFrom(t, dir, "v1", "", "a.c")
	other := seriesFrom(t, dir, "v1", "", "b.c")
	set.Patches = append(set.Patches, other.Patches[0])
	set.Patches[1].Index, set.Total = 2, 2
	set.Patches[1].Diff = []byte(strings.ReplaceAll(strings.ReplaceAll(string(other.Patches[0].Diff), "-b line 20", "-nowhere"), "index ", "index 0123456.."))
	set.BaseCommit = strings.Repeat("ab", 20)
	tr, err := land.Open(dir)
	gittest.Must(t, err)
	defer tr.Close()
	_, err = FindBase(t.Context(), tr, set, &Options{}, nil)
	var none *NoBaseError
	if !errors.As(err, &none) || none.Fit != 1 || none.Total != 2 || none.Unknown != set.BaseCommit {
		t.Fatalf("%v", err)
	}
	if late := (&NoBaseError{Total: 1, Late: true}).Error(); strings.Contains(err.Error(), "not all of the history") || !strings.Contains(late, "not all of the history was looked through") {
		t.Errorf("%q, and where the time was over %q", err, late)
	}
	for _, want := range []string{"1 of 2 patches do, which is off by 1", "its base-commit abababababab is not in the repository"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}

// TestBases is `make bases`: of topics that were merged in TREE, up to LIMIT of them, how many find a base by their
// index lines alone. Nine in ten and five more is the aim; each other has its reason printed.
func TestBases(t *testing.T) {
	tree := os.Getenv("TREE")
	if tree == "" {
		t.Skip("make bases TREE=DIR, a repository with merged topics")
	}
	limit := 1000
	if n, err := strconv.Atoi(os.Getenv("SERIES")); err == nil && n > 0 {
		limit = n
	}
	tr, err := land.Open(tree)
	gittest.Must(t, err)
	defer tr.Close()
	git := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", tree}, args...)...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	tried, found, mailed := 0, 0, 0
	var longest, all time.Duration
	for _, merge := range strings.Fields(git("rev-list", "--first-parent", "--merges", "--min-parents=2", "--max-parents=2", "HEAD")) {
		if tried == limit {
			break
		}
		base, topic := git("merge-base", merge+"^1", merge+"^2"), merge+"^2"
		count := git("rev-list", "--count", base+".."+topic)
		if base == "" || len(count) > 2 || count == "0" || git("rev-list", "--merges", base+".."+topic) != "" {
			continue
		}
		mails := git("format-patch", "--stdout", "--no-renames", base+".."+topic)
		sets, err := series.Open(t.Context(), []string{"-"}, &series.Options{Stdin: strings.NewReader(mails + "\n")})
		if err != nil {
			continue // nothing but empty commits
		}
		tried, mailed = tried+1, mailed+len(sets[0].Patches)
		start := time.Now()
		_, err = FindBase(t.Context(), tr, sets[0], &Options{}, nil)
		longest, all = max(longest, time.Since(start)), all+time.Since(start)
		if err != nil {
			t.Logf("%.12s, merged by %.12s: %v", base, merge, err)
			continue
		}
		found++
	}
	t.Logf("%d of %d series, of %d mails: a base was found; a search took %s on average, the longest %s", found, tried, mailed, (all / time.Duration(max(tried, 1))).Round(time.Millisecond), longest.Round(time.Millisecond))
	if found*100 < tried*95 {
		t.Error("fewer than 95 of 100")
	}
}
