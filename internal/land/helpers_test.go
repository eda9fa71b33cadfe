// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

func TestMain(m *testing.M) {
	if job := os.Getenv("LSMPATCH_CRASH"); job != "" {
		os.Exit(crashChild(job))
	}
	os.Exit(gittest.RunTests(m))
}

// stepsOf reads the commits of a range with the oracle.
func stepsOf(t testing.TB, dir, from, to string) []Step {
	t.Helper()
	var steps []Step
	for id := range strings.FieldsSeq(gittest.Git(t, dir, "rev-list", "--reverse", from+".."+to)) {
		raw, err := gittest.TryGit(dir, "cat-file", "commit", id)
		gittest.Must(t, err)
		c, err := git.ParseCommit(odb.Hash(id), []byte(raw+"\n"))
		gittest.Must(t, err)
		s := Step{Draft: git.Draft{Author: c.Author, Committer: c.Committer, Message: c.Message}}
		for _, line := range gittest.SplitLines(gittest.Git(t, dir, "diff-tree", "-r", "--no-commit-id", "--no-renames", "--no-abbrev", id)) {
			meta, name, _ := strings.Cut(line, "\t")
			cols := strings.Fields(meta)
			mode, err := strconv.ParseUint(cols[1], 8, 32)
			gittest.Must(t, err)
			change := tree.Change{Path: name, Mode: filemode.FileMode(mode), Hash: odb.Hash(cols[3])}
			switch change.Mode {
			case filemode.Empty, filemode.Submodule:
			default:
				cmd := exec.Command("git", "-C", dir, "cat-file", "blob", cols[3])
				change.Data, err = cmd.Output()
				gittest.Must(t, err)
			}
			s.Changes = append(s.Changes, change)
		}
		steps = append(steps, s)
	}
	return steps
}

// land makes and lands a chain of steps.
func land(tr *tree.Tree, base odb.Hash, steps []Step, opts *Options) (*Landed, error) {
	c, err := NewChain(tr, base)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for i := range steps {
		if err := c.Add(&steps[i]); err != nil {
			return nil, err
		}
	}
	return c.Land(context.Background(), opts)
}
