// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package stack

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/land"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// debian is Debian's stack of patches on a version of Linux: a repository whose tag "bare" is that kernel without those of the patches that
// it has, and "patched" the kernel as Debian ships it.
type debian struct {
	*world
	// in are the patches that "patched" has, as a list for Entry.Pick; count is how many.
	in    string
	count int
	list  string
}

func newDebian(t *testing.T, version string) *debian {
	t.Helper()
	source, packaging := e2e.Tree(t, version), "linux-debian"
	if version != "6.12" {
		packaging += "-" + version
	}
	d := &debian{world: &world{repo: filepath.Join(t.TempDir(), "linux"), dir: filepath.Join(t.TempDir(), "stack")}}
	d.list = filepath.Join(e2e.Source(t, packaging), "debian/patches/series")
	gittest.Git(t, filepath.Dir(d.repo), "clone", "-q", "--shared", "--no-checkout", source, d.repo)
	gittest.Git(t, d.repo, "config", "user.name", "C O Mitter")
	gittest.Git(t, d.repo, "config", "user.email", "committer@example.org")
	gittest.Git(t, d.repo, "tag", "patched")
	var err error
	d.t, err = land.Open(d.repo)
	gittest.Must(t, err)
	t.Cleanup(func() { d.t.Close() })

	sets, err := d.read(context.Background(), []string{d.list})
	gittest.Must(t, err)
	patched, err := d.t.Snapshot("patched")
	gittest.Must(t, err)
	_, result, err := apply.Overlay(patched, sets[0], &apply.Options{Reverse: true, KeepGoing: true})
	gittest.Must(t, err)
	gittest.Git(t, d.repo, "read-tree", "patched")
	var numbers []string
	for _, r := range result.Patches { // the last first
		file := filepath.Join(t.TempDir(), "patch")
		i := slices.IndexFunc(sets[0].Patches, func(p *patchset.Patch) bool { return p.Index == r.Index })
		gittest.Must(t, os.WriteFile(file, sets[0].Patches[i].Diff, 0o666))
		gittest.Git(t, d.repo, "apply", "--cached", "-R", file)
		numbers = append(numbers, fmt.Sprint(r.Index))
	}
	d.in, d.count = strings.Join(numbers, ","), len(numbers)
	bare := gittest.Git(t, d.repo, "commit-tree", "-m", "Linux without the patches", gittest.Git(t, d.repo, "write-tree"))
	gittest.Git(t, d.repo, "tag", "bare", bare)
	return d
}

// TestE2EDebian puts Debian's patches on the kernel that they were taken out of, which gives the kernel that Debian ships, file
// for file; and on that kernel each of them is upstream.
func TestE2EDebian(t *testing.T) {
	d := newDebian(t, "6.12")
	if d.count < 60 {
		t.Fatalf("only %d patches of Debian's are in its kernel", d.count)
	}
	entry := &Entry{Name: "debian", Series: Names{d.list}, Pick: d.in, Author: "Debian <debian@example.org>"}
	s, err := Init(d.dir, Tree{Dir: d.repo, Commit: "bare"}, "", []*Entry{entry})
	gittest.Must(t, err)
	t.Cleanup(func() { s.Close() })
	s.Read = d.read
	o := d.apply(t, s)
	if got, want := gittest.Git(t, d.repo, "rev-parse", o.Head+"^{tree}"), gittest.Git(t, d.repo, "rev-parse", "patched^{tree}"); got != want {
		t.Errorf("the stack gives tree %s, Debian ships %s:\n%.2000s", got, want, gittest.Git(t, d.repo, "diff", "--stat", want, got))
	}
	t.Logf("%d patches on the bare kernel: %s", d.count, counted(o))
	o, err = s.Rebase(context.Background(), d.t, "patched", &ApplyOptions{Check: true})
	gittest.Must(t, err)
	for _, p := range o.Patches {
		if p.Became != Upstream {
			t.Errorf("%s is in the kernel, and yet %s", p.Title, p.Became)
		}
	}
}

// TestLongDebianOnto takes Debian's stacks for 6.12 and 7.2 to the versions after them, and holds each patch that is said to be
// upstream against the tree: all that it adds is there. The trees are Debian's own, so that this is also said of what Debian still carries.
func TestLongDebianOnto(t *testing.T) {
	for from, onto := range map[string][]string{"6.12": {"7.2", "7.3"}, "7.2": {"7.3"}} {
		t.Run(from, func(t *testing.T) { debianOnto(t, from, onto) })
	}
}

func debianOnto(t *testing.T, from string, onto []string) {
	d := newDebian(t, from)
	entry := &Entry{Name: "debian", Series: Names{d.list}, Pick: d.in, Author: "Debian <debian@example.org>"}
	s, err := Init(d.dir, Tree{Dir: d.repo, Commit: "bare"}, "", []*Entry{entry})
	gittest.Must(t, err)
	t.Cleanup(func() { s.Close() })
	s.Read = d.read
	d.apply(t, s)
	t.Logf("%d patches of Debian's for %s", d.count, from)
	for _, version := range onto {
		tree := e2e.Tree(t, version)
		alternates, err := os.OpenFile(filepath.Join(d.repo, ".git/objects/info/alternates"), os.O_APPEND|os.O_WRONLY, 0)
		gittest.Must(t, err)
		_, err = fmt.Fprintln(alternates, filepath.Join(tree, ".git/objects"))
		gittest.Must(t, err)
		gittest.Must(t, alternates.Close())
		for _, list := range []string{"shallow"} {
			if roots, err := os.ReadFile(filepath.Join(tree, ".git", list)); err == nil {
				gittest.Must(t, os.WriteFile(filepath.Join(d.repo, ".git", list), roots, 0o666))
			}
		}
		gittest.Git(t, d.repo, "tag", "v"+version, gittest.Git(t, tree, "rev-parse", "HEAD"))
		repo, err := land.Open(d.repo)
		gittest.Must(t, err)
		o, err := s.Rebase(context.Background(), repo, "v"+version, &ApplyOptions{Check: true})
		gittest.Must(t, err)
		t.Logf("onto %s: %s", version, counted(o))
		p, err := s.plan(context.Background(), s.Manifest, s.Lock)
		gittest.Must(t, err)
		for i, out := range o.Patches {
			if out.Became == Upstream {
				for _, line := range missing(t, d.repo, "v"+version, p.patches[i].sent, p.patches[i+1:]) {
					t.Errorf("%s: %s is said to be upstream, and %q is not there", version, out.Title, line)
				}
			}
		}
		gittest.Must(t, repo.Close())
	}
}

// missing returns the lines that a patch adds and that its files do not have at rev, but for those that a later patch takes out
// again.
func missing(t *testing.T, repo, rev string, p *patchset.Patch, later []*placed) []string {
	var lines []string
	removed := map[string]bool{}
	for _, at := range later {
		for line := range strings.Lines(string(at.sent.Diff)) {
			if gone, ok := strings.CutPrefix(line, "-"); ok {
				removed[gone] = true
			}
		}
	}
	for _, f := range p.Files {
		if f.IsDelete {
			continue
		}
		content, err := gittest.TryGit(repo, "show", rev+":"+patchset.Path(f))
		if err != nil {
			return []string{patchset.Path(f)}
		}
		for _, frag := range f.TextFragments {
			for _, line := range frag.Lines {
				if line.Op.String() == "+" && !removed[line.Line] && !strings.Contains(content+"\n", line.Line) {
					lines = append(lines, line.Line)
				}
			}
		}
	}
	return lines
}

func counted(o *Outcome) string {
	counts := map[string]int{}
	for _, p := range o.Patches {
		counts[p.Became]++
	}
	return fmt.Sprint(counts)
}
