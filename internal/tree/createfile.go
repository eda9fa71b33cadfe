// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"errors"
	"io/fs"
	"os"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/git/index"
)

// WriteEntry makes a file or symlink, in place of one that may be there, and returns its stat data.
func WriteEntry(name string, mode filemode.FileMode, data []byte) (index.Stat, error) {
	stat, err := CreateEntry(name, mode, data)
	if !errors.Is(err, fs.ErrExist) {
		return stat, err
	}
	if err := os.Remove(name); err != nil {
		return stat, err
	}
	return CreateEntry(name, mode, data)
}

// CreateEntry makes a file or symlink where nothing is. It makes the system calls itself: package os
// makes three more for each file, which tells with 96,000 of them.
func CreateEntry(name string, mode filemode.FileMode, data []byte) (index.Stat, error) {
	var st unix.Stat_t
	if mode == filemode.Symlink {
		if err := os.Symlink(string(data), name); err != nil {
			return index.Stat{}, err
		}
		if err := unix.Lstat(name, &st); err != nil {
			return index.Stat{}, &os.PathError{Op: "lstat", Path: name, Err: err}
		}
		return index.StatOfUnix(&st), nil
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
		return index.Stat{}, &os.PathError{Op: "open", Path: name, Err: err}
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
		return index.Stat{}, &os.PathError{Op: "write", Path: name, Err: err}
	}
	return index.StatOfUnix(&st), nil
}

// retry calls again what a signal interrupted.
func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
