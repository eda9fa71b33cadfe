// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/patchset"
)

var saysRevision = regexp.MustCompile(`(it applies to|was as its index line says in) revision ([0-9a-f]+) `)

// TestRevisionsAreTrue makes series for states of a history in which texts come back, and holds each revision that an explanation
// names against the repository: the patch does apply there, or its file was so there; and it is never the one that the patch does
// not fit.
func TestRevisionsAreTrue(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	named := 0
	for seed := range uint64(12) {
		m := newMaker(seed)
		dir := t.TempDir()
		gitIn(t, dir, "init", "-q", "-b", "main")
		var states []string
		for range 5 {
			for _, name := range []string{"f", "g"} {
				var lines []string
				for i := range 12 {
					lines = append(lines, fmt.Sprintf("%s %d %d\n", name, i, m.IntN(2)*m.IntN(2)))
				}
				if m.IntN(3) > 0 || len(states) == 0 {
					put(t, dir, name, strings.Join(lines, ""))
				}
			}
			gitIn(t, dir, "add", "-A")
			gitIn(t, dir, "commit", "-q", "--allow-empty", "-m", fmt.Sprintf("state %d", len(states)))
			states = append(states, gitIn(t, dir, "rev-parse", "HEAD"))
		}
		base, head := states[m.IntN(len(states)-1)], states[len(states)-1]
		gitIn(t, dir, "checkout", "-q", "-b", "topic", base)
		for i := range 3 {
			name := []string{"f", "g"}[m.IntN(2)]
			lines := strings.SplitAfter(get(t, dir, name), "\n")
			if i == 1 && m.IntN(2) == 0 {
				put(t, dir, name, gitIn(t, dir, "show", head+":"+name)+"\n") // back to what is checked out later
			} else {
				lines[m.IntN(12)] = fmt.Sprintf("changed by %d\n", i)
				put(t, dir, name, strings.Join(lines, ""))
			}
			gitIn(t, dir, "commit", "-q", "-a", "--allow-empty", "-m", fmt.Sprintf("change %d", i))
		}
		set, _ := setOfCommits(t, dir, base, "topic")
		gitIn(t, dir, "checkout", "-q", "main")
		gitIn(t, dir, "branch", "-q", "-D", "topic")
		for _, keepGoing := range []bool{false, true} {
			res, err := Series(context.Background(), dir, set, &Options{Committer: committedAt, Check: true, KeepGoing: keepGoing})
			if err != nil {
				t.Fatal(err)
			}
			for _, bad := range res.Conflicts {
				said := saysRevision.FindStringSubmatch(bad.Hint)
				if said == nil {
					continue
				}
				named++
				i := slices.IndexFunc(set.Patches, func(p *patchset.Patch) bool { return p.Index == bad.Patch })
				rev := gitIn(t, dir, "rev-parse", said[2])
				if rev == head {
					t.Errorf("seed %d: it names the revision that the patch does not fit: %s", seed, bad.Hint)
				}
				if said[1] == "it applies to" && !gitApplies(t, dir, rev, set.Patches[i].Diff) {
					t.Errorf("seed %d: patch %d does not apply to %s: %s", seed, bad.Patch, rev, bad.Hint)
				}
				index := regexp.MustCompile(`(?m)^index ([0-9a-f]+)\.`).FindAllStringSubmatch(string(set.Patches[i].Diff), -1)
				blob := gitIn(t, dir, "rev-parse", rev+":"+bad.File)
				if !slices.ContainsFunc(index, func(m []string) bool { return m[1] == blob }) {
					t.Errorf("seed %d: %s is another file in %s", seed, bad.File, rev)
				}
			}
		}
	}
	if named < 8 {
		t.Errorf("only %d revisions were named", named)
	}
}

// gitApplies asks git whether a diff applies to a revision.
func gitApplies(t *testing.T, dir, rev string, diff []byte) bool {
	t.Helper()
	index := filepath.Join(t.TempDir(), "index")
	git := func(args ...string) error {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env, cmd.Stdin = dir, append(run.GitEnv(), "GIT_INDEX_FILE="+index), strings.NewReader(string(diff))
		return cmd.Run()
	}
	if err := git("read-tree", rev); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(index)
	return git("apply", "--cached", "--check") == nil
}
