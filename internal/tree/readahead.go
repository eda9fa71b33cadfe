// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"errors"
	"io/fs"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// IsPartial reports whether a file that is read may have to be fetched first: at the bottom of the snapshot is a partial clone.
func IsPartial(fsys fs.FS) bool {
	switch t := fsys.(type) {
	case *GitFS:
		return t.Store.Missing != nil
	case interface{ Base() fs.FS }:
		return IsPartial(t.Base())
	}
	return false
}

// ReadAhead begins to read the files at some paths of a snapshot, in order and in the background, so that
// they are there once they are asked for. It is a hint: names that are not there do no harm, some
// megabytes are read at most, and snapshots that are not in git, or in a partial clone, which would have to
// fetch what may not be needed, are left alone.
func ReadAhead(fsys fs.FS, names []string) {
	g, ok := fsys.(*GitFS)
	if !ok || g.Store.Missing != nil {
		return
	}
	ahead := map[string]*aheadBlob{}
	var order []string
	for _, name := range names {
		if ahead[name] == nil && fs.ValidPath(name) {
			ahead[name] = &aheadBlob{}
			order = append(order, name)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ahead != nil {
		return
	}
	g.ahead = ahead
	g.Store.InBackground(func(closing func() bool) {
		left := maxAhead
		for _, name := range order {
			if left < 0 || closing() {
				return
			}
			left -= ahead[name].fill(func() ([]byte, error) { return g.readObject(name) })
		}
	})
}

// maxAhead is how many bytes are read before somebody asks for them.
const maxAhead = 2 << 20

// An aheadBlob is a file that is read before somebody asks for it.
type aheadBlob struct {
	mu sync.Mutex
	// data is what was read, until it is asked for; asked says that it was.
	data  []byte
	asked bool
}

// fill reads the file, unless it was asked for before, and returns its size. Whoever asks reads it again
// where it cannot be read, and gets the error.
func (b *aheadBlob) fill(read func() ([]byte, error)) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.asked {
		b.data, _ = read()
	}
	return len(b.data)
}

// take returns what was read, once; nil where nothing was.
func (b *aheadBlob) take() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	data := b.data
	b.data, b.asked = nil, true
	return data
}

func (g *GitFS) readBlob(name string) ([]byte, error) {
	g.mu.Lock()
	b := g.ahead[name]
	g.mu.Unlock()
	if b != nil {
		if data := b.take(); data != nil {
			return data, nil
		}
	}
	return g.readObject(name)
}

// readObject reads the blob at name.
func (g *GitFS) readObject(name string) ([]byte, error) {
	e, err := g.Find(name)
	if err != nil {
		return nil, err
	}
	if e.Mode == filemode.Dir || e.Mode == filemode.Submodule {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a folder")}
	}
	data, err := g.Store.ReadType(e.ID, plumbing.BlobObject)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}
