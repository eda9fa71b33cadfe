// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestThreeWayEqualsGitAm merges patches into trees that changed, as git am -3 does.
func TestThreeWayEqualsGitAm(t *testing.T) {
	for name, drift := range map[string]func(t *testing.T, dir string){
		"close edit": func(t *testing.T, dir string) { put(t, dir, "a.c", "0\n1\n2\n3\n4\n5x\n6\n7\n8\n9\n") },
		"renamed": func(t *testing.T, dir string) {
			gitIn(t, dir, "mv", "a.c", "z.c")
			put(t, dir, "z.c", "0\n1\n2\n3\n4\n5x\n6\n7\n8\n9\n")
		},
		"already in": func(t *testing.T, dir string) { put(t, dir, "a.c", "1\n2\nthree\n4\n5\n6\n7\n8\n9\n") },
		"moved dir":  func(t *testing.T, dir string) { gitIn(t, dir, "mv", "dir/b.c", "dir/c.c") },
	} {
		t.Run(name, func(t *testing.T) {
			runtest.OneIn(t, 2)
			dir, base := newRepo(t)
			set, mbox := setOfCommits(t, dir, base, "topic")
			drift(t, dir)
			gitIn(t, dir, "add", "-A")
			gitIn(t, dir, "commit", "-q", "-m", "drift")
			start := gitIn(t, dir, "rev-parse", "HEAD")
			out, amErr := tryGitIn(dir, "-c", "merge.conflictStyle=merge", "am", "-3", "-q", mbox)
			want := gitIn(t, dir, "rev-parse", "HEAD")
			markers := map[string]string{}
			for path := range strings.FieldsSeq(gitIn(t, dir, "diff", "--name-only", "--diff-filter=U")) {
				if data, err := os.ReadFile(dir + "/" + path); err == nil {
					markers[path] = string(data)
				}
			}
			if amErr != nil {
				gitIn(t, dir, "am", "--abort")
			}
			gitIn(t, dir, "reset", "-q", "--hard", start)

			res, err := Series(context.Background(), dir, set, &Options{ThreeWay: true, Committer: committedAt})
			if err != nil {
				t.Fatal(err)
			}
			if amErr != nil {
				if len(res.Conflicts) == 0 {
					t.Fatalf("no conflict, and git am says\n%s", out)
				}
				for _, c := range res.Conflicts {
					if markers[c.File] != c.Merged {
						t.Errorf("%s: %q, git has %q", c.File, c.Merged, markers[c.File])
					}
				}
				return
			}
			if res.Head != want {
				t.Errorf("head %s, git am makes %s: %+v", res.Head, want, res.Conflicts)
			}
		})
	}
}

// TestThreeWayConflict compares the conflict markers with those of git am -3.
func TestThreeWayConflict(t *testing.T) {
	dir, base := newRepo(t)
	set, mbox := setOfCommits(t, dir, base, "topic")
	put(t, dir, "a.c", "1\n2\ndrei\n4\n5\n6\n7\n8\n9\n")
	gitIn(t, dir, "commit", "-q", "-am", "drift")
	if _, err := tryGitIn(dir, "am", "-3", "-q", mbox); err == nil {
		t.Fatal("git am -3 merges what should conflict")
	}
	want := get(t, dir, "a.c")
	gitIn(t, dir, "am", "--abort")
	res, err := Series(context.Background(), dir, set, &Options{ThreeWay: true, Committer: committedAt})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Conflicts) != 1 || res.Conflicts[0].Kind != KindMerge || res.Conflicts[0].Merged != want || res.Conflicts[0].Line != 3 {
		t.Errorf("%+v\nwant markers as in\n%s", res.Conflicts, want)
	}
	excerpt := "    1 1\n    2 2\n    3 <<<<<<< HEAD\n    4 drei\n    5 =======\n    6 three\n    7 >>>>>>> a: one\n    8 4\n    9 5\n   10 6\n"
	if got := res.Conflicts[0].Excerpt(); got != excerpt {
		t.Errorf("got\n%s\nwant\n%s", got, excerpt)
	}
	if gitIn(t, dir, "status", "--porcelain") != "" {
		t.Error("the worktree was changed")
	}
}

// TestThreeWayConfig holds that what the repository says of merges counts, as for git am -3.
func TestThreeWayConfig(t *testing.T) {
	for _, config := range [][2]string{{"merge.conflictStyle", "diff3"}, {"merge.conflictStyle", "merge"}, {"merge.renames", "false"}} {
		t.Run(config[0]+"="+config[1], func(t *testing.T) {
			runtest.OneIn(t, 6)
			dir, base := newRepo(t)
			set, mbox := setOfCommits(t, dir, base, "topic")
			gitIn(t, dir, "mv", "a.c", "z.c")
			put(t, dir, "z.c", "1\n2\ndrei\n4\n5\n6\n7\n8\n9\n")
			gitIn(t, dir, "add", "-A")
			gitIn(t, dir, "commit", "-q", "-m", "drift")
			gitIn(t, dir, "config", config[0], config[1])
			if _, err := tryGitIn(dir, "am", "-3", "-q", mbox); err == nil {
				t.Fatal("git am -3 merges what should conflict")
			}
			path := strings.Fields(gitIn(t, dir, "diff", "--name-only", "--diff-filter=U"))[0]
			want := get(t, dir, path)
			gitIn(t, dir, "am", "--abort")
			res, err := Series(context.Background(), dir, set, &Options{ThreeWay: true, Committer: committedAt})
			if err != nil {
				t.Fatal(err)
			}
			if len(res.Conflicts) != 1 || res.Conflicts[0].File != path || res.Conflicts[0].Merged != want {
				t.Errorf("%+v\nwant markers in %s as in\n%s", res.Conflicts, path, want)
			}
		})
	}
}

// TestThreeWayWithoutObjects says why no merge was tried.
func TestThreeWayWithoutObjects(t *testing.T) {
	dir, _ := newRepo(t)
	set := setOf("diff --git a/a.c b/a.c\nindex 1234567..89abcde 100644\n--- a/a.c\n+++ b/a.c\n@@ -1,3 +1,3 @@\n 1\n-two\n+2\n 3\n")
	res, err := Series(context.Background(), dir, set, &Options{ThreeWay: true, Committer: committedAt})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Conflicts) != 1 || res.Conflicts[0].Kind != KindHunk || !strings.Contains(res.Conflicts[0].Hint, "no three-way merge") {
		t.Errorf("%+v", res.Conflicts)
	}
}

// TestThreeWayAttributes holds that info/attributes of the repository counts, which may name merge drivers:
// it did not, and what merges for git am -3 was in conflict.
func TestThreeWayAttributes(t *testing.T) {
	dir, base := newRepo(t)
	set, mbox := setOfCommits(t, dir, base, "topic")
	put(t, dir, "a.c", "1\n2\ndrei\n4\n5\n6\n7\n8\n9\n")
	gitIn(t, dir, "commit", "-q", "-am", "drift")
	start := gitIn(t, dir, "rev-parse", "HEAD")
	put(t, dir, ".git/info/attributes", "*.c merge=union\n")
	gitIn(t, dir, "am", "-3", "-q", mbox)
	want := gitIn(t, dir, "rev-parse", "HEAD")
	gitIn(t, dir, "reset", "-q", "--hard", start)
	if res := mustApply(t, dir, set, &Options{ThreeWay: true, Committer: committedAt}); res.Head != want {
		t.Errorf("head %s, git am makes %s", res.Head, want)
	}
}

// TestThreeWayExplains says what the tree and the patch did to a file that has no lines in conflict.
func TestThreeWayExplains(t *testing.T) {
	dir, base := newRepo(t)
	set, _ := setOfCommits(t, dir, base, "topic")
	gitIn(t, dir, "rm", "-q", "a.c")
	gitIn(t, dir, "commit", "-q", "-m", "drift")
	res, err := Series(context.Background(), dir, set, &Options{ThreeWay: true, Committer: committedAt})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Conflicts) != 1 || res.Conflicts[0].Line != 0 || res.Conflicts[0].Message != "a.c: the tree has deleted or renamed the file, which the patch changes" {
		t.Errorf("%+v", res.Conflicts)
	}
}

// TestThreeWayNames merges patches whose names have no prefix into a folder, as git am -3 does with -p0 and
// --directory, merged and in conflict.
func TestThreeWayNames(t *testing.T) {
	for name, drifted := range map[string]string{
		"merged": "1\n2\n3\n4\n5x\n6\n7\n8\n9\n", "conflict": "1\n2\ndrei\n4\n5\n6\n7\n8\n9\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir, base := newRepo(t)
			set, mbox := setOfCommits(t, dir, base, "topic")
			mails := gitIn(t, dir, "format-patch", "--stdout", "--no-prefix", base+"..topic~2") + "\n\n"
			put(t, filepath.Dir(mbox), filepath.Base(mbox), mails)
			set.Patches = set.Patches[:1]
			set.Patches[0].Diff = []byte(mails[strings.Index(mails, "diff --git"):])
			gitIn(t, dir, "rm", "-q", "a.c")
			put(t, dir, "sub/dir/a.c", drifted)
			gitIn(t, dir, "add", "-A")
			gitIn(t, dir, "commit", "-q", "-m", "drift")
			start := gitIn(t, dir, "rev-parse", "HEAD")
			out, amErr := tryGitIn(dir, "am", "-3", "-q", "-p0", "--directory=sub/dir", mbox)
			want, left := gitIn(t, dir, "rev-parse", "HEAD"), get(t, dir, "sub/dir/a.c")
			if amErr != nil {
				gitIn(t, dir, "am", "--abort")
			}
			gitIn(t, dir, "reset", "-q", "--hard", start)
			res, err := Series(context.Background(), dir, set, &Options{ThreeWay: true, Strip: -1, Directory: "sub/dir", Committer: committedAt})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case (amErr != nil) != (name == "conflict"):
				t.Errorf("git am: %s", out)
			case amErr == nil && (res.Head != want || !res.Patches[0].Merged):
				t.Errorf("head %s, git am makes %s: %+v", res.Head, want, res)
			case amErr != nil && (len(res.Conflicts) != 1 || res.Conflicts[0].Merged != left || res.Conflicts[0].File != "sub/dir/a.c"):
				t.Errorf("%+v\nwant markers as in\n%s", res.Conflicts, left)
			}
		})
	}
}
