// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// diskPause is how often an engine whose disk was full looks whether there is room, which is diskRoom, for it to go on.
const (
	diskPause = time.Second
	diskRoom  = 8 << 20
)

// watchDisk begins JetStream anew when the disk was full and there is room again, until the engine closes. By itself a stream that
// could not write once does not write until the next start, whatever there is room for. Workers wait meanwhile with what they
// have, and what was acknowledged is on the disk.
func (e *Engine) watchDisk() {
	defer close(e.watched)
	tick := time.NewTicker(diskPause)
	defer tick.Stop()
	told := false
	for {
		select {
		case <-e.stop:
			return
		case <-tick.C:
		}
		if !e.full.Load() {
			continue
		}
		if !told {
			e.tell("the disk of the queue is full: it goes on when there is room")
		}
		told = true
		if free, err := freeBytes(e.store.StoreDir); err != nil || free < diskRoom {
			continue
		}
		e.full.Store(false)
		store := e.store
		_ = e.server.ShutdownJetStream() // it may have given itself up
		if err := e.server.EnableJetStream(&store); err != nil {
			e.full.Store(true)
			continue
		}
		e.tell("there is room on the disk of the queue: it goes on")
		told = false
	}
}

// diskLog is a logger for the server, which hears of nothing but a disk that is full.
type diskLog struct{ full *atomic.Bool }

func (diskLog) Noticef(string, ...any) {}
func (diskLog) Warnf(string, ...any)   {}
func (diskLog) Debugf(string, ...any)  {}
func (diskLog) Tracef(string, ...any)  {}

// Fatalf and Errorf are what the server says of a write that went wrong.
func (l diskLog) Fatalf(format string, args ...any) { l.Errorf(format, args...) }
func (l diskLog) Errorf(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); strings.Contains(text, unix.ENOSPC.Error()) || strings.Contains(text, "resources, will be DISABLED") {
		l.full.Store(true)
	}
}

func (e *Engine) tell(text string) {
	if e.note != nil {
		e.note(text)
	}
}

// roomFor returns how many bytes a folder may come to have: what is in it, and three quarters of what its disk has free. Without
// the first a queue that has grown would take nothing more after the next start.
func roomFor(dir string) (int64, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	free, err := freeBytes(dir)
	if err != nil {
		return 0, err
	}
	used := int64(0)
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			used += info.Size()
		}
		return err
	})
	return used + free/4*3, err
}

// freeBytes returns what the disk of a folder has free, for us.
func freeBytes(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, &fs.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return int64(s.Bavail) * s.Bsize, nil
}
