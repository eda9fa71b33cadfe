// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"syscall"
	"time"
)

// A state is what is kept beside the objects of a build.
type state struct {
	// Source is the tree, and Building is true from before make starts until it has ended by itself:
	// a file that a killed compiler left half written would look up to date to the next make.
	Source   string `json:"source"`
	Building bool   `json:"building"`
	Memory   memory `json:"complaints"`
}

const stateFile = stateDir + "/state.json"

// begin reads the state of the output folder, empties it where that build was cut or was of another
// tree (make compares ages alone, so objects of a tree that was checked out later would pass for
// those of this one), and notes that a build is under way.
func (b *builder) begin() error {
	var s state
	data, err := b.dir.ReadFile(stateFile)
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil, s.Building:
		b.progress.say("emptying the output folder, whose last build was cut")
		err = b.empty()
	case s.Source != b.src.Dir:
		b.progress.say("emptying the output folder, which held a build of " + s.Source)
		err = b.empty()
	default:
		b.memory = s.Memory
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if b.memory == nil || s.Building || s.Source != b.src.Dir {
		b.memory = memory{}
	}
	return b.save(true)
}

// end notes that make has ended by itself.
func (b *builder) end() error { return b.save(false) }

func (b *builder) save(building bool) error {
	data, err := json.Marshal(state{b.src.Dir, building, b.memory})
	if err != nil {
		return err
	}
	return b.dir.WriteFile(stateFile, data)
}

// empty removes all that the output folder holds.
func (b *builder) empty() error {
	entries, err := b.dir.ReadDir(".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := b.dir.dirs[0].Root().RemoveAll(e.Name()); err != nil {
			return err
		}
	}
	return nil
}

// lockFolder takes the lock of dir, which ends with this process at the latest. While another
// one has it, it says so once and waits.
func lockFolder(ctx context.Context, dir string, say func(string)) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for told := false; ; told = true {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("locking %s: %w", dir, err)
		}
		if !told {
			say("waiting for another build in " + dir)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func keys(m memory) iter.Seq[string] { return maps.Keys(m) }
