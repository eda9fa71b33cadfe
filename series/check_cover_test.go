// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestCoverLettersOfGit: what git format-patch writes is true, so none of it is to be called false;
// neither where patches rename, delete, create and change one file in turns, nor where paths and
// titles are too long for a line.
func TestCoverLettersOfGit(t *testing.T) {
	rnd := rand.New(rand.NewPCG(13, 14))
	r := newTestRepo(t)
	const deep = "drivers/net/ethernet/a-very-long-vendor-name/another-long-name/and-a-long-file-name-as-well.c"
	content := map[string][]string{}
	write := func(name string, lines []string) {
		content[name] = lines
		r.write(name, lines)
	}
	for _, f := range []string{"a", "b", "lib/c", deep} {
		write(f, numbered(f, 50))
	}
	r.commit("start")
	for round := range 4 {
		steps := []func(i int){
			func(int) { write("a", mutate(rnd, content["a"])) },
			func(int) { write(deep, mutate(rnd, content[deep])) },
			func(i int) { write(fmt.Sprintf("new/%d.%d", round, i), numbered("new", 5+rnd.IntN(20))) },
			func(i int) {
				now := fmt.Sprintf("lib/%d.%d", round, i)
				old := strings.TrimSpace(r.git("ls-files", "lib"))
				if old == now {
					return
				}
				r.git("mv", old, now)
				content[now] = content[old]
				if i%2 == 0 {
					write(now, mutate(rnd, content[now]))
				}
			},
			func(i int) { r.write(fmt.Sprintf("firmware/%d.%d", round, i), []string{"\x00binary"}) },
			func(i int) {
				name := fmt.Sprintf("gone%d.%d", round, i)
				r.write(name, numbered(name, 10)) // deleted again below, within the series
			},
		}
		const patches = 5
		for i := range patches {
			for range 1 + rnd.IntN(3) {
				steps[rnd.IntN(len(steps))](i)
			}
			if i == patches-1 {
				r.git("add", "-A")
				r.git("rm", "-q", "-f", "--ignore-unmatch", fmt.Sprintf("gone%d.*", round))
			}
			r.commit(fmt.Sprintf("lib: patch number %d of round %d, the title of which is so long that the shortlog wraps it", i, round))
		}
		mbox := r.git("format-patch", "--stdout", "--cover-letter", "--binary", fmt.Sprintf("HEAD~%d", patches))
		sets, err := Read(strings.NewReader(mbox), "mbox", nil)
		if err != nil {
			t.Fatal(err)
		}
		x := newExam(sets[0], &CheckOptions{})
		if !x.judgeable() || len(x.cover.Shortlog) == 0 {
			t.Fatalf("round %d: the cover letter was not understood", round)
		}
		if got := firing(sets[0], coverRules); got != "" {
			t.Errorf("round %d: %s", round, got)
			for _, f := range Check(sets[0], nil) {
				t.Logf("%s: %s", f.Check, f.Message)
			}
			t.Log(sets[0].Cover.Body)
		}
	}
}
