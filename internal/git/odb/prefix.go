// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// WithPrefix returns the names of all objects that begin with some hexadecimal digits, at most
// limit of them.
func (s *Store) WithPrefix(digits string, limit int) ([]Hash, error) {
	digits = strings.ToLower(digits)
	if len(digits) < 4 || len(digits) > s.Format.Size*2 || !IsHex(digits) {
		return nil, nil
	}
	found := map[Hash]bool{}
	low, err := hex.DecodeString(digits + strings.Repeat("0", len(digits)%2))
	if err != nil {
		return nil, err
	}
	scan := func(t *nameTable) {
		for i := t.search(low); i < t.count && len(found) < limit; i++ {
			name := HashOf(t.name(i))
			if !strings.HasPrefix(string(name), digits) {
				break
			}
			found[name] = true
		}
	}
	for _, d := range s.dirs {
		multi, packs, _, err := d.list(s.Format)
		if err != nil {
			return nil, err
		}
		if multi != nil {
			scan(&multi.nameTable)
		}
		for _, p := range packs {
			if err := p.openIndex(); err == nil {
				scan(&p.index.nameTable)
			} else if !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
		loose, err := os.ReadDir(filepath.Join(d.path, digits[:2]))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, file := range loose {
			name := digits[:2] + file.Name()
			if strings.HasPrefix(name, digits) && len(name) == s.Format.Size*2 && IsHex(name) && len(found) < limit {
				found[Hash(name)] = true
			}
		}
	}
	out := make([]Hash, 0, len(found))
	for name := range found {
		out = append(out, name)
	}
	slices.Sort(out)
	return out, nil
}
