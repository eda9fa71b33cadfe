// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/land"
)

// TestBaseOfOldFiles: a file that nobody has touched for years does not have all of history be walked through, which takes the longer
// the older a project is: the commit that made the other file has both.
func TestBaseOfOldFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) { gittest.Write(t, dir+"/"+name, text) }
	gittest.Git(t, dir, "init", "-q", "-b", "master")
	write("a.c", gittest.Lines("a", 30))
	write("b.c", gittest.Lines("b", 30))
	gittest.Git(t, dir, "add", "-A")
	old := exec.Command("git", "-C", dir, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", "long ago")
	old.Env = append(os.Environ(), "GIT_COMMITTER_DATE=@1500000000 +0000")
	if out, err := old.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	write("a.c", strings.Replace(gittest.Lines("a", 30), "a line 10\n", "middle\n", 1))
	gittest.Git(t, dir, "commit", "-q", "-a", "-m", "the base")
	base := gittest.Git(t, dir, "rev-parse", "HEAD")
	write("a.c", gittest.Lines("other", 30))
	gittest.Git(t, dir, "commit", "-q", "-a", "-m", "another a")
	set := seriesFrom(t, dir, base, "", "a.c", "b.c")

	real, err := exec.LookPath("git")
	gittest.Must(t, err)
	bin, log := t.TempDir(), filepath.Join(t.TempDir(), "log")
	gittest.Must(t, os.WriteFile(filepath.Join(bin, "git"), []byte("#!/bin/sh\necho \"$*\" >>"+log+"\nexec "+real+" \"$@\"\n"), 0o755))
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	tr, err := land.Open(dir)
	gittest.Must(t, err)
	defer tr.Close()
	found, err := FindBase(t.Context(), tr, set, &Options{}, nil)
	if err != nil || string(found.Commit) != base {
		t.Fatalf("%+v, %v, want %s", found, err, base)
	}
	runs, err := os.ReadFile(log)
	gittest.Must(t, err)
	if n := strings.Count(string(runs), "log --exclude"); n != 1 || !strings.Contains(string(runs), "--since=@") {
		t.Errorf("history was walked through %d times:\n%s", n, runs)
	}
}
