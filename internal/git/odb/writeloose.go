// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// A Durable says which files are to be on the disk before the next step.
type Durable struct{ Loose, Pack, PackIndex bool }

// few is how many objects are written one by one, as git writes them: more than that take a pack.
const few = 40

// writeLoose writes the objects of the list that are new, each as a file of its own.
func (n *Pending) writeLoose(objects string, d Durable) error {
	for i, o := range n.list {
		data, err := n.content(i)
		if err != nil {
			return err
		}
		if err := n.writeOne(objects, o, data, d); err != nil {
			return fmt.Errorf("writing the object %x: %w", o.id, err)
		}
	}
	return nil
}

// writeOne writes one object under a temporary name, which git's gc knows, and then gives it its own.
func (n *Pending) writeOne(objects string, o *newObject, data []byte, d Durable) (err error) {
	name := hex.EncodeToString(o.id)
	folder := filepath.Join(objects, name[:2])
	if err := os.Mkdir(folder, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := os.CreateTemp(folder, "tmp_obj_")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	z := n.deflater // which has compressed all of the list, and is idle
	z.Reset(f)
	if _, err := fmt.Fprintf(z, "%s %d\x00", o.typ, len(data)); err != nil {
		return err
	}
	if _, err := z.Write(data); err != nil {
		return err
	}
	if err := errors.Join(z.Close(), f.Chmod(0o444)); err != nil {
		return err
	}
	if d.Loose {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(folder, name[2:]))
}

// isFew tells whether the new objects are few enough to be written one by one. Where one builds on what a pack has of
// an old file, a large one, they take a pack.
func (n *Pending) isFew() bool {
	return len(n.list) <= few && !slices.ContainsFunc(n.list, func(o *newObject) bool { return o.stored.pack != nil })
}
