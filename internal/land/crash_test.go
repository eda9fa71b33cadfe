// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// A crashJob is what a child process of the test is to do: land steps, and kill itself before the
// write with the number Kill.
type crashJob struct {
	Dir, Branch string
	Base        odb.Hash
	Steps       []Step
	Kill        int
}

// crashChild is the child: TestMain calls it where the environment names a job.
func crashChild(file string) int {
	data, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	var job crashJob
	if err := json.Unmarshal(data, &job); err != nil {
		panic(err)
	}
	t, err := Open(job.Dir)
	if err != nil {
		panic(err)
	}
	var count atomic.Int64
	t.Step = func(string) {
		if int(count.Add(1)) == job.Kill {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	if t.Repo != nil {
		t.Repo.Step = t.Step
	}
	_, err = land(t, job.Base, job.Steps, &Options{Branch: job.Branch})
	var locked *git.LockedError
	switch {
	case errors.As(err, &locked):
		return 3
	case err != nil:
		os.Stderr.WriteString(err.Error())
		return 1
	}
	return 0
}

// crash runs a child; it returns its exit code, -1 where it was killed.
func crash(t testing.TB, job crashJob) int {
	t.Helper()
	cmd := startCrash(t, job)
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if code := cmd.ProcessState.ExitCode(); code == 1 || code == 2 {
		t.Fatalf("child: %s", cmd.Stderr)
	}
	return cmd.ProcessState.ExitCode()
}

func startCrash(t testing.TB, job crashJob) *exec.Cmd {
	t.Helper()
	data, err := json.Marshal(job)
	gittest.Must(t, err)
	file := filepath.Join(t.TempDir(), "job")
	gittest.Must(t, os.WriteFile(file, data, 0o666))
	self, err := os.Executable()
	gittest.Must(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "LSMPATCH_CRASH="+file)
	cmd.Stderr = &bytes.Buffer{}
	gittest.Must(t, cmd.Start())
	return cmd
}

// TestCrashRepo kills a landing before every third of its writes, under -short every seventh, and TestE2ECrash before each of them. The next Open must
// leave the old state or the new one, with local changes in place and no lock left.
func TestCrashRepo(t *testing.T) {
	t.Parallel()
	crashRepo(t, runtest.Short(31, 3))
}

func crashRepo(t *testing.T, step int) {
	source := gittest.SeriesRepo(t)
	base, want := odb.Hash(gittest.Git(t, source, "rev-parse", "base")), ""
	for _, test := range []struct{ name, to, branch string }{
		{"native", "series~1", ""},
		{"by git", "series", ""},
		{"branch", "series~1", "topic"},
	} {
		want = gittest.Git(t, source, "rev-parse", test.to)
		job := crashJob{Base: base, Steps: stepsOf(t, source, "base", test.to), Branch: test.branch}
		olds, news := 0, 0
		for job.Kill = 1; ; job.Kill += step {
			job.Dir = filepath.Join(t.TempDir(), "repo")
			gittest.Must(t, exec.Command("cp", "-a", gittest.TemplateBase(t), job.Dir).Run())
			gittest.Write(t, filepath.Join(job.Dir, "kernel/sched/core.c"), "a local change\n")
			code := crash(t, job)
			tr, err := Open(job.Dir)
			if err != nil {
				t.Fatalf("%s, kill %d: %v", test.name, job.Kill, err)
			}
			gittest.Must(t, tr.Close())
			ref := "HEAD"
			if test.branch != "" {
				ref = "refs/heads/" + test.branch
			}
			switch head, _ := gittest.TryGit(job.Dir, "rev-parse", "-q", "--verify", ref); {
			case head == want:
				news++
			case head == string(base) && test.branch == "", head == "" && test.branch != "":
				olds++
			default:
				t.Errorf("%s, kill %d: %s is %q", test.name, job.Kill, ref, head)
			}
			if status := gittest.Git(t, job.Dir, "status", "--porcelain"); status != " M kernel/sched/core.c" {
				t.Errorf("%s, kill %d: status:\n%s", test.name, job.Kill, status)
			}
			checkNothingLeft(t, tr.Repo)
			if code == 0 {
				gittest.CheckSound(t, job.Dir)
				break
			}
			if job.Kill > 200 || t.Failed() {
				t.FailNow()
			}
		}
		t.Logf("%s: %d times the old state, %d times the new one", test.name, olds, news)
		if olds*step < 2 || news*step < 2 {
			t.Errorf("%s: %d times the old state, %d times the new one", test.name, olds, news)
		}
	}
}

// TestCrashPlain does the same to a plain directory.
func TestCrashPlain(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	crashPlain(t, 3)
}

func crashPlain(t *testing.T, step int) {
	source := gittest.SeriesRepo(t)
	steps := stepsOf(t, source, "base", "series~1")
	gittest.Git(t, source, "checkout", "-q", "series~1")
	after := gittest.Listing(t, source)
	olds, news := 0, 0
	for kill := 1; ; kill += step {
		dir := filepath.Join(t.TempDir(), "plain")
		gittest.Must(t, exec.Command("cp", "-a", gittest.TemplateBase(t), dir).Run())
		gittest.Must(t, os.RemoveAll(filepath.Join(dir, ".git")))
		before := gittest.Listing(t, dir)
		code := crash(t, crashJob{Dir: dir, Steps: steps, Kill: kill})
		_, err := Open(dir)
		gittest.Must(t, err)
		switch now := gittest.Listing(t, dir); now {
		case before:
			olds++
		case after:
			news++
		default:
			t.Fatalf("kill %d: neither the old state nor the new one:\n%s", kill, now)
		}
		if _, err := os.Lstat(filepath.Join(dir, tree.SideFolder)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("kill %d: left behind: %s", kill, tree.SideFolder)
		}
		if code == 0 {
			break
		}
		if kill > 200 {
			t.FailNow()
		}
	}
	t.Logf("%d times the old state, %d times the new one", olds, news)
	if olds*step < 5 || news < 1 {
		t.Errorf("%d times the old state, %d times the new one", olds, news)
	}
}

// TestTwoWriters lets two landings and a commit by git run at once, many times over: one wins, the
// others say why not.
func TestTwoWriters(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	source := gittest.SeriesRepo(t)
	base := gittest.Git(t, source, "rev-parse", "base")
	steps := stepsOf(t, source, "base", "series~1")
	won := 0
	for range 8 {
		dir := filepath.Join(t.TempDir(), "repo")
		gittest.Must(t, exec.Command("cp", "-a", gittest.TemplateBase(t), dir).Run())
		gittest.Git(t, dir, "update-index", "-q", "--refresh")
		first := startCrash(t, crashJob{Dir: dir, Base: odb.Hash(base), Steps: steps})
		second := startCrash(t, crashJob{Dir: dir, Base: odb.Hash(base), Steps: steps})
		_, gitErr := gittest.TryGit(dir, "commit", "-q", "--allow-empty", "-m", "by git")
		first.Wait()
		second.Wait()
		ours := 0
		for _, cmd := range []*exec.Cmd{first, second} {
			switch code := cmd.ProcessState.ExitCode(); code {
			case 0:
				ours++
			case 1:
				if out := cmd.Stderr.(*bytes.Buffer).String(); !strings.Contains(out, " is at ") {
					t.Errorf("the loser says %q", out)
				}
			case 3:
			default:
				t.Errorf("exit code %d: %s", code, cmd.Stderr)
			}
		}
		commits := gittest.Git(t, dir, "rev-list", "--count", base+"..HEAD")
		want := ours*len(steps) + map[bool]int{true: 1}[gitErr == nil]
		if commits != strconv.Itoa(want) || ours > 1 {
			t.Errorf("%d of ours won, git: %v, and there are %s commits", ours, gitErr, commits)
		}
		won += ours
		gittest.CheckClean(t, dir)
		checkNothingLeft(t, open(t, dir).Repo)
	}
	t.Logf("ours won %d times of 8", won)
}
