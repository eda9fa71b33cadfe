// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// A branchSite is a tree with series that git made of it, and a repository to push to.
type branchSite struct {
	t         *testing.T
	dir, tree string
	clock     int64
}

func newBranchSite(t *testing.T) *branchSite {
	t.Helper()
	s := &branchSite{t: t, dir: filepath.Join(t.TempDir(), "it's $a site"), clock: 1_700_000_000}
	s.tree = filepath.Join(s.dir, "linux")
	if err := os.CopyFS(s.tree, os.DirFS("../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	s.git("init", "-q", "-b", "master")
	s.git("config", "user.name", "C O Mitter")
	s.git("config", "user.email", "c@example.org")
	s.git("add", "-A", "-f")
	s.git("commit", "-q", "-m", "base")
	s.git("init", "-q", "--bare", filepath.Join(s.dir, "public.git"))
	s.git("remote", "add", "public", filepath.Join(s.dir, "public.git"))
	return s
}

func (s *branchSite) git(args ...string) string {
	s.t.Helper()
	s.clock += 60
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = s.tree, run.GitEnv(fmt.Sprintf("GIT_AUTHOR_DATE=%d +0200", s.clock))
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// series returns one of a patch for each change, each of which is put before the first line of a file that has some text.
func (s *branchSite) series(name, file string, changes ...[2]string) Ready {
	s.t.Helper()
	s.git("checkout", "-q", "-B", name, "master")
	for i, c := range changes {
		text, err := os.ReadFile(filepath.Join(s.tree, file))
		if err != nil {
			s.t.Fatal(err)
		}
		changed := strings.Replace(string(text), c[0], c[1]+c[0], 1)
		if err := os.WriteFile(filepath.Join(s.tree, file), []byte(changed), 0o644); err != nil {
			s.t.Fatal(err)
		}
		s.git("commit", "-q", "-a", "-s", "-m", fmt.Sprintf("%s: change %d\n\nFor a reason.", name, i+1))
	}
	box := filepath.Join(s.dir, name+".mbox")
	out := s.git("format-patch", "--stdout", "--thread", "master.."+name)
	if err := os.WriteFile(box, []byte(out+"\n"), 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.git("checkout", "-q", "master")
	return Ready{Series: Series{ID: name + "@x", Title: name, Version: 1, Posted: time.Unix(s.clock, 0)}, Box: []byte(out + "\n")}
}

// integrator makes one for the branch that the matrix names.
func (s *branchSite) integrator(more string) *Integrator {
	s.t.Helper()
	file := filepath.Join(s.dir, "site.toml")
	if err := os.WriteFile(file, []byte("[[tree]]\nname = \"mini\"\ndir = \"linux\"\n[integration]\nbranch = \"all/passed\"\n"+more), 0o644); err != nil {
		s.t.Fatal(err)
	}
	m, err := LoadMatrix(file)
	if err != nil {
		s.t.Fatal(err)
	}
	g, err := NewIntegrator(m)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(g.Close)
	return g
}

// TestIntegration: the branch of all that passed has the commits that git am makes of each series in its order; one that does not fit
// on those before it is left out, with its conflict; and it goes where the configuration says when it is published.
func TestIntegration(t *testing.T) {
	t.Parallel()
	s := newBranchSite(t)
	const hooks = "include/linux/lsm_hook_defs.h"
	ready := []Ready{
		s.series("one", hooks, [2]string{"LSM_HOOK(int, 0, file_open", "/* one */\n"}, [2]string{"#endif", "/* two */\n"}),
		s.series("clash", hooks, [2]string{"LSM_HOOK(int, 0, file_open", "/* another */\n"}),
		s.series("far", "kernel/fork.c", [2]string{"struct task_struct", "/* far */\n"}),
	}
	g := s.integrator("remote = \"public\"\n")
	out, err := g.Make(t.Context(), ready, nil)
	if err != nil {
		t.Fatal(err)
	}
	base := s.git("rev-parse", "master")
	if head := s.git("rev-parse", "all/passed"); head != out.Head || out.Base != base || out.Taken() != 2 {
		t.Errorf("%s, %+v", head, out)
	}
	if clash := out.Series[1]; !clash.LeftOut || len(clash.Conflicts) != 1 || clash.Conflicts[0].File != hooks || clash.Why == "" {
		t.Errorf("%+v", clash)
	}
	if commits := s.git("rev-list", "--reverse", base+"..all/passed"); commits != out.Series[0].Commits[0].Commit+"\n"+out.Series[0].Commits[1].Commit+"\n"+out.Series[2].Commits[0].Commit {
		t.Errorf("commits: %s\n%+v", commits, out.Series)
	}
	// Older gits spell the header as it once was; the newest one does as we do.
	hook := "#!/bin/sh\nsed -i 's/^Message-Id:/Message-ID:/' \"$1\"\n"
	runtest.Write(t, filepath.Join(s.tree, ".git", "hooks", "applypatch-msg"), []byte(hook))
	s.git("checkout", "-q", "-b", "by-am", "master")
	for _, name := range []string{"one", "far"} {
		s.git("-c", "core.hooksPath="+filepath.Join(s.tree, ".git", "hooks"), "am", "-q", "--message-id", "--committer-date-is-author-date", filepath.Join(s.dir, name+".mbox"))
	}
	if am := s.git("rev-parse", "HEAD"); am != out.Head {
		t.Errorf("git am makes other commits:\n%s", s.git("diff", "--stat", "by-am", "all/passed")+s.git("log", "--format=fuller", "-4", "by-am")+s.git("log", "--format=fuller", "-4", "all/passed"))
	}
	s.git("checkout", "-q", "master")
	if !strings.Contains(out.Push, "push --force public refs/heads/all/passed") || out.Pushed {
		t.Errorf("%+v", out)
	}
	// Tags are nobody's business, also where git is to push them along.
	s.git("tag", "-a", "-m", "v1", "v1", "master")
	s.git("config", "push.followTags", "true")
	g.Push(t.Context(), out)
	if there := s.git("ls-remote", "public"); !out.Pushed || there != out.Head+"\trefs/heads/all/passed" {
		t.Errorf("%s, %+v", there, out)
	}
	// What somebody else has put there since stays, and what we did is moved.
	s.git("-c", "push.followTags=false", "push", "-q", "--force", "public", "master:refs/heads/all/passed")
	if g.Push(t.Context(), out); out.Pushed || !strings.Contains(out.PushError, "not published from here") || !strings.Contains(s.git("ls-remote", "public"), base) {
		t.Errorf("it overwrites the branch of somebody else: %+v", out)
	}
	s.git("-c", "push.followTags=false", "push", "-q", "--force", "public", out.Head+":refs/heads/all/passed")
	out.PushError = ""
	if g.Push(t.Context(), out); !out.Pushed {
		t.Errorf("%+v", out)
	}
	less, err := g.Make(t.Context(), ready[:1], out)
	if err != nil {
		t.Fatal(err)
	}
	if g.Push(t.Context(), less); !less.Pushed || s.git("ls-remote", "public") != less.Head+"\trefs/heads/all/passed" {
		t.Errorf("%+v", less)
	}
	if !out.Same(base, ready) || out.Same(base, ready[:2]) || out.Same("x", ready) {
		t.Error("what is the same is not told from what is not")
	}
}

// TestIntegrationAsUser: what is published goes where the user's configuration says, by the command that is shown as well, whatever
// the folder is called. Git once ran without that configuration, and so without a credential helper, and the command was no line for a shell.
func TestIntegrationAsUser(t *testing.T) {
	s := newBranchSite(t)
	t.Setenv("HOME", s.dir)
	t.Setenv("XDG_CONFIG_HOME", s.dir)
	if err := os.WriteFile(filepath.Join(s.dir, ".gitconfig"), fmt.Appendf(nil, "[url %q]\n\tinsteadOf = site:\n", s.dir+"/"), 0o644); err != nil {
		t.Fatal(err)
	}
	one := s.series("one", "kernel/fork.c", [2]string{"struct task_struct", "/* one */\n"})
	g := s.integrator("remote = \"site:public.git\"\n")
	out, err := g.Make(t.Context(), []Ready{one}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if g.Push(t.Context(), out); !out.Pushed || s.git("ls-remote", "public") != out.Head+"\trefs/heads/all/passed" {
		t.Errorf("%+v", out)
	}
	none, err := g.Make(t.Context(), nil, out)
	if err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("sh", "-c", none.Push).CombinedOutput(); err != nil || s.git("ls-remote", "public") != none.Head+"\trefs/heads/all/passed" {
		t.Errorf("%s: %v\n%s", none.Push, err, said)
	}
}

// TestIntegrationIsOurs: the branch follows what passed, back to the base as well; it is not moved from where somebody else put it,
// nor from under a worktree.
func TestIntegrationIsOurs(t *testing.T) {
	t.Parallel()
	s := newBranchSite(t)
	one := s.series("one", "kernel/fork.c", [2]string{"struct task_struct", "/* one */\n"})
	two := s.series("two", "init/main.c", [2]string{"#include", "/* two */\n"})
	g := s.integrator("")
	first, err := g.Make(t.Context(), []Ready{one}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := g.Make(t.Context(), []Ready{one}, nil); err != nil || again.Head != first.Head {
		t.Errorf("after a run that noted nothing: %+v, %v", again, err)
	}
	if _, err := g.Make(t.Context(), []Ready{two}, nil); err == nil {
		t.Error("it is moved from where we do not know that we put it")
	}
	if none, err := g.Make(t.Context(), nil, first); err != nil || none.Head != s.git("rev-parse", "all/passed") || none.Head != none.Base {
		t.Errorf("%+v, %v", none, err)
	}
	// Nor where somebody moves it after that was looked at, which it once was.
	for _, tip := range []string{"", first.Head} {
		s.git("branch", "-f", "all/passed", "two")
		if _, err := apply.Parts(t.Context(), g.tree, nil, g.landing(first.Base, tip)); err == nil || s.git("rev-parse", "all/passed") != s.git("rev-parse", "two") {
			t.Errorf("moved from below us at %q: %v", tip, err)
		}
	}
	for _, ready := range [][]Ready{{one}, nil} {
		if _, err := g.Make(t.Context(), ready, first); err == nil || !strings.Contains(err.Error(), "not what lsmpatch made") {
			t.Errorf("%v", err)
		}
	}
	if s.git("rev-parse", "all/passed") != s.git("rev-parse", "two") {
		t.Error("somebody else's commits are gone from the branch")
	}
	s.git("branch", "-f", "all/passed", "master")
	s.git("checkout", "-q", "all/passed")
	if _, err := g.Make(t.Context(), []Ready{one}, nil); err == nil {
		t.Error("it is moved below a worktree")
	}
	// Nor where nothing is left of what passed, which once was a way of its own.
	s.git("checkout", "-q", "master")
	second, err := g.Make(t.Context(), []Ready{one}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.git("checkout", "-q", "all/passed")
	if _, err := g.Make(t.Context(), nil, second); err == nil || s.git("rev-parse", "HEAD") != second.Head {
		t.Errorf("it is moved below a worktree, back to the base: %v", err)
	}
}

// TestIntegrationNotHead: HEAD of a bare repository, which no worktree shows, is not moved: it was once, and what passed then did not
// fit on itself.
func TestIntegrationNotHead(t *testing.T) {
	t.Parallel()
	s := newBranchSite(t)
	one := s.series("one", "kernel/fork.c", [2]string{"struct task_struct", "/* one */\n"})
	s.git("symbolic-ref", "HEAD", "refs/heads/all/passed")
	s.git("update-ref", "refs/heads/all/passed", "master")
	s.git("config", "core.bare", "true")
	g := s.integrator("")
	if out, err := g.Make(t.Context(), []Ready{one}, nil); err == nil {
		t.Errorf("%+v", out)
	}
}

// TestIntegrationNames: what is no branch, tree or remote is refused.
func TestIntegrationNames(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "branch = \"-f\"", "branch = \"a..b\"", "branch = \"a b\"", "branch = \"a\"\ntree = \"none\"", "branch = \"a\"\nlists = [\"none\"]",
		"branch = \"a\"\nremote = \"--exec=x\"", "branch = \"a\"\nremote = \"https://secret@x/y\"", "branch = \"a\"\nbase = \"--all\"", "branch = \"a\"\nbase = \"refs/heads/a\"",
		"branch = \"a\"\nother = 1"} {
		file := filepath.Join(t.TempDir(), "site.toml")
		if err := os.WriteFile(file, []byte("[[tree]]\nname = \"mini\"\ndir = \"linux\"\n[integration]\n"+text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadMatrix(file); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
