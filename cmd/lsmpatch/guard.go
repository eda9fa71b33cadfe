// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/land"

	"github.com/spf13/cobra"
)

// watcher waits for the end of its standard input, and where no line came before it, ends what the process
// that held the other end has left. It is a shell, which is there in a tenth of the time that we take.
const watcher = `read -r done || exec "$0" recover --tree "$1"`

// guard starts a watcher in the background, which brings the tree at dir back to a whole state should this
// process be killed. It has a session of its own, so that what kills our process group leaves it alone.
// Started waits until it is there, and release ends it. Where it cannot be started, the next lsmpatch that
// opens the tree does its work.
func guard(dir string) (started, release func()) {
	start := sync.OnceValue(func() io.WriteCloser { return startWatcher(dir) })
	go start()
	started = func() { start() }
	release = func() {
		if input := start(); input != nil {
			// Where the watcher is gone already, there is nobody to tell.
			_, _ = io.WriteString(input, "done\n")
			_ = input.Close()
		}
	}
	return started, release
}

// startWatcher returns the standard input of a watcher, nil where it cannot be started.
func startWatcher(dir string) io.WriteCloser {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	cmd := exec.Command("/bin/sh", "-c", watcher, self, dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	input, err := cmd.StdinPipe()
	if err != nil || cmd.Start() != nil {
		return nil
	}
	go cmd.Wait()
	return input
}

// recoverCommand is what the watcher calls.
func (a *app) recoverCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:    "recover --tree DIR",
		Short:  "End what an lsmpatch that was killed has left in a tree",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
			defer cancel()
			return land.Recover(ctx, dir)
		},
	}
	cmd.Flags().StringVar(&dir, "tree", "", "Linux tree `DIR`, in git or not (required)")
	required(cmd, "tree")
	directories(cmd, "tree")
	return cmd
}
