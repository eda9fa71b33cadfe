// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// Make makes further targets of the built series, with files added to its source, in a layer that is
// thrown away by [SeriesResult.Close]: the series' own layer stays as it is.
func (r *SeriesResult) Make(ctx context.Context, files map[string][]byte, targets ...string) (*Result, error) {
	b := r.series
	src, out := r.src, r.out
	e := b.layer
	if b.tc.box.Overlays() {
		var err error
		if e, err = b.scratch(); err != nil {
			return nil, err
		}
		src, out = src.over(e.path("src")), out.over(e.path("obj"))
		if err := b.spread(src, out); err != nil {
			return nil, err
		}
	}
	var changes []tree.Change
	for _, name := range slices.Sorted(maps.Keys(files)) {
		changes = append(changes, tree.Change{Path: name, Mode: filemode.Regular, Data: files[name]})
	}
	if err := b.write(src, changes); err != nil {
		return nil, err
	}
	one, err := b.one(e, src, out, memory{}, b.fragmentsFor(b.last()))
	if err != nil {
		return nil, err
	}
	defer one.close()
	one.opts.Targets = targets
	made, err := one.run(ctx)
	if made != nil {
		made.src, made.out = src, out
	}
	return made, err
}

// File returns the path of a regular file of the output folder, or "".
func (r *Result) File(name string) string {
	dir, err := r.out.open(-1)
	if err != nil {
		return ""
	}
	defer dir.close()
	return dir.path(name)
}

// scratch returns a folder of the cache that is removed when the result is closed, or by a later prune.
func (b *seriesBuild) scratch() (*Entry, error) {
	dir, err := os.MkdirTemp(b.Series.Cache.dir, "scratch-")
	if err != nil {
		return nil, err
	}
	lock, err := os.Open(dir)
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_SH)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	e := &Entry{Kind: "scratch", Key: filepath.Base(dir), dir: dir, lock: lock}
	b.scratches = append(b.scratches, e)
	return e, err
}

// above returns a builder in a layer over two folders, of the series or of its base; drop throws both away. What is said of the one and of
// the other has the same place.
func (b *seriesBuild) above(src, out Folder, fragments []Fragment) (one *builder, drop func(), err error) {
	e, err := b.scratch()
	if err != nil {
		return nil, nil, err
	}
	src, out = src.over(e.path("src")), out.over(e.path("obj"))
	if err = b.spread(src, out); err == nil {
		one, err = b.one(e, src, out, memory{}, fragments)
	}
	if err != nil {
		e.drop()
		return nil, nil, err
	}
	one.state = b.last()
	return one, func() { one.close(); e.drop() }, nil
}

// drop removes a scratch. What cannot be removed is for a later prune.
func (e *Entry) drop() {
	e.release()
	_ = os.RemoveAll(e.dir)
}
