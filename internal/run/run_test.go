// SPDX-License-Identifier: GPL-2.0-only

package run

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

func TestOutputSeparatesStreams(t *testing.T) {
	var tee bytes.Buffer
	out, err := Output(t.Context(), Cmd{Args: []string{"sh", "-c", "echo out; echo err >&2"}, Tee: &tee})
	if err != nil || string(out) != "out\n" {
		t.Fatalf("%q, %v", out, err)
	}
	if got := tee.String(); !strings.Contains(got, "out\n") || !strings.Contains(got, "err\n") {
		t.Errorf("tee got %q", got)
	}
}

func TestErrorTellsHowTheProgramEnded(t *testing.T) {
	out, err := Output(t.Context(), Cmd{Args: []string{"sh", "-c", "echo kept; echo why >&2; exit 3"}})
	var e *Error
	if !errors.As(err, &e) || e.ExitCode != 3 || string(out) != "kept\n" {
		t.Fatalf("%q, %#v", out, err)
	}
	if !strings.HasSuffix(e.Error(), ": why") || !strings.Contains(string(e.Output), "kept") {
		t.Errorf("error %q, output %q", e, e.Output)
	}
	_, err = Output(t.Context(), Cmd{Args: []string{"no-such-program-anywhere"}})
	if !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("%v is no exec.ErrNotFound", err)
	}
}

// A child that outlives its parent would hold the pipes, and the build's lock files.
func TestCancelEndsTheWholeGroup(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	pid := make(chan string, 1)
	tee := writerFunc(func(p []byte) (int, error) {
		pid <- strings.TrimSpace(string(p))
		cancel()
		return len(p), nil
	})
	start := time.Now()
	_, err := Output(ctx, Cmd{Args: []string{"sh", "-c", "sleep 60 & echo $!; wait"}, Tee: tee})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if time.Since(start) > 4*time.Second {
		t.Error("waited for the child to let go of the pipes")
	}
	child := <-pid
	for range 100 {
		// Nobody may reap it here, so a zombie counts as ended.
		stat, err := os.ReadFile("/proc/" + child + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("child %s still runs", child)
}

func TestGitEnvIgnoresTheUser(t *testing.T) {
	t.Setenv("GIT_DIR", "/elsewhere")
	t.Setenv("GIT_INDEX_FILE", "/elsewhere/index")
	for _, kv := range GitEnv("GIT_COMMITTER_NAME=x") {
		if strings.HasPrefix(kv, "GIT_DIR=") || strings.HasPrefix(kv, "GIT_INDEX_FILE=") {
			t.Errorf("%s leaks", kv)
		}
	}
	out, err := Output(t.Context(), Cmd{Args: []string{"git", "config", "core.hooksPath"}, Env: GitEnv(), Dir: t.TempDir()})
	if err != nil || string(out) != "/dev/null\n" {
		t.Errorf("core.hooksPath is %q (%v)", out, err)
	}
}

func TestHintSurvivesWrapping(t *testing.T) {
	inner := hint.Wrap(errors.New("no tree"), "give --tree")
	if got := hint.Of(errors.Join(errors.New("x"), inner)); got != "give --tree" {
		t.Errorf("hint %q", got)
	}
	if got := hint.Of(errors.New("plain")); got != "" {
		t.Errorf("hint %q of an error without one", got)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// mmdebstrap that was ended left /proc mounted below its folder, which could not be removed then.
func TestOwnMounts(t *testing.T) {
	if !mayMount() {
		t.Skip("this process may not mount, nor can what it starts")
	}
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	seen := &waitWriter{c: make(chan struct{})}
	go func() {
		<-seen.c
		cancel()
	}()
	_, err := Output(ctx, Cmd{Args: []string{"sh", "-c", `mount -t tmpfs none "$0" && : >"$0/file" && echo mounted && exec sleep 100`, dir}, OwnMounts: true, Tee: seen})
	if err == nil || ctx.Err() == nil {
		t.Fatalf("it ended by itself: %v", err)
	}
	if err := os.Remove(dir); err != nil {
		t.Errorf("the mount is left: %v", err)
	}
}

// waitWriter closes c at the first write.
type waitWriter struct {
	c    chan struct{}
	done bool
}

func (w *waitWriter) Write(text []byte) (int, error) {
	if !w.done {
		w.done = true
		close(w.c)
	}
	return len(text), nil
}

// TestQuoted: a shell makes the same words of the line.
func TestQuoted(t *testing.T) {
	words := []string{"", "plain", "a b", "it's", "$HOME", "`id`", "*", "--flag=a,b", "~", "a\nb", "\\", "-n", "--x=~", "#", "{a,b}"}
	out, err := exec.Command("sh", "-c", "printf '%s\\0' "+Quoted(words...)).Output()
	if got := strings.Split(string(out), "\x00"); err != nil || !slices.Equal(got[:len(got)-1], words) {
		t.Errorf("%q, %v", got, err)
	}
	if line := Quoted("A=b", "--flag=a,b", "./c"); line != "'A=b' --flag=a,b ./c" {
		t.Error(line)
	}
}

// TestErrorNamesTheReason: of a fetch that git refused only the end of its advice was told, "and the repository exists."
func TestErrorNamesTheReason(t *testing.T) {
	for stderr, want := range map[string]string{
		"fatal: 'x' does not appear to be a git repository\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n": "git fetch: exit status 128: fatal: 'x' does not appear to be a git repository",
		"warning: a\nmake: *** [b] Error 1\n": "git fetch: exit status 128: make: *** [b] Error 1",
		"":                                    "git fetch: exit status 128",
	} {
		e := &Error{Args: []string{"git", "fetch"}, Stderr: []byte(stderr), Err: errors.New("exit status 128")}
		if e.Error() != want {
			t.Errorf("%q, not %q", e.Error(), want)
		}
	}
}
