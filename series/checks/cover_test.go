// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"

	"github.com/lsmpatch/lsmpatch/series/thread"
)

// TestCoverLettersOfGit: what git format-patch writes is true, so none of it is to be called false;
// neither where patches rename, delete, create and change one file in turns, nor where paths and
// titles are too long for a line.
func TestCoverLettersOfGit(t *testing.T) {
	rnd := rand.New(rand.NewPCG(13, 14))
	r := mailtest.NewRepo(t)
	const deep = "drivers/net/ethernet/a-very-long-vendor-name/another-long-name/and-a-long-file-name-as-well.c"
	content := map[string][]string{}
	write := func(name string, lines []string) {
		content[name] = lines
		r.Write(name, lines)
	}
	for _, f := range []string{"a", "b", "lib/c", deep} {
		write(f, mailtest.Numbered(f, 50))
	}
	r.Commit("start")
	for round := range 4 {
		steps := []func(i int){
			func(int) { write("a", mailtest.Mutate(rnd, content["a"])) },
			func(int) { write(deep, mailtest.Mutate(rnd, content[deep])) },
			func(i int) { write(fmt.Sprintf("new/%d.%d", round, i), mailtest.Numbered("new", 5+rnd.IntN(20))) },
			func(i int) {
				now := fmt.Sprintf("lib/%d.%d", round, i)
				old := strings.TrimSpace(r.Git("ls-files", "lib"))
				if old == now {
					return
				}
				r.Git("mv", old, now)
				content[now] = content[old]
				if i%2 == 0 {
					write(now, mailtest.Mutate(rnd, content[now]))
				}
			},
			func(i int) { r.Write(fmt.Sprintf("firmware/%d.%d", round, i), []string{"\x00binary"}) },
			func(i int) {
				name := fmt.Sprintf("gone%d.%d", round, i)
				r.Write(name, mailtest.Numbered(name, 10)) // deleted again below, within the series
			},
		}
		const patches = 5
		for i := range patches {
			for range 1 + rnd.IntN(3) {
				steps[rnd.IntN(len(steps))](i)
			}
			if i == patches-1 {
				r.Git("add", "-A")
				r.Git("rm", "-q", "-f", "--ignore-unmatch", fmt.Sprintf("gone%d.*", round))
			}
			r.Commit(fmt.Sprintf("lib: patch number %d of round %d, the title of which is so long that the shortlog wraps it", i, round))
		}
		mbox := r.Git("format-patch", "--stdout", "--cover-letter", "--binary", fmt.Sprintf("HEAD~%d", patches))
		sets, err := thread.Read(strings.NewReader(mbox), "mbox", thread.Options{})
		if err != nil {
			t.Fatal(err)
		}
		x := newExam(&check.View{Set: sets[0]})
		if !x.judgeable() || len(x.cover.Shortlog) == 0 {
			t.Fatalf("round %d: the cover letter was not understood", round)
		}
		if got := firing(sets[0], coverRules); got != "" {
			t.Errorf("round %d: %s", round, got)
			for _, f := range found(t, sets[0], nil) {
				t.Logf("%s: %s", f.Check, f.Message)
			}
			t.Log(sets[0].Cover.Body)
		}
	}
}
