// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/strict"
)

// lockFormat is the version of the lock's format.
const lockFormat = 1

// A Lock is what a manifest came to. Its names are a contract.
type Lock struct {
	Format int `toml:"format" json:"format"`
	// Rev is the base as the manifest names it, and Base the commit that it was.
	Rev  string `toml:"rev" json:"rev"`
	Base string `toml:"base" json:"base"`
	// Committer is who commits, as "Name <address>".
	Committer string `toml:"committer" json:"committer"`
	// Head is the commit of the last patch, "" where the stack was not applied yet.
	Head string `toml:"head,omitempty" json:"head,omitempty"`
	// Landed is where the branch was put the last time.
	Landed  string    `toml:"landed,omitempty" json:"landed,omitempty"`
	Entries []*Locked `toml:"entry" json:"entries"`
}

// A Locked is an entry at one version.
type Locked struct {
	Name string `toml:"name" json:"name"`
	// Series is the manifest's, and Key a hash of all of the entry that shapes the mails.
	Series  []string `toml:"series" json:"series"`
	Key     string   `toml:"key" json:"-"`
	Version int      `toml:"version" json:"version"`
	Title   string   `toml:"title" json:"title"`
	// MessageID is that of the cover letter, or of the first patch.
	MessageID string `toml:"message_id,omitempty" json:"message_id,omitempty"`
	// Mails is the file below mails/, which is named by the first 16 digits of its SHA-256.
	Mails   string         `toml:"mails" json:"mails"`
	Patches []*LockedPatch `toml:"patch" json:"patches"`
	// Dated is the date of patches that carry none: when they were locked.
	Dated time.Time `toml:"dated,omitempty" json:"-"`
}

// A LockedPatch is one patch of a [Locked].
type LockedPatch struct {
	Title     string `toml:"title" json:"subject"`
	MessageID string `toml:"message_id,omitempty" json:"message_id,omitempty"`
	// PatchID is the stable ID of git-patch-id(1) of the patch as it was sent, and Mail the SHA-256 of the mail.
	PatchID string `toml:"patch_id" json:"patch_id"`
	Mail    string `toml:"mail" json:"mail"`
	// Resolved is the file below resolved/ that is applied in its place, "" for none.
	Resolved string `toml:"resolved,omitempty" json:"resolved,omitempty"`
	// Upstream is the commit that has the patch already, so that it is left out; How says by what it was known: one of the
	// How constants. Of one that is left out by hand it is the base at which that was so.
	Upstream string `toml:"upstream,omitempty" json:"upstream,omitempty"`
	How      string `toml:"how,omitempty" json:"how,omitempty"`
	Commit   string `toml:"commit,omitempty" json:"commit,omitempty"`
	// History has what became of it at each base, the oldest first.
	History []Past `toml:"history,omitempty" json:"history,omitempty"`
}

// A Past is what became of a patch on one base.
type Past struct {
	Rev    string `toml:"rev" json:"rev"`
	Base   string `toml:"base" json:"base"`
	Became string `toml:"became" json:"became"`
	Commit string `toml:"commit,omitempty" json:"commit,omitempty"`
}

// patchIDForm is that of git-patch-id(1): files below resolved/ are named by its digits.
var patchIDForm = lazyregexp.New(`^[0-9a-f]{40}$`)

// readLock reads the lock of the stack in dir, nil where there is none.
func readLock(dir string) (*Lock, error) {
	file := filepath.Join(dir, LockName)
	text, err := below.ReadNamed(file, maxManifest)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading the lock: %w", err)
	}
	l, err := parseLock(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	return l, nil
}

func parseLock(text string) (*Lock, error) {
	advice := "take the file as one side of the merge has it, then `lsmpatch stack update`; or remove it to lock all entries anew"
	if err := conflictMarkers(text); err != nil {
		return nil, hint.Wrap(err, advice)
	}
	l := &Lock{}
	var unknown *strict.UnknownError // of a version to come
	if err := decode(text, l); err != nil && !errors.As(err, &unknown) {
		return nil, hint.Wrap(err, advice)
	}
	if l.Format != lockFormat {
		return nil, hint.Wrap(fmt.Errorf("1: a lock of format %d, where this lsmpatch knows %d", l.Format, lockFormat), "a newer lsmpatch wrote it")
	}
	for _, e := range l.Entries {
		if !entryName.MatchString(e.Name) || !fs.ValidPath(e.Mails) {
			return nil, hint.Wrap(fmt.Errorf("1: entry %q with the mails %q", e.Name, e.Mails), advice)
		}
		for _, p := range e.Patches {
			if p.PatchID != "" && !patchIDForm.MatchString(p.PatchID) {
				return nil, hint.Wrap(fmt.Errorf("1: %q of entry %q is no patch ID", p.PatchID, e.Name), advice)
			}
			if p.Resolved != "" && !fs.ValidPath(p.Resolved) {
				return nil, hint.Wrap(fmt.Errorf("1: %q is no file of the stack", p.Resolved), advice)
			}
		}
	}
	return l, nil
}

// entry returns the locked entry with that name, or nil.
func (l *Lock) entry(name string) *Locked {
	if l == nil {
		return nil
	}
	if i := slices.IndexFunc(l.Entries, func(e *Locked) bool { return e.Name == name }); i >= 0 {
		return l.Entries[i]
	}
	return nil
}

// clone returns a copy that may be changed down to its patches.
func (l *Lock) clone() *Lock {
	c := *l
	c.Entries = nil
	for _, e := range l.Entries {
		entry := *e
		entry.Patches = nil
		for _, p := range e.Patches {
			patch := *p
			patch.History = slices.Clone(p.History)
			entry.Patches = append(entry.Patches, &patch)
		}
		c.Entries = append(c.Entries, &entry)
	}
	return &c
}

func (l *Lock) text() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Written by lsmpatch stack; people edit " + ManifestName + ".\n")
	enc := toml.NewEncoder(&b)
	enc.Indent = ""
	err := enc.Encode(l)
	return b.Bytes(), err
}

// key returns a hash of what in an entry shapes its mails.
func (e *Entry) key() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %v %v %q", []string(e.Series), e.Pick, e.Exclude, e.Trailers, e.Replies, e.Link, e.Author)
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// writeFile writes a file whole or not at all, and makes its folder.
func writeFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".lsmpatch-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
