// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// A topic is a repository with a branch of one commit that its main branch lacks, and that has gone on since.
type topic struct {
	tree    *tree.Tree
	set     *patchset.Set
	patchID string
}

func newTopic(t *testing.T) *topic {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("sh", "-e", "-c", `git init -q -b main tree; cd tree
mkdir -p include/linux; echo 'LSM_HOOK(int, 0, a, int x)' >`+defs.DefsPath+`; seq 20 >a.c; echo 1 >b.c; git add -A; git commit -qm import; git tag v7.3
git checkout -qb topic; sed -i 's/^10$/ten/' a.c; echo 'LSM_HOOK(int, 0, b, int x)' >>`+defs.DefsPath+`; git commit -qam 'a: ten'
git show | git patch-id --stable; git format-patch -q --stdout -1
git checkout -q main; sed -i 's/^11$/eleven/' a.c; git commit -qam 'a: eleven'`)
	cmd.Dir = dir
	cmd.Env = gitEnv()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	id, mail, _ := strings.Cut(string(out), "\n")
	sets, err := series.Read(strings.NewReader(mail), "mail", nil)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := tree.Open(filepath.Join(dir, "tree"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return &topic{tr, sets[0], strings.Fields(id)[0]}
}

// TestBases: a series is made upon the commits whose files are those that its diffs name, and applies there.
func TestBases(t *testing.T) {
	t.Parallel()
	w := newTopic(t)
	h := NewHistory(t.Context(), w.tree, "main")
	bases, err := h.Candidates(w.set)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, b := range bases {
		got += fmt.Sprintf("%s %d/%d, ", b.Name, b.Matching, b.Total)
	}
	if want := "v7.3 2/2, main 1/2, "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for base, applies := range map[string]bool{"v7.3": true, "main": false} {
		if ok, why, err := h.Applies(w.set, base); ok != applies || (why == "") != applies || err != nil {
			t.Errorf("%s: %v, %q, %v", base, ok, why, err)
		}
	}
	if _, _, err := h.Applies(w.set, "v9"); err == nil {
		t.Error("it may apply to what is not there")
	}
	for base, has := range map[string]bool{"topic": true, "main": false} {
		if got, _ := NewHistory(t.Context(), w.tree, base).HasPatchID(w.patchID); got != has {
			t.Errorf("%s has the patch: %v", base, got)
		}
	}
	if bases, err := h.Candidates(&patchset.Set{}); bases != nil || err != nil {
		t.Errorf("of no patch: %+v, %v", bases, err)
	}
}

// TestHookStates: the trees before each commit that changed the hooks, which a plain folder does not have.
func TestHookStates(t *testing.T) {
	t.Parallel()
	w := newTopic(t)
	var got []string
	for what, before := range NewHistory(t.Context(), w.tree, "topic").HookStates() {
		text, _ := readText(before, defs.DefsPath)
		got = append(got, fmt.Sprintf("%v %d", strings.HasPrefix(what, "before "), strings.Count(text, "LSM_HOOK")))
	}
	if len(got) != 1 || got[0] != "true 1" {
		t.Errorf("%q", got)
	}
	for what := range NewHistory(t.Context(), small(t), "").HookStates() {
		t.Errorf("a folder has a state %q", what)
	}
}
