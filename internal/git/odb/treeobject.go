// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// A TreeEntry is one line of a tree object.
type TreeEntry struct {
	Name string
	Mode filemode.FileMode
	ID   []byte
}

// Key is what git sorts a tree by: folders as if their names ended with a slash.
func (e *TreeEntry) Key() string {
	if e.Mode == filemode.Dir {
		return e.Name + "/"
	}
	return e.Name
}

// parseTree decodes a tree object, in the order it has.
func parseTree(data []byte, hashSize int) ([]TreeEntry, error) {
	out := make([]TreeEntry, 0, len(data)/(hashSize+20))
	for len(data) > 0 {
		zero := bytes.IndexByte(data, 0)
		space := bytes.IndexByte(data[:max(zero, 0)], ' ')
		if space < 0 || len(data) < zero+1+hashSize {
			return nil, errors.New("damaged tree object")
		}
		mode, ok := parseMode(data[:space])
		if !ok {
			return nil, fmt.Errorf("damaged tree object: mode %q", data[:space])
		}
		name := string(data[space+1 : zero])
		if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
			return nil, fmt.Errorf("tree object with the entry %q", name)
		}
		out = append(out, TreeEntry{name, cleanMode(mode), data[zero+1:][:hashSize]})
		data = data[zero+1+hashSize:]
	}
	return out, nil
}

func parseMode(digits []byte) (m filemode.FileMode, ok bool) {
	for _, c := range digits {
		if c < '0' || c > '7' || len(digits) > 7 {
			return 0, false
		}
		m = m<<3 | filemode.FileMode(c-'0')
	}
	return m, len(digits) > 0
}

// cleanMode reads what old versions of git wrote as git itself reads it.
func cleanMode(m filemode.FileMode) filemode.FileMode {
	switch {
	case m&0o170000 == 0o100000 && m&0o100 != 0:
		return filemode.Executable
	case m&0o170000 == 0o100000:
		return filemode.Regular
	}
	return m
}

// EncodeTree is the reverse of parseTree; entries must be in git's order.
func EncodeTree(entries []TreeEntry) []byte {
	size := 0
	for i := range entries {
		size += len("100644 \x00") + len(entries[i].Name) + len(entries[i].ID)
	}
	b := make([]byte, 0, size)
	for i := range entries {
		e := &entries[i]
		b = strconv.AppendUint(b, uint64(e.Mode), 8)
		b = append(b, ' ')
		b = append(b, e.Name...)
		b = append(b, 0)
		b = append(b, e.ID...)
	}
	return b
}
