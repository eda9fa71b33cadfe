// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrSpecial is matched by errors about what waits for ever, or never ends, where a repository has a file.
var ErrSpecial = errors.New("a FIFO or device, where git has a file")

// CheckPlain returns an error that matches [ErrSpecial] where a folder holds, itself or by a link, a FIFO or a device, which git
// would wait for. With deep, the folders below it are looked at as well. What is not there or cannot be looked at is plain.
func CheckPlain(dir string, deep bool) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.Type().IsRegular():
			return nil
		case d.IsDir() && name != dir && !deep:
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		return CheckPlainFile(name)
	})
}

// CheckPlainFile is [CheckPlain] for one file.
func CheckPlainFile(name string) error {
	if info, err := os.Stat(name); err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeDevice) != 0 {
		return fmt.Errorf("%s is %w", name, ErrSpecial)
	}
	return nil
}
