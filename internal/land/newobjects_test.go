// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"bytes"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// TestCopiedBase changes a large file twice: what the pack has instead of it whole, is the old one as another
// pack has it, or the end of the deltas that the old one is made of.
func TestCopiedBase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, base string
		packed     bool
		initArgs   []string
		// want is the revision that the file is copied from, "" for none.
		want string
	}{
		{name: "whole", base: "main", packed: true, want: "main"},
		{name: "sha256", base: "main", packed: true, want: "main", initArgs: []string{"--object-format=sha256"}},
		{name: "delta", base: "main~1", packed: true, want: "main"},
		{name: "loose", base: "main"},
	} {
		t.Run(c.name, func(t *testing.T) {
			runtest.OneIn(t, 4)
			t.Parallel()
			dir := gittest.BaseRepo(t, c.initArgs...)
			for _, n := range []int{4000, 4100} {
				gittest.Write(t, filepath.Join(dir, "MAINTAINERS"), gittest.Lines("maintainers", n))
				gittest.Git(t, dir, "add", "-A")
				gittest.Git(t, dir, "commit", "-q", "-m", "large")
			}
			if c.packed {
				gittest.Git(t, dir, "gc", "-q", "--prune=now")
			}
			tr := open(t, dir)
			base, err := tr.Resolve(c.base)
			gittest.Must(t, err)
			snapshot, err := tr.Snapshot(c.base)
			gittest.Must(t, err)
			old, err := fs.ReadFile(snapshot, "MAINTAINERS")
			gittest.Must(t, err)
			steps := stepsOf(t, dir, "base", "main")[:2]
			var want [][]byte
			for i := range steps {
				old = bytes.Replace(old, fmt.Appendf(nil, "maintainers line %d\n", 1000+i), []byte("changed\n"), 1)
				want = append(want, old)
				steps[i].Changes = []tree.Change{{Path: "MAINTAINERS", Mode: filemode.Regular, Data: old}}
			}
			landed, err := land(tr, base, steps, &Options{Branch: "topic"})
			gittest.Must(t, err)
			for i, id := range landed.Commits {
				if got := gittest.Git(t, dir, "show", string(id)+":MAINTAINERS") + "\n"; got != string(want[i]) {
					t.Errorf("%s:MAINTAINERS is wrong", id)
				}
			}
			gittest.CheckClean(t, dir)
			copied := ""
			if c.want != "" {
				copied = gittest.Git(t, dir, "rev-parse", c.want+":MAINTAINERS")
			}
			first := gittest.Git(t, dir, "rev-parse", string(landed.Commits[0])+":MAINTAINERS")
			_, base0 := packedAs(t, dir, first)
			if base0 != copied {
				t.Errorf("the new file is a delta on %q, not on %q", base0, copied)
			}
			if packs, _ := packedAs(t, dir, copied); copied != "" && packs != 2 {
				t.Errorf("%d packs have the old file, not 2", packs)
			}
			gittest.Git(t, dir, "gc", "-q", "--prune=now")
			if packs, _ := packedAs(t, dir, first); packs != 1 {
				t.Errorf("after gc %d packs have the new file", packs)
			}
			gittest.CheckClean(t, dir)
		})
	}
}

// packedAs returns how many packs have an object, and what it is a delta on in the last of them.
func packedAs(t testing.TB, dir, id string) (packs int, base string) {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack/*.idx"))
	gittest.Must(t, err)
	for _, name := range list {
		for _, line := range gittest.SplitLines(gittest.Git(t, dir, "verify-pack", "-v", name)) {
			// "NAME TYPE SIZE SIZE-IN-PACK OFFSET [DEPTH BASE]"
			fields := strings.Fields(line)
			if fields[0] != id {
				continue
			}
			packs++
			if len(fields) == 7 {
				base = fields[6]
			}
		}
	}
	return packs, base
}
