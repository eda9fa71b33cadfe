// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/git"
)

// jobPrefix begins the names of the folders of jobs, in that for temporary files.
const jobPrefix = "lsmpatch-job-"

// jobFolder makes the folder of a job, and returns what removes it. It is locked as long as this process lives: those that can
// be locked are of workers that were killed, and go first.
//
// The job does not hold the lock, as a program that it runs would get the folder in its hands.
func jobFolder() (dir string, remove func(), err error) {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), jobPrefix+"*"))
	if err != nil {
		return "", nil, err
	}
	for _, name := range left {
		// What cannot be locked or removed is somebody else's.
		if lock, err := lockJob(name); err == nil {
			_ = os.RemoveAll(name)
			lock.Close()
		}
	}
	for {
		dir, err := os.MkdirTemp("", jobPrefix)
		if err != nil {
			return "", nil, err
		}
		lock, err := lockJob(dir)
		switch {
		case err == nil:
			return dir, func() { os.RemoveAll(dir); lock.Close() }, nil
		case !errors.Is(err, errTaken) && !errors.Is(err, fs.ErrNotExist): // else somebody removed it meanwhile, for one of the dead
			return "", nil, errors.Join(err, os.Remove(dir))
		}
	}
}

// errTaken is the error for a folder that another worker has.
var errTaken = errors.New("another worker has it")

// lockJob locks the folder of a job. Others may put anything of that name where temporary files are: nothing that is no folder
// is opened.
func lockJob(dir string) (*os.File, error) {
	f, err := os.OpenFile(dir, unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	mine, err := git.Flock(f)
	if err == nil && !mine {
		err = errTaken
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
