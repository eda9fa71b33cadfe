// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"errors"
	"io/fs"
	"os"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"golang.org/x/sys/unix"
)

// writeEntry makes a file or symlink, in place of one that may be there, and returns its stat data.
func writeEntry(name string, mode filemode.FileMode, data []byte) (indexStat, error) {
	stat, err := createEntry(name, mode, data)
	if !errors.Is(err, fs.ErrExist) {
		return stat, err
	}
	if err := os.Remove(name); err != nil {
		return stat, err
	}
	return createEntry(name, mode, data)
}

// createEntry makes a file or symlink where nothing is. It makes the system calls itself: package os
// makes three more for each file, which tells with 96,000 of them.
func createEntry(name string, mode filemode.FileMode, data []byte) (indexStat, error) {
	var st unix.Stat_t
	if mode == filemode.Symlink {
		if err := os.Symlink(string(data), name); err != nil {
			return indexStat{}, err
		}
		if err := unix.Lstat(name, &st); err != nil {
			return indexStat{}, &os.PathError{Op: "lstat", Path: name, Err: err}
		}
		return statOfUnix(&st), nil
	}
	perm := uint32(0o666)
	if mode == filemode.Executable {
		perm = 0o777
	}
	var fd int
	err := retry(func() (err error) {
		fd, err = unix.Open(name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC|unix.O_NOFOLLOW, perm)
		return err
	})
	if err != nil {
		return indexStat{}, &os.PathError{Op: "open", Path: name, Err: err}
	}
	for len(data) > 0 && err == nil {
		err = retry(func() error {
			n, err := unix.Write(fd, data)
			data = data[max(n, 0):]
			return err
		})
	}
	if err == nil {
		err = unix.Fstat(fd, &st)
	}
	if err := errors.Join(err, unix.Close(fd)); err != nil {
		return indexStat{}, &os.PathError{Op: "write", Path: name, Err: err}
	}
	return statOfUnix(&st), nil
}

// retry calls again what a signal interrupted.
func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
