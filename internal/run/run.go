// SPDX-License-Identifier: GPL-2.0-only

// Package run starts other programs, ends them whole when a context does, and describes the
// failed ones.
//
// For most uses, call [Output]. For git, put [GitEnv] into the command's environment.
package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Cmd is a program to run.
type Cmd struct {
	Args  []string
	Dir   string
	Env   []string // nil: this process's own
	Stdin io.Reader
	// Tee, where it is not nil, gets standard output and standard error as they come.
	Tee io.Writer
	// Said, where it is not nil, gets standard error alone, whose lines standard output may tear apart in Tee.
	Said io.Writer
	// Inherit are files that the program holds open as well, and with them the locks on them.
	Inherit []*os.File
	// OwnMounts is for a program that mounts: where this process may mount as well, what it mounts is seen by it alone, and
	// goes with it however it ends.
	OwnMounts bool
}

// An Error is a program that could not be started, was ended, or exited with another code than 0.
type Error struct {
	Args []string
	// Output is what it wrote on standard output and standard error, as it came.
	Output []byte
	// Stderr is what it wrote on standard error alone.
	Stderr []byte
	// ExitCode is -1 where the program did not exit by itself.
	ExitCode int
	Err      error
}

// Error names the program and how it ended, with the line it wrote on standard error that says why: git's first "fatal:", behind which what
// follows from it and advice may stand, or else the last.
func (e *Error) Error() string {
	msg := fmt.Sprintf("%s: %v", strings.Join(e.Args[:min(len(e.Args), 3)], " "), e.Err)
	lines := strings.Split(strings.TrimSpace(string(e.Stderr)), "\n")
	why := lines[len(lines)-1]
	if i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "fatal: ") }); i >= 0 {
		why = lines[i]
	}
	if why = strings.TrimSpace(why); why != "" {
		msg += ": " + why
	}
	return msg
}

// Unwrap returns the error of os/exec, or the context's where that ended the program.
func (e *Error) Unwrap() error { return e.Err }

// Output runs c and returns its standard output. Where c fails the error is an [*Error], and
// what was written before is returned all the same.
func Output(ctx context.Context, c Cmd) ([]byte, error) {
	var stdout, stderr, both bytes.Buffer
	cmd := Command(ctx, c)
	all := io.Writer(&both)
	if c.Tee != nil {
		all = io.MultiWriter(&both, c.Tee)
	}
	out := &lockedWriter{w: all}
	cmd.Stdout = io.MultiWriter(&stdout, out)
	cmd.Stderr = io.MultiWriter(&stderr, out)
	if c.Said != nil {
		cmd.Stderr = io.MultiWriter(&stderr, out, c.Said)
	}
	err := cmd.Run()
	if err == nil {
		return stdout.Bytes(), nil
	}
	e := NewError(ctx, cmd, both.Bytes(), err)
	e.Stderr = stderr.Bytes()
	return stdout.Bytes(), e
}

// Command returns c as an exec.Cmd that runs in a process group of its own, which is killed
// whole when ctx ends.
func Command(ctx context.Context, c Cmd) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin = c.Dir, c.Env, c.Stdin
	cmd.ExtraFiles = c.Inherit
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.OwnMounts && mayMount() {
		cmd.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
	}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// mayMount reports whether this process has CAP_SYS_ADMIN.
func mayMount() bool {
	var data [2]unix.CapUserData
	err := unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &data[0])
	return err == nil && data[0].Effective&(1<<unix.CAP_SYS_ADMIN) != 0
}

// NewError describes the failure err of cmd, which wrote output, on whichever stream.
func NewError(ctx context.Context, cmd *exec.Cmd, output []byte, err error) *Error {
	e := &Error{Args: cmd.Args, Output: output, Stderr: output, ExitCode: -1, Err: err}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		e.ExitCode = exit.ExitCode()
	}
	if ctx.Err() != nil {
		e.Err = context.Cause(ctx)
	}
	return e
}

// GitEnv returns this process's environment without what would change how git behaves: no
// repository from outside, no user configuration, no hooks, no prompt, no pager, no translation.
func GitEnv(extra ...string) []string {
	var env []string
	for _, kv := range os.Environ() {
		key, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(key, "GIT_") && key != "LC_ALL" && key != "LANGUAGE" {
			env = append(env, kv)
		}
	}
	env = append(env,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_PAGER=cat", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.hooksPath", "GIT_CONFIG_VALUE_0=/dev/null")
	return append(env, extra...)
}
