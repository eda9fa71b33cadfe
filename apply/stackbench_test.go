// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package apply

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// twoKernels returns a clone of Linux 7.3 that has 7.2 as well, by the tags v7.2 and v7.3, with v7.3 checked out.
func twoKernels(tb testing.TB) string {
	tb.Helper()
	dir, older := cloneOf(tb, "7.3"), e2e.Tree(tb, "7.2")
	gitIn(tb, dir, "tag", "v7.3")
	put(tb, dir, ".git/objects/info/alternates", filepath.Join(e2e.Tree(tb, "7.3"), ".git/objects")+"\n"+filepath.Join(older, ".git/objects")+"\n")
	gitIn(tb, dir, "tag", "v7.2", gitIn(tb, older, "rev-parse", "HEAD"))
	gitIn(tb, dir, "checkout", "-q", "--detach", "v7.3")
	return dir
}

// A place is a line of a file that can be changed in two kernels alike, as the lines around it stand in both, once.
type place struct {
	file string
	line int // in the older one, from 0
}

// commonPlaces returns places in files that differ between two snapshots, n in each of the files, so far apart that patches
// there do not touch.
func commonPlaces(tb testing.TB, older, newer fs.FS, files, n int) [][]place {
	tb.Helper()
	var list [][]place
	for _, dir := range []string{"kernel", "mm", "fs", "fs/ext4", "kernel/sched", "net/core", "fs/btrfs", "drivers/gpu/drm/i915/display"} {
		entries, err := fs.ReadDir(older, dir)
		if err != nil {
			tb.Fatal(err)
		}
		for _, e := range entries {
			if len(list) == files {
				return list
			}
			name := path.Join(dir, e.Name())
			before, err := fs.ReadFile(older, name)
			after, err2 := fs.ReadFile(newer, name)
			if err != nil || err2 != nil || path.Ext(name) != ".c" || string(before) == string(after) {
				continue
			}
			if found := placesIn(name, string(before), string(after), n); len(found) == n {
				list = append(list, found)
			}
		}
	}
	if len(list) < files {
		tb.Fatalf("only %d files have %d places in both kernels", len(list), n)
	}
	return list
}

func placesIn(name, before, after string, n int) []place {
	var found []place
	lines := strings.SplitAfter(before, "\n")
	for i := 4; i+5 < len(lines) && len(found) < n; {
		around := strings.Join(lines[i-3:i+4], "")
		if strings.Count(before, around) == 1 && strings.Count(after, around) == 1 && strings.Contains(after, "\n"+around) {
			found = append(found, place{name, i})
			i += 12
			continue
		}
		i++
	}
	return found
}

// change returns the diff that changes a line of text, which is the file at p, and the text after it.
func (p place) change(text string, n int) (diff, after string) {
	lines := strings.SplitAfter(text, "\n")
	changed := slices.Clone(lines)
	changed[p.line] = fmt.Sprintf("/* change %d */ ", n) + lines[p.line]
	after = strings.Join(changed, "")
	var b strings.Builder
	fmt.Fprintf(&b, "diff --git a/%[1]s b/%[1]s\nindex %[2]s..%[3]s 100644\n--- a/%[1]s\n+++ b/%[1]s\n@@ -%[4]d,7 +%[4]d,7 @@\n",
		p.file, odb.BlobHash([]byte(text)), odb.BlobHash([]byte(after)), p.line-2)
	for i := p.line - 3; i < p.line+4; i++ {
		if i == p.line {
			fmt.Fprintf(&b, "-%s+%s", lines[i], changed[i])
		} else {
			b.WriteString(" " + lines[i])
		}
	}
	return b.String(), after
}

// carried writes a stack of n patches for v7.2 that fits v7.3 as well: a mailbox, and quilt's folder of the same.
func carried(tb testing.TB, older, newer fs.FS, n int) (mbox, quilt string) {
	tb.Helper()
	places := commonPlaces(tb, older, newer, 30, n/30)
	quilt = tb.TempDir()
	texts := map[string]string{}
	var mails, list strings.Builder
	for i := range n {
		p := places[i%30][i/30]
		if texts[p.file] == "" {
			texts[p.file] = read(tb, older, p.file)
		}
		diff, after := p.change(texts[p.file], i)
		texts[p.file] = after
		mail := mailWith(i, fmt.Sprintf("[PATCH %d/%d] carried: change %d", i+1, n, i), fmt.Sprintf("carried%d@example.org", i), "", diff)
		mails.WriteString(mail)
		name := fmt.Sprintf("%04d.patch", i)
		put(tb, quilt, name, mail)
		list.WriteString(name + "\n")
	}
	put(tb, quilt, "series", list.String())
	mbox = filepath.Join(tb.TempDir(), "carried.mbox")
	put(tb, filepath.Dir(mbox), filepath.Base(mbox), mails.String())
	return mbox, quilt
}

// pendingSeries writes a mailbox of n series of two patches each, four of which change the same file.
func pendingSeries(tb testing.TB, snapshot fs.FS, n int) string {
	tb.Helper()
	files := commonPlaces(tb, snapshot, longer{snapshot}, n/4, 8)
	var mails strings.Builder
	for i := range n {
		of, k := files[i/4], i%4
		text := read(tb, snapshot, of[0].file)
		first := ""
		for j := range 2 {
			p := of[2*k+j]
			if k == 3 {
				p = of[j] // in the way of the first of the four
			}
			diff, after := p.change(text, 10*i+j)
			text = after
			id := fmt.Sprintf("pending%d.%d@example.org", i, j)
			mails.WriteString(mailWith(i, fmt.Sprintf("[PATCH %d/2] pending %d: change %d", j+1, i, j), id, first, diff))
			first = id
		}
	}
	mbox := filepath.Join(tb.TempDir(), "pending.mbox")
	put(tb, filepath.Dir(mbox), filepath.Base(mbox), mails.String())
	return mbox
}

// longer is a snapshot whose files have a line more, so that none of them is the same.
type longer struct{ fs.FS }

func (e longer) ReadFile(name string) ([]byte, error) {
	data, err := fs.ReadFile(e.FS, name)
	return append([]byte("one more\n"), data...), err
}

func mailWith(i int, subject, id, answers, diff string) string {
	date := time.Unix(1600000000+int64(i)*60, 0).In(time.FixedZone("", 7200)).Format(time.RFC1123Z)
	reply := ""
	if answers != "" {
		reply = "In-Reply-To: <" + answers + ">\n"
	}
	return fmt.Sprintf("From %040d Mon Sep 17 00:00:00 2001\nFrom: Au Thor <au@example.org>\nDate: %s\nMessage-ID: <%s>\n%sSubject: %s\n\nWith a body.\n\n"+
		"Signed-off-by: Au Thor <au@example.org>\n---\n%s-- \n2.39.5\n\n", i, date, id, reply, subject, diff)
}

func read(tb testing.TB, snapshot fs.FS, name string) string {
	tb.Helper()
	data, err := fs.ReadFile(snapshot, name)
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

// TestBenchStack prints what a stack of 120 patches takes beside quilt, git am and git rebase, and what status and conflicts
// take. LSMPATCH_BENCH_RUNS sets the number of runs, by default 10.
func TestBenchStack(t *testing.T) {
	runs := 10
	if n, err := strconv.Atoi(os.Getenv("LSMPATCH_BENCH_RUNS")); err == nil {
		runs = n
	}
	bin, dir := buildCommand(t), twoKernels(t)
	older, newer := snapshotOf(t, dir, "v7.2"), snapshotOf(t, dir, "v7.3")
	mbox, patches := carried(t, older, newer, 120)
	was := filepath.Join(t.TempDir(), "v7.2")
	gitIn(t, dir, "worktree", "add", "-q", "--detach", was, "v7.2")
	stack := filepath.Join(t.TempDir(), "stack")
	lsmpatch := func(args ...string) *exec.Cmd {
		cmd := exec.Command(bin, append([]string{"-q", "stack"}, args...)...)
		cmd.Dir = stack
		return cmd
	}
	must := func(cmd *exec.Cmd) {
		t.Helper()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
	}
	must(exec.Command(bin, "stack", "init", "--stack", stack, "--tree", dir, "--commit", "v7.2"))
	for i := range 12 {
		must(lsmpatch("add", mbox, "-P", fmt.Sprintf("%d-%d", 10*i+1, 10*i+10), "--name", fmt.Sprintf("e%d", i)))
	}
	must(lsmpatch("apply"))
	keep := t.TempDir()
	must(exec.Command("cp", "-r", stack, keep))
	git := func(args ...string) func() *exec.Cmd {
		return func() *exec.Cmd {
			cmd := exec.Command("git", args...)
			cmd.Dir = was
			return cmd
		}
	}
	reset := func() {
		gitIn(t, was, "checkout", "-q", "--detach", "-f", "v7.2")
		gitIn(t, was, "clean", "-qfdx", ".pc")
		_, _ = tryGitIn(dir, "branch", "-q", "-D", "stack")
		must(exec.Command("rm", "-rf", stack))
		must(exec.Command("cp", "-r", filepath.Join(keep, filepath.Base(stack)), stack))
		dropOwnObjects(t, dir)
	}
	apply := func() *exec.Cmd { return lsmpatch("apply") }
	quiltDir := e2e.Package(t, "quilt")
	quilt := func() *exec.Cmd {
		cmd := exec.Command("env", "QUILT_DIR="+filepath.Join(quiltDir, "usr/share/quilt"), "QUILT_PATCHES="+patches,
			"bash", filepath.Join(quiltDir, "usr/bin/quilt"), "--quiltrc", "-", "push", "-q", "-a")
		cmd.Dir = was
		return cmd
	}
	for _, c := range []contest{
		{"a stack of 120: stack apply, and git am", apply, git("am", "-q", mbox), reset, 20},
		{"a stack of 120: stack apply, and quilt push -a", apply, quilt, reset, 20},
	} {
		c.hold(t, runs)
	}
	rebaseContest(t, dir, mbox, lsmpatch, reset, runs)
	reset()
	must(lsmpatch("apply"))
	once(t, "status of a stack of 120, after the first time", time.Second, runs, func() *exec.Cmd { return lsmpatch("status") })
	pending := pendingSeries(t, newer, 100)
	once(t, "conflicts of 100 series", 10*time.Second, runs, func() *exec.Cmd {
		return exec.Command(bin, "-q", "stack", "conflicts", "--tree", dir, "--base", "v7.3", pending)
	})
}

// rebaseContest takes the stack from 7.2 to 7.3 beside git rebase, which starts with 7.3 checked out.
func rebaseContest(t *testing.T, dir, mbox string, lsmpatch func(...string) *exec.Cmd, reset func(), runs int) {
	gitIn(t, dir, "checkout", "-q", "-b", "topic", "v7.2")
	gitIn(t, dir, "am", "-q", mbox)
	topic := gitIn(t, dir, "rev-parse", "HEAD")
	kept := filepath.Join(t.TempDir(), "topic.pack")
	gitIn(t, dir, "bundle", "create", "-q", kept, "v7.2..topic")
	(&contest{
		name: "a stack of 120 from 7.2 onto 7.3: stack rebase, and git rebase",
		ours: func() *exec.Cmd { return lsmpatch("rebase", "--onto", "v7.3") },
		peer: func() *exec.Cmd {
			cmd := exec.Command("git", "rebase", "-q", "--onto", "v7.3", "v7.2", "topic")
			cmd.Dir = dir
			return cmd
		},
		reset: func() {
			gitIn(t, dir, "checkout", "-q", "--detach", "-f", "v7.3")
			_, _ = tryGitIn(dir, "branch", "-q", "-D", "topic")
			reset()
			gitIn(t, dir, "bundle", "unbundle", kept)
			gitIn(t, dir, "branch", "-q", "topic", topic)
		},
		aim: 10,
	}).hold(t, runs)
}

// once prints what a command takes that has no peer.
func once(t *testing.T, name string, aim time.Duration, n int, cmd func() *exec.Cmd) {
	t.Helper()
	var m measure
	for range n {
		m.run(t, cmd())
	}
	m.weigh(t, cmd())
	slices.Sort(m.times)
	fmt.Printf("%s\n  lsmpatch  %s\n  aim: under %v\n", name, &m, aim)
}
