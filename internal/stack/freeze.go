// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// maxMails bounds the mailbox of one entry.
const maxMails = 1 << 30

// read reads an entry from its source, at the newest version.
func (s *Stack) read(ctx context.Context, e *Entry) (*patchset.Set, error) {
	s.say("reading %s", e.Name)
	sets, err := s.Read(ctx, s.Sources(e))
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("entry %s: %w", e.Name, err), cmp.Or(hint.Of(err), "mend series in "+ManifestName+", or `lsmpatch stack remove "+e.Name+"`"))
	}
	return chosen(sets), nil
}

// chosen returns the version that was named, or else the newest.
func chosen(sets []*patchset.Set) *patchset.Set {
	for _, set := range sets {
		if set.Named {
			return set
		}
	}
	return sets[0]
}

// freeze makes the mails of an entry, writes them, and returns what the lock says of them. Now dates patches that carry no
// date.
func (s *Stack) freeze(e *Entry, set *patchset.Set, now time.Time) (*Locked, error) {
	made, err := e.mailsOf(set, now)
	if err != nil {
		return nil, err
	}
	return made.locked, writeFile(filepath.Join(s.Dir, mailsDir, made.locked.Mails), made.mbox)
}

// A frozen is an entry as it is to be locked, with its mails.
type frozen struct {
	locked *Locked
	mbox   []byte
}

// mailsOf makes the mails of an entry.
func (e *Entry) mailsOf(set *patchset.Set, now time.Time) (*frozen, error) {
	if e.Pick != "" {
		picked, err := series.Pick(set, e.Pick)
		if err != nil {
			return nil, hint.Wrap(fmt.Errorf("entry %s: %w", e.Name, err), "look at pick in "+ManifestName)
		}
		set = picked
	}
	left, err := without(set, e.Exclude)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("entry %s: %w", e.Name, err), "look at exclude in "+ManifestName)
	}
	own, locked, err := e.shape(left, now.UTC().Truncate(time.Second))
	if err != nil {
		return nil, err
	}
	var mbox bytes.Buffer
	if _, err := series.Am(&mbox, own, &series.AmOptions{NoTrailers: !e.Replies, Link: e.Link, Trailers: e.trailers()}); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(mbox.Bytes())
	locked.Mails = fmt.Sprintf("%s-%s.mbox", e.Name, hex.EncodeToString(sum[:8]))
	for i, p := range own.Patches {
		locked.Patches[i].PatchID = patchID(p)
	}
	return &frozen{locked, mbox.Bytes()}, nil
}

// without returns set without the patches that spec names.
func without(set *patchset.Set, spec string) (*patchset.Set, error) {
	if spec == "" {
		return set, nil
	}
	out, err := series.Pick(set, spec)
	if err != nil {
		return nil, err
	}
	gone := map[*patchset.Patch]bool{}
	for _, p := range out.Patches {
		gone[p] = true
	}
	rest := *set
	rest.Patches = nil
	for _, p := range set.Patches {
		if !gone[p] {
			rest.Patches = append(rest.Patches, p)
		}
	}
	return &rest, nil
}

// shape returns a copy of set in which every patch has an author and a date, and is numbered as it lies.
func (e *Entry) shape(set *patchset.Set, now time.Time) (*patchset.Set, *Locked, error) {
	if len(set.Patches) == 0 {
		return nil, nil, hint.Wrap(fmt.Errorf("entry %s: %w", e.Name, series.ErrNoPatches), "look at pick, exclude and series in "+ManifestName)
	}
	own := *set
	own.Patches, own.Total = nil, len(set.Patches)
	locked := &Locked{Name: e.Name, Series: e.Series, Key: e.key(), Version: set.Version}
	for i, p := range set.Patches {
		patch := *p
		patch.Index = i + 1
		if errors.Is(patch.DecodeErr, mail.ErrNoAuthor) {
			who, err := parsePerson(e.Author)
			if err != nil {
				return nil, nil, hint.Wrap(fmt.Errorf("entry %s: patch %d, %s, names no author", e.Name, p.Index, p.Title), `write author = "Name <address>" in its entry`)
			}
			patch.Author.Name, patch.Author.Email, patch.DecodeErr = who.Name, who.Email, nil
		}
		if patch.DecodeErr != nil || patch.DiffErr != nil {
			return nil, nil, fmt.Errorf("entry %s: patch %d, %s: %w", e.Name, p.Index, p.Title, errors.Join(patch.DecodeErr, patch.DiffErr))
		}
		if patch.Author.When.IsZero() {
			patch.Author.When, locked.Dated = now, now
		}
		sum := sha256.Sum256(p.Raw)
		locked.Patches = append(locked.Patches, &LockedPatch{Title: p.Title, MessageID: p.MessageID, Mail: hex.EncodeToString(sum[:])})
		own.Patches = append(own.Patches, &patch)
	}
	first := &own.Patches[0].Mail
	locked.Title = own.Patches[0].Title
	if set.Cover != nil {
		first, locked.Title = set.Cover, coverTitle(set)
	}
	locked.MessageID = first.MessageID
	return &own, locked, nil
}

// coverTitle returns the subject of the cover letter without its prefix.
func coverTitle(set *patchset.Set) string { return mail.ParseSubject(set.Cover.Subject).Title }

// trailers returns the trailers that the manifest adds.
func (e *Entry) trailers() []patchset.Trailer {
	var list []patchset.Trailer
	for _, t := range e.Trailers {
		key, value, _ := strings.Cut(t, ": ")
		list = append(list, patchset.Trailer{Key: key, Value: value})
	}
	return list
}

// patchID returns the stable patch ID of a patch, as git-patch-id(1) makes it, "" for one that changes no lines, such as a mere change
// of mode. A patch of quilt's, without git's headers, has that of the same change with them.
func patchID(p *patchset.Patch) string {
	if id := mail.PatchID(p.Diff); id != "" {
		return id
	}
	var diff strings.Builder
	for _, f := range p.Files {
		diff.WriteString(f.String())
	}
	return mail.PatchID([]byte(diff.String()))
}

// mails reads the mails of a locked entry, and checks that they are those that were locked.
func (s *Stack) mails(ctx context.Context, e *Locked) (*patchset.Set, error) {
	data, err := below.ReadNamed(filepath.Join(s.Dir, mailsDir, e.Mails), maxMails)
	if errors.Is(err, os.ErrNotExist) {
		return s.thaw(ctx, e)
	}
	if err != nil {
		return nil, fmt.Errorf("entry %s: %w", e.Name, err)
	}
	sum := sha256.Sum256(data)
	if !strings.HasSuffix(e.Mails, "-"+hex.EncodeToString(sum[:8])+".mbox") {
		return nil, hint.Wrap(fmt.Errorf("entry %s: %s is not what was locked: its SHA-256 is %x", e.Name, filepath.Join(mailsDir, e.Mails), sum[:8]),
			"git restore it, or remove it: it is made anew from "+strings.Join(e.Series, " "))
	}
	return s.parse(e, data)
}

// parse takes the mails of an entry apart.
func (s *Stack) parse(e *Locked, data []byte) (*patchset.Set, error) {
	sets, err := series.Read(bytes.NewReader(data), e.Mails, nil)
	if err != nil {
		return nil, fmt.Errorf("entry %s: %w", e.Name, err)
	}
	if len(sets[0].Patches) != len(e.Patches) {
		return nil, fmt.Errorf("entry %s: %s has %d patches, the lock %d", e.Name, e.Mails, len(sets[0].Patches), len(e.Patches))
	}
	return sets[0], nil
}

// thaw makes the mails of an entry anew from its source, where their file is not there: they must be those that were locked.
func (s *Stack) thaw(ctx context.Context, e *Locked) (*patchset.Set, error) {
	entry := s.Manifest.Entry(e.Name)
	if entry == nil {
		return nil, fmt.Errorf("entry %s: %s is not there, and the manifest has no such entry", e.Name, e.Mails)
	}
	s.say("making %s anew", e.Mails)
	sets, err := s.Read(ctx, s.Sources(entry))
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("entry %s: %s is not there, nor is its source: %w", e.Name, e.Mails, err), "copy "+mailsDir+"/ from where the stack was made")
	}
	for _, set := range sets {
		if set.Version != e.Version {
			continue
		}
		again, err := s.freeze(entry, set, e.Dated)
		if err == nil && again.Mails == e.Mails {
			data, err := os.ReadFile(filepath.Join(s.Dir, mailsDir, e.Mails))
			if err != nil {
				return nil, err
			}
			return s.parse(e, data)
		}
	}
	return nil, hint.Wrap(fmt.Errorf("entry %s: its source no longer has v%d as it was locked", e.Name, e.Version),
		"copy "+mailsDir+"/"+e.Mails+" from where the stack was made, or `lsmpatch stack update "+e.Name+"`")
}
