// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// Init makes a stack in dir, which is made if need be, with the entries given. A stack that is there stays: the error wraps
// [os.ErrExist].
func Init(dir string, t Tree, branch string, entries []*Entry) (*Stack, error) {
	var b strings.Builder
	b.WriteString("# The stack of this folder; see lsmpatch stack --help.\n\n[tree]\n")
	for _, line := range []struct{ key, value string }{{"dir", t.Dir}, {"remote", t.Remote}, {"commit", t.Commit},
		{"archive", t.Archive}, {"sha256", t.SHA256}, {"signature", t.Signature}, {"keyring", t.Keyring}} {
		if line.value != "" {
			fmt.Fprintf(&b, "%s = %s\n", line.key, quoted(line.value))
		}
	}
	text := b.String()
	if branch != "" {
		text = strings.Replace(text, "\n[tree]", "\nbranch = "+quoted(branch)+"\n\n[tree]", 1)
	}
	m, err := ParseManifest(text)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if m, err = m.add(e, ""); err != nil {
			return nil, err
		}
	}
	file := filepath.Join(dir, ManifestName)
	if _, err := os.Lstat(file); err == nil {
		return nil, hint.Wrap(fmt.Errorf("%s: %w", file, os.ErrExist), "name another folder with --stack")
	}
	if err := writeFile(file, []byte(m.text)); err != nil {
		return nil, err
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Lstat(ignore); errors.Is(err, os.ErrNotExist) {
		if err := writeFile(ignore, []byte("/"+resolveDir+"/\n/"+resolveNote+"\n")); err != nil {
			return nil, err
		}
	}
	return Open(dir)
}

// Add puts an entry into the stack, before the one of that name or at its end where before is "". Its mails are read, so that
// a name that leads nowhere is told now.
func (s *Stack) Add(ctx context.Context, e *Entry, before string) (*patchset.Set, error) {
	if e.Name == "" {
		return nil, errors.New("the entry has no name")
	}
	m, err := s.Manifest.add(e, before)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", ManifestName, err)
	}
	set, err := s.read(ctx, e)
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(s.Dir, ManifestName), []byte(m.text)); err != nil {
		return nil, err
	}
	s.Manifest = m
	return set, nil
}

// Remove takes an entry out of the manifest. The next Apply makes the commits without it.
func (s *Stack) Remove(name string) error {
	return s.edit(s.Manifest.remove(name))
}

// Move puts an entry before another, or at the end where before is "".
func (s *Stack) Move(name, before string) error {
	return s.edit(s.Manifest.move(name, before))
}

func (s *Stack) edit(m *Manifest, err error) error {
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(s.Dir, ManifestName), []byte(m.text)); err != nil {
		return err
	}
	s.Manifest = m
	return nil
}

// NameFor returns a name for an entry of set that the manifest does not have yet.
func (s *Stack) NameFor(set *patchset.Set) string {
	title := ""
	if len(set.Patches) > 0 {
		title = set.Patches[0].Title
	}
	if set.Cover != nil {
		title = coverTitle(set)
	}
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9') })
	name := strings.Join(words[:min(len(words), 5)], "-")
	name = strings.Trim(name[:min(len(name), 40)], "-")
	if name == "" {
		name = "series"
	}
	for base, n := name, 2; s.Manifest.Entry(name) != nil; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	return name
}
