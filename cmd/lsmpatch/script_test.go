// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lsmpatch/lsmpatch/internal/rights"
	subprocess "github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lsmpatch": main, scriptName: main})
}

// TestScript runs the scripts of testdata/script. Besides testscript's own commands they have
//
//	minilinux DIR   copies the small tree of testdata to DIR
//	minigit DIR     the same, as a git repository with one commit
//	mails DIR       writes the mails of the carried series to DIR, as git format-patch names them
//	cut FILE PATH   removes the diff of PATH from the mail FILE
//	sub FILE OLD NEW  replaces OLD, which must be there, by NEW in FILE
//	exits N COMMAND   runs a command that must exit with N
//
// and the conditions [root], [landlock] and [sendemail].
func TestScript(t *testing.T) {
	minilinux, err := filepath.Abs("../../testdata/minilinux")
	if err != nil {
		t.Fatal(err)
	}
	vimfiles, err := filepath.Abs("../../docs/vim")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("VIMFILES", vimfiles)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache"))
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			env.Setenv("GIT_AUTHOR_NAME", "A U Thor")
			env.Setenv("GIT_AUTHOR_EMAIL", "author@example.org")
			env.Setenv("GIT_COMMITTER_NAME", "C O Mitter")
			env.Setenv("GIT_COMMITTER_EMAIL", "committer@example.org")
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Getuid() == 0, nil
			}
			if cond == "sendemail" {
				path, err := exec.Command("git", "--exec-path").Output()
				if err != nil {
					return false, err
				}
				_, err = os.Stat(filepath.Join(strings.TrimSpace(string(path)), "git-send-email"))
				return err == nil && exec.Command("perl", "-MMail::Address", "-e", "1").Run() == nil, nil
			}
			if cond == "landlock" {
				_, ok := rights.Available()
				return ok, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"minilinux": func(ts *testscript.TestScript, neg bool, args []string) {
				ts.Check(os.CopyFS(ts.MkAbs(args[0]), os.DirFS(minilinux)))
			},
			"minigit": func(ts *testscript.TestScript, neg bool, args []string) {
				dir := ts.MkAbs(args[0])
				ts.Check(os.CopyFS(dir, os.DirFS(minilinux)))
				runGit(ts, dir, "init", "-q", "-b", "master")
				runGit(ts, dir, "add", "-A", "-f")
				runGit(ts, dir, "commit", "-q", "-m", "minilinux")
			},
			"mails": func(ts *testscript.TestScript, neg bool, args []string) {
				name := "rust-lsm"
				if len(args) > 1 {
					name = args[1]
				}
				set, ok := patchset.Builtin(name)
				if !ok {
					ts.Fatalf("no %s", name)
				}
				dir := ts.MkAbs(args[0])
				ts.Check(os.MkdirAll(dir, 0o755))
				for _, m := range set.Mails {
					ts.Check(os.WriteFile(filepath.Join(dir, m.File), m.Raw, 0o644))
				}
			},
			"cut":   cutDiff,
			"sub":   substitute,
			"exits": exits,
		},
	})
}

// git runs git with the identity of the script's environment, at a fixed time.
func runGit(ts *testscript.TestScript, dir string, args ...string) {
	date := "2026-01-01T00:00:00Z"
	_, err := subprocess.Output(context.Background(), subprocess.Cmd{
		Args: append([]string{"git"}, args...), Dir: dir,
		Env: subprocess.GitEnv("GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.org", "GIT_COMMITTER_NAME=C O Mitter",
			"GIT_COMMITTER_EMAIL=committer@example.org", "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date),
	})
	ts.Check(err)
}

// exits is the command "exits N COMMAND [ARG...]".
func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s exited with %d, not %d", args[1], got, want)
	}
}
