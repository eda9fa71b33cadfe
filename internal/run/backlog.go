// SPDX-License-Identifier: GPL-2.0-only

package run

import (
	"io"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

// drainTime is how long what a program left in its pipe is read after its end, where somebody else holds the other side.
const drainTime = 5 * time.Second

// Start starts cmd, of whose standard output up to backlog bytes may wait to be read, as far as the system allows that. A
// program that does not wait for its reader loses what it writes beyond, as the console of a User Mode Linux does: of a pipe
// as [exec.Cmd] makes it that is 64 KiB. The returned function is to be called in the place of cmd.Wait.
func Start(cmd *exec.Cmd, backlog int) (wait func() error, err error) {
	if backlog == 0 || cmd.Stdout == nil {
		return cmd.Wait, cmd.Start()
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	_, _ = unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, backlog) // a system may allow less
	out := cmd.Stdout
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		r.Close()
		return nil, err
	}
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(out, r)
		done <- err
	}()
	return func() error {
		defer r.Close()
		err := cmd.Wait()
		_ = r.SetReadDeadline(time.Now().Add(drainTime))
		if copied := <-done; err == nil && copied != nil && !os.IsTimeout(copied) {
			err = copied
		}
		return err
	}, nil
}
