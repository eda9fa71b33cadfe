// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e/gitserver"
	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

var servers = map[string]func(testing.TB, string, ...string) *gitserver.Server{"http": gitserver.HTTP, "git": gitserver.Daemon}

func TestFetchRemote(t *testing.T) {
	t.Parallel()
	remote := gittest.SeriesRepo(t)
	gittest.Git(t, remote, "tag", "-a", "-m", "x", "v7.3", "series~1")
	gittest.Git(t, remote, "tag", "-a", "-m", "x", "of-tag", "v7.3")
	gittest.Git(t, remote, "tag", "-a", "-m", "x", "of-tree", "series^{tree}")
	server, daemon := gitserver.HTTP(t, remote), gitserver.Daemon(t, remote)
	revisions := runtest.Short([]string{"series", "of-tag", "main"},
		[]string{"series", "v7.3", "refs/heads/series", gittest.Git(t, remote, "rev-parse", "series~2"), "of-tag", "main"})
	for _, url := range runtest.Short([]string{remote, server.URL}, []string{remote, "file://" + remote, server.URL, daemon.URL}) {
		dir := filepath.Join(t.TempDir(), "tree")
		for _, rev := range revisions {
			want := gittest.Git(t, remote, "rev-parse", rev+"^{commit}")
			for round := range 2 {
				got, err := Fetch(context.Background(), &Options{Dir: dir, Remote: url, Commit: rev})
				if err != nil {
					t.Fatalf("%s %s: %v", url, rev, err)
				}
				if string(got.Commit) != want || gittest.Git(t, dir, "rev-parse", "HEAD") != want || got.Changed != (round == 0) {
					t.Errorf("%s %s, round %d: %+v, want %s", url, rev, round, got, want)
				}
			}
			gittest.CheckClean(t, dir)
		}
		if url != remote && gittest.Git(t, dir, "rev-list", "--count", "HEAD") != "1" {
			t.Errorf("%s: not shallow", url)
		}
		// Abbreviated, and as git describe has it, the commit is known where the remote is a folder, or has web pages.
		last := gittest.Git(t, remote, "rev-parse", "series")
		for _, rev := range []string{last[:12], "v7.3-1-g" + last[:10]} {
			got, err := Fetch(context.Background(), &Options{Dir: filepath.Join(t.TempDir(), "new"), Remote: url, Commit: rev})
			if known := url != daemon.URL; known && (err != nil || string(got.Commit) != last) || !known && err == nil {
				t.Errorf("%s %s: %+v, %v", url, rev, got, err)
			}
		}
		if _, err := Fetch(context.Background(), &Options{Dir: dir, Remote: url, Commit: "none"}); !errors.Is(err, git.ErrNoRevision) {
			t.Errorf("%s: no such branch: %v", url, err)
		}
		if _, err := Fetch(context.Background(), &Options{Dir: dir, Remote: url, Commit: "of-tree"}); err == nil || !strings.Contains(err.Error(), "leads to no commit") {
			t.Errorf("%s: a tag of a tree: %v", url, err)
		}
		gittest.Write(t, filepath.Join(dir, "kernel/fork.c"), "mine\n")
		if _, err := Fetch(context.Background(), &Options{Dir: dir, Remote: url, Commit: "series"}); dirty(err) == nil {
			t.Errorf("%s: over a local change: %v", url, err)
		}
	}
	before := server.Requests.Load()
	full := gittest.Git(t, remote, "rev-parse", "series")
	dir := filepath.Join(t.TempDir(), "tree")
	for range 2 {
		got, err := Fetch(context.Background(), &Options{Dir: dir, Remote: server.URL, Commit: full[:12]})
		if err != nil || string(got.Commit) != full {
			t.Errorf("abbreviated: %+v, %v", got, err)
		}
	}
	if _, err := Fetch(context.Background(), &Options{Dir: dir, Remote: server.URL, Commit: "0123456789ab"}); !errors.Is(err, git.ErrNoRevision) {
		t.Errorf("abbreviated, unknown: %v", err)
	}
	if _, err := Fetch(context.Background(), &Options{Dir: t.TempDir(), Remote: daemon.URL, Commit: full[:12]}); !errors.Is(err, git.ErrNoRevision) || !strings.Contains(hint.Of(err), "40 digits") {
		t.Errorf("abbreviated, without web pages: %v", err)
	}
	if n := server.Requests.Load() - before; n > 6 {
		t.Errorf("%d requests", n)
	}
	for _, bad := range []Options{{Dir: dir, Remote: "--upload-pack=evil"}, {Dir: dir, Remote: remote, Commit: "--upload-pack=evil"},
		{Dir: dir, Remote: remote, Commit: "a:b"}, {Dir: filepath.Dir(remote), Remote: remote}, {Remote: remote}, {Dir: dir, Remote: "/none"}} {
		if _, err := Fetch(context.Background(), &bad); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}

// TestFetchServers has servers that lack this or that, and gets all the same a whole tree and the files of some paths.
func TestFetchServers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		initArgs, config []string
		old              bool
		note             string // of a fetch of paths
	}{
		"all":                   {},
		"no filters":            {config: []string{"uploadpack.allowFilter=false"}, note: "cannot filter"},
		"no filter of trees":    {config: []string{"uploadpackfilter.tree.allow=false"}},
		"shallow filter":        {config: []string{"uploadpackfilter.tree.maxDepth=0"}},
		"version 0":             {old: true},
		"version 0, tips only":  {old: true, config: []string{"uploadpack.allowAnySHA1InWant=false"}, note: "does not serve single objects"},
		"version 0, no filters": {old: true, config: []string{"uploadpack.allowFilter=false", "uploadpack.allowAnySHA1InWant=false"}, note: "cannot filter"},
		"SHA-256":               {initArgs: []string{"--object-format=sha256"}},
		"SHA-256, version 0":    {old: true, initArgs: []string{"--object-format=sha256"}},
	} {
		t.Run(name, func(t *testing.T) {
			runtest.OneIn(t, 6)
			t.Parallel()
			remote := gittest.SeriesRepo(t, test.initArgs...)
			server := gitserver.HTTP(t, remote, test.config...)
			server.Old.Store(test.old)
			for _, paths := range [][]string{nil, {"kernel/sched/core.c", "a/b"}} {
				dir := filepath.Join(t.TempDir(), "tree")
				got, err := Fetch(context.Background(), &Options{Dir: dir, Remote: server.URL, Commit: "series", Paths: paths})
				if err != nil {
					t.Errorf("paths %v: %v", paths, err)
					continue
				}
				if want := gittest.Git(t, remote, "rev-parse", "series"); string(got.Commit) != want {
					t.Errorf("paths %v: %+v, want %s", paths, got, want)
				}
				if paths == nil {
					gittest.CheckClean(t, dir)
					continue
				}
				if (test.note == "") != (got.Note == "") || !strings.Contains(got.Note, test.note) {
					t.Errorf("note %q, want %q", got.Note, test.note)
				}
				requests := server.Requests.Load()
				if core := gittest.Git(t, dir, "show", "HEAD:kernel/sched/core.c"); !strings.HasPrefix(core, "kernel/sched/core.c line 0") {
					t.Errorf("kernel/sched/core.c: %.30s", core)
				}
				if n := server.Requests.Load() - requests; n > 0 {
					t.Errorf("%d more requests for what was fetched", n)
				}
				gittest.CheckSound(t, dir)
			}
		})
	}
}

// TestFetchLogin has a server that wants a password, and a host that ssh reaches.
func TestFetchLogin(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
	}))
	defer server.Close()
	_, err := Fetch(context.Background(), &Options{Dir: t.TempDir(), Remote: server.URL + "/linux.git"})
	if err == nil || !strings.Contains(hint.Of(err), "wants a login") {
		t.Errorf("a password: %v, hint %q", err, hint.Of(err))
	}
	remote := gittest.SeriesRepo(t)
	ssh := filepath.Join(t.TempDir(), "ssh")
	runtest.Write(t, ssh, []byte("#!/bin/sh\nfor last; do :; done\neval \"$last\"\n"))
	t.Setenv("GIT_SSH_COMMAND", ssh)
	t.Setenv("GIT_SSH_VARIANT", "simple")
	dir := filepath.Join(t.TempDir(), "tree")
	_, err = Fetch(context.Background(), &Options{Dir: dir, Remote: "ssh://example.org" + remote, Commit: "series"})
	gittest.Must(t, err)
	gittest.CheckClean(t, dir)
}

func TestFetchReference(t *testing.T) {
	t.Parallel()
	remote := gittest.SeriesRepo(t)
	gittest.Git(t, remote, "repack", "-q", "-a", "-d")
	dir := filepath.Join(t.TempDir(), "tree")
	_, err := Fetch(context.Background(), &Options{Dir: dir, Remote: "file://" + remote, Commit: "series", Reference: remote})
	gittest.Must(t, err)
	gittest.CheckClean(t, dir)
	if count := gittest.Git(t, dir, "count-objects", "-v"); !strings.Contains(count, "in-pack: 0\n") || !strings.Contains(count, "count: 0\n") {
		t.Errorf("objects were fetched: %s", count)
	}
}

// manyFiles adds a commit with 500 files to a repository.
func manyFiles(t testing.TB, dir string) {
	t.Helper()
	for i := range 500 {
		gittest.Write(t, filepath.Join(dir, fmt.Sprintf("drivers/d%d/file%d.c", i%20, i)), gittest.Lines(fmt.Sprint("file ", i), 50+i))
	}
	gittest.Git(t, dir, "add", "drivers")
	gittest.Git(t, dir, "commit", "-q", "-m", "many files")
}

func TestFetchPaths(t *testing.T) {
	t.Parallel()
	remote := gittest.SeriesRepo(t)
	manyFiles(t, remote)
	for _, filters := range runtest.Short([]string{"true"}, []string{"true", "false"}) {
		server := gitserver.HTTP(t, remote, "uploadpack.allowFilter="+filters)
		dir := filepath.Join(t.TempDir(), "tree")
		opts := &Options{Dir: dir, Remote: server.URL, Commit: "main", Paths: []string{"kernel/fork.c", "security", "none/at/all"}}
		var told []string
		opts.Told = func(note string) { told = append(told, note) }
		got, err := Fetch(context.Background(), opts)
		gittest.Must(t, err)
		if strings.Join(told, "\n") != got.Note {
			t.Errorf("filters %s: told %q, the note is %q", filters, told, got.Note)
		}
		if filters == "false" {
			// All comes, and comes once.
			whole := gitserver.HTTP(t, remote)
			_, err := Fetch(context.Background(), &Options{Dir: filepath.Join(t.TempDir(), "whole"), Remote: whole.URL, Commit: "main"})
			gittest.Must(t, err)
			if sent, all := server.Sent.Load(), whole.Sent.Load(); sent > all+all/5 {
				t.Errorf("%d bytes came, and all are %d", sent, all)
			}
		}
		if (got.Note == "") != (filters == "true") {
			t.Errorf("filters %s: note %q", filters, got.Note)
		}
		bytes, requests := server.Sent.Load(), server.Requests.Load()
		tr := fetched(t, dir)
		snapshot, err := tr.Snapshot("HEAD")
		gittest.Must(t, err)
		read := func(name string) {
			t.Helper()
			if data, err := tree.ReadEntry(snapshot, name); err != nil || !strings.HasPrefix(string(data), name+" line 0") {
				t.Errorf("%s: %.20q, %v", name, data, err)
			}
		}
		read("kernel/fork.c")
		read("security/Kconfig")
		if n := server.Requests.Load(); n != requests {
			t.Errorf("filters %s: %d more requests for what was fetched", filters, n-requests)
		}
		if filters == "true" && (bytes > 30_000 || requests > 6) { // the first asks where the server is
			t.Errorf("%d bytes in %d requests", bytes, requests)
		}
		// Another file comes when it is read; many come at once.
		read("a/b.txt")
		gittest.Must(t, Prefetch(context.Background(), tr, "HEAD", []string{"drivers"}))
		requests = server.Requests.Load()
		if data, err := tree.ReadEntry(snapshot, "drivers/d3/file403.c"); err != nil || !strings.HasPrefix(string(data), "file 403 line 0") {
			t.Errorf("after prefetching: %v", err)
		}
		if n := server.Requests.Load(); n != requests {
			t.Errorf("filters %s: %d more requests after prefetching", filters, n-requests)
		}
		again, err := Fetch(context.Background(), opts)
		gittest.Must(t, err)
		if again.Changed {
			t.Errorf("the second time: %+v", again)
		}
		gittest.CheckSound(t, dir)
	}
}

// TestFetchPathsOfEachFolder looks for a file in each folder of one: the files of that name and the other folders come in no
// request of their own, however many they are.
func TestFetchPathsOfEachFolder(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	remote := gittest.SeriesRepo(t)
	manyFiles(t, remote)
	server := gitserver.HTTP(t, remote)
	dir := filepath.Join(t.TempDir(), "tree")
	_, err := Fetch(context.Background(), &Options{Dir: dir, Remote: server.URL, Commit: "main", Paths: []string{"drivers/*/file403.c", "none/*/at", "drivers/d1/file1.c/*/x"}})
	gittest.Must(t, err)
	snapshot, err := fetched(t, dir).Snapshot("HEAD")
	gittest.Must(t, err)
	requests, bytes := server.Requests.Load(), server.Sent.Load()
	for i := range 20 {
		_, err := fs.Stat(snapshot, fmt.Sprintf("drivers/d%d/file403.c", i))
		if (err == nil) != (i == 3) {
			t.Errorf("drivers/d%d: %v", i, err)
		}
	}
	if data, err := fs.ReadFile(snapshot, "drivers/d3/file403.c"); err != nil || !strings.HasPrefix(string(data), "file 403 line 0") {
		t.Errorf("%.20q, %v", data, err)
	}
	if n := server.Requests.Load() - requests; n > 0 || bytes > 60_000 {
		t.Errorf("%d more requests for what was fetched, in %d bytes", n, bytes)
	}
}

// TestFetchCut cuts the connection at some point, and every so many bytes, and TestE2EFetchCut at each of its points;
// the fetch goes on where it was.
func TestFetchCut(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	fetchCut(t, map[int64]int64{800: 1, 100_000: 1000})
}

func fetchCut(t *testing.T, points map[int64]int64) {
	remote := gittest.SeriesRepo(t)
	manyFiles(t, remote)
	for name, serve := range servers {
		server := serve(t, remote)
		for at, cuts := range points {
			server.Cut.Store(at)
			server.Cuts.Store(cuts)
			dir := filepath.Join(t.TempDir(), "tree")
			var said bytes.Buffer
			got, err := Fetch(context.Background(), &Options{Dir: dir, Remote: server.URL, Commit: "main", Progress: &said})
			if err != nil {
				t.Errorf("%s, cut after %d bytes: %v\n%s", name, at, err, said.Bytes())
				continue
			}
			if server.Cuts.Load() == cuts || at >= 1200 && !strings.Contains(said.String(), "the connection was cut") {
				t.Errorf("%s: the connection was not cut after %d bytes: %s", name, at, said.Bytes())
			}
			gittest.CheckClean(t, dir)
			if head := gittest.Git(t, dir, "rev-parse", "HEAD"); head != string(got.Commit) || fetched(t, dir).Repo.IsPartial() {
				t.Errorf("%s: HEAD %s, %+v", name, head, got)
			}
		}
	}
}

// cancelAt ends a context when a text goes by.
type cancelAt struct {
	text   string
	cancel func()
}

func (c cancelAt) Write(p []byte) (int, error) {
	if strings.Contains(string(p), c.text) {
		c.cancel()
	}
	return len(p), nil
}

// TestFetchEnded ends a fetch half way; the next one brings only the rest.
func TestFetchEnded(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	remote := gittest.SeriesRepo(t)
	manyFiles(t, remote)
	server := gitserver.HTTP(t, remote)
	server.Cut.Store(100_000)
	server.Cuts.Store(1)
	bounds := (&Options{}).limits()
	bounds.batch = 100
	ctx, cancel := context.WithCancel(context.Background())
	dir := filepath.Join(t.TempDir(), "tree")
	opts := &Options{Dir: dir, Remote: server.URL, Commit: "main", Progress: cancelAt{"fetched 400 of", cancel}, bounds: &bounds}
	if _, err := Fetch(ctx, opts); !errors.Is(err, context.Canceled) {
		t.Fatalf("ended: %v", err)
	}
	before := server.Sent.Load()
	opts.Progress = nil
	_, err := Fetch(context.Background(), opts)
	gittest.Must(t, err)
	gittest.CheckClean(t, dir)
	rest := server.Sent.Load() - before
	_, err = Fetch(context.Background(), &Options{Dir: filepath.Join(t.TempDir(), "tree"), Remote: server.URL, Commit: "main"})
	gittest.Must(t, err)
	if all := server.Sent.Load() - before - rest; rest > all/2 {
		t.Errorf("the rest took %d bytes, all takes %d", rest, all)
	}
	if left := unfinishedPacks(fetched(t, dir).Repo); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestFetchGoesOn ends fetches at any time, by the context and as a kill leaves them, and fetches again: no lock of git
// is in the way.
func TestFetchGoesOn(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	remote := gittest.SeriesRepo(t)
	manyFiles(t, remote)
	server := gitserver.HTTP(t, remote)
	for round := range 6 {
		dir := filepath.Join(t.TempDir(), "tree")
		opts := &Options{Dir: dir, Remote: server.URL, Commit: "main"}
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(30+80*round)*time.Millisecond)
		_, err := Fetch(ctx, opts)
		cancel()
		if round%3 == 1 && err != nil { // as if killed: nobody has cleared up
			gittest.Write(t, filepath.Join(dir, ".git/lsmpatch/fetch"), freshNote)
			for _, name := range []string{"shallow.lock", "index.lock", "config.lock", fetchedRef + ".lock", "objects/pack/tmp_pack_x"} {
				gittest.Write(t, filepath.Join(dir, ".git", name), "")
			}
		}
		if _, err := Fetch(context.Background(), opts); err != nil {
			t.Errorf("round %d, after %v: %v", round, err, err)
			continue
		}
		gittest.CheckClean(t, dir)
		if left, err := os.ReadDir(filepath.Join(dir, ".git", "lsmpatch")); err == nil {
			t.Errorf("left behind: %v", left)
		}
	}
}

// TestFetchDescribed takes what git describe prints for a revision, as git itself does of commits that it has.
func TestFetchDescribed(t *testing.T) {
	t.Parallel()
	remote := gittest.SeriesRepo(t)
	gittest.Git(t, remote, "tag", "-a", "-m", "v7.0", "v7.0", "base")
	id := gittest.Git(t, remote, "rev-parse", "series")
	dir := filepath.Join(t.TempDir(), "tree")
	got, err := Fetch(context.Background(), &Options{Dir: dir, Remote: remote, Commit: "v7.0-5-g" + id})
	if err != nil || string(got.Commit) != id {
		t.Fatalf("%+v, %v", got, err)
	}
	name := gittest.Git(t, remote, "describe", "series")
	if r, err := fetched(t, remote).Resolve(name); err != nil || string(r) != id {
		t.Errorf("%s: %s, %v", name, r, err)
	}
	if rev, err := fullRevision(context.Background(), fetched(t, dir).Repo, remote, name); err != nil || rev != id {
		t.Errorf("%s: %s, %v", name, rev, err)
	}
}

// TestFetchLeavesLocks fetches where a git that is alive, or a dead one of somebody else, has a lock.
func TestFetchLeavesLocks(t *testing.T) {
	t.Parallel()
	remote := gittest.SeriesRepo(t)
	dir := filepath.Join(t.TempDir(), "tree")
	_, err := Fetch(context.Background(), &Options{Dir: dir, Remote: remote, Commit: "main"})
	gittest.Must(t, err)
	lock := filepath.Join(dir, ".git", "shallow.lock")
	gittest.Write(t, lock, "theirs")
	if _, err := Fetch(context.Background(), &Options{Dir: dir, Remote: remote, Commit: "series"}); err == nil {
		t.Error("it fetched past a lock")
	}
	if data, err := os.ReadFile(lock); err != nil || string(data) != "theirs" {
		t.Errorf("the lock of somebody else: %q, %v", data, err)
	}
}

// TestFetchHostile has remotes that send too much, other objects, and garbage.
func TestFetchHostile(t *testing.T) {
	t.Parallel()
	remote := gittest.SeriesRepo(t)
	noise := make([]byte, 3<<20)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	gittest.Must(t, os.WriteFile(filepath.Join(remote, "noise"), noise, 0o666))
	gittest.Git(t, remote, "add", "noise")
	gittest.Git(t, remote, "commit", "-q", "-m", "noise")
	slow := gitserver.HTTP(t, remote)
	slow.Delay.Store(int64(20 * time.Millisecond))
	_, err := Fetch(context.Background(), &Options{Dir: filepath.Join(t.TempDir(), "tree"), Remote: slow.URL, MaxBytes: 100_000})
	if err == nil || !strings.Contains(err.Error(), "more than 100000 bytes") {
		t.Errorf("too much data: %v", err)
	}
	// A tree that would write into the repository.
	evil := gittest.Git(t, remote, "rev-parse", "main:Makefile")
	cmd := exec.Command("git", "mktree")
	cmd.Dir, cmd.Stdin = remote, strings.NewReader("100644 blob "+evil+"\t.git\n")
	out, err := cmd.Output()
	gittest.Must(t, err)
	commit := gittest.Git(t, remote, "commit-tree", "-m", "evil", strings.TrimSpace(string(out)))
	gittest.Git(t, remote, "update-ref", "refs/heads/evil", commit)
	dir := filepath.Join(t.TempDir(), "tree")
	if _, err := Fetch(context.Background(), &Options{Dir: dir, Remote: "file://" + remote, Commit: "evil"}); err == nil {
		t.Error("a tree with .git: no error")
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("left: %v, %v", list, err)
	}
}

func fetched(t testing.TB, dir string) *tree.Tree {
	t.Helper()
	tr, err := tree.Open(dir)
	gittest.Must(t, err)
	t.Cleanup(func() { tr.Close() })
	return tr
}

func dirty(err error) *git.DirtyError {
	var d *git.DirtyError
	if errors.As(err, &d) && len(d.Paths) > 0 {
		return d
	}
	return nil
}
