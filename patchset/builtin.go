// SPDX-License-Identifier: GPL-2.0-only

package patchset

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed rustlsm/*.patch rustlsm/v1/*.patch rustlsm/next/*.patch
var carried embed.FS

// A Carried is a series that the binary carries, as the mails it was sent in.
type Carried struct {
	// Name is what follows "builtin:" in a SERIES argument: "rust-lsm".
	Name string
	// Description is one line, without a full stop.
	Description string
	// Mails are the cover letter and the patches, in order.
	Mails []CarriedMail
}

// A CarriedMail is one mail of a [Carried].
type CarriedMail struct {
	// File is the name that git format-patch gave to the mail: "0000-cover-letter.patch".
	File string
	// Raw is the whole mail, and begins with the mbox line "From …".
	Raw []byte
}

// Builtins returns the series that the binary carries, sorted by name. The caller may keep and
// change them.
func Builtins() []Carried {
	return []Carried{{
		Name:        "rust-lsm",
		Description: "Linux Security Modules in Rust: abstraction, sample and guide, for Linux 7.3",
		Mails:       carriedMails("rustlsm"),
	}, {
		Name:        "rust-lsm-next",
		Description: "on top of rust-lsm: blobs, more hooks, and Renounce, an LSM in Rust that denies",
		Mails:       carriedMails("rustlsm/next"),
	}, {
		Name:        "rust-lsm-v1",
		Description: "the first version of rust-lsm, to compare with; its file_open is unsound",
		Mails:       carriedMails("rustlsm/v1"),
	}}
}

// Builtin returns the series with that name, and whether there is one.
func Builtin(name string) (Carried, bool) {
	for _, c := range Builtins() {
		if c.Name == name {
			return c, true
		}
	}
	return Carried{}, false
}

// carriedMails reads the mails of an embedded folder; fs.ReadDir sorts them.
func carriedMails(dir string) []CarriedMail {
	entries, err := fs.ReadDir(carried, dir)
	if err != nil {
		panic(err) // the folder is part of the program
	}
	var mails []CarriedMail
	for _, e := range entries {
		if e.IsDir() {
			continue // of another series or version
		}
		raw, err := carried.ReadFile(dir + "/" + e.Name())
		if err != nil {
			panic(err)
		}
		mails = append(mails, CarriedMail{File: e.Name(), Raw: raw})
	}
	return mails
}

// IsCover reports whether m is the cover letter, which has no patch.
func (m CarriedMail) IsCover() bool { return strings.HasPrefix(m.File, "0000-") }

// Mbox returns all mails of c in one mailbox, the cover letter first.
func (c Carried) Mbox() []byte {
	var mbox bytes.Buffer
	for _, m := range c.Mails {
		mbox.Write(m.Raw)
	}
	return mbox.Bytes()
}

// Export writes the mails of c into dir, which is made if need be, and returns the paths in order.
//
// "git am dir/*.patch" takes the patches. As git am refuses a mail without a patch, the cover
// letter's name ends in ".eml" instead. Files of the same names must not be there: an error that
// wraps [fs.ErrExist] says which one is, and then nothing was left behind.
func (c Carried) Export(dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	var paths []string
	for _, m := range c.Mails {
		name := m.File
		if m.IsCover() {
			name = strings.TrimSuffix(name, ".patch") + ".eml"
		}
		path := filepath.Join(dir, name)
		if err := writeNew(path, m.Raw); err != nil {
			return nil, errors.Join(fmt.Errorf("exporting %s: %w", c.Name, err), removeAll(paths))
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// writeNew writes a file that must not exist. On error there is none, unless there was one before.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func removeAll(paths []string) error {
	var errs []error
	for _, p := range paths {
		errs = append(errs, os.Remove(p))
	}
	return errors.Join(errs...)
}
