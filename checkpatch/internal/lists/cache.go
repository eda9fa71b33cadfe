// SPDX-License-Identifier: GPL-2.0-only

package lists

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/mmap"
)

// A Cache keeps between runs what takes long to read of a tree. The zero value keeps nothing.
//
// What is kept goes by the object name of the file or folder that it was read from, so that it is never out of date, and has
// a sum of itself in front, and of the program that made it: what is cut or mangled, or what another version has left, is
// read anew. Nothing depends on the cache: what cannot be written is not kept.
type Cache struct {
	// Dir is the folder of the cache, "" for none.
	Dir string
	// ID returns the object name of a file or folder of the tree, or "" where it has none.
	ID func(name string) string
}

// maxKept is how many lists of one kind are kept, those last used.
const maxKept = 8

// get returns what is kept of kind for the file or folder dir of the tree, or what work makes of it. Where mapped is not nil, the
// text is a part of it: a file that is mapped, which is the caller's to unmap.
func (c *Cache) get(kind, dir string, work func() []byte) (text, mapped []byte) {
	file := c.file(kind, dir)
	if file == "" {
		return work(), nil
	}
	if text, mapped, ok := kept(file); ok {
		now := time.Now()
		_ = os.Chtimes(file, now, now) // it was used last; where that cannot be noted, it may go earlier
		return text, mapped
	}
	text = work()
	c.put(file, kind, text)
	return text, nil
}

// mappedSize is the size from which a file of the cache is mapped: to read five megabytes took a fifth of the time of a command.
const mappedSize = 256 << 10

// kept returns what a file of the cache holds, where it is whole. Nobody writes to such a file once it has its name.
func kept(file string) (text, mapped []byte, ok bool) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, nil, false
	}
	var data []byte
	if info.Size() >= mappedSize {
		if data, err = mmap.File(file); err == nil {
			mapped = data
			mmap.Need(data, 0, len(data))
		}
	} else {
		data, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, nil, false
	}
	if sum, text, whole := bytes.Cut(data, []byte("\n")); whole && string(sum) == sumOf(text) {
		return text, mapped, true
	}
	_ = mmap.Unmap(mapped) // what is left mapped is lost, and nothing else
	return nil, nil, false
}

// sumOf tells what is whole from what is not. It has nobody to guard against: who may write to the cache may run programs
// of the user's.
func sumOf(text []byte) string {
	return strconv.FormatUint(uint64(crc32.Update(maker(), castagnoli, text)), 16)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maker stands for this build of the program.
var maker = sync.OnceValue(func() uint32 {
	name, err := os.Executable()
	if err != nil {
		return 0
	}
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return crc32.Checksum(fmt.Appendf(nil, "%d %d", info.Size(), info.ModTime().UnixNano()), castagnoli)
})

func (c *Cache) file(kind, dir string) string {
	if c.Dir == "" || c.ID == nil {
		return ""
	}
	id := c.ID(dir)
	if id == "" {
		return ""
	}
	return filepath.Join(c.Dir, kind+"-"+id)
}

// put writes a file whole, or not at all.
func (c *Cache) put(file, kind string, text []byte) {
	if os.MkdirAll(c.Dir, 0o700) != nil {
		return
	}
	tmp, err := os.CreateTemp(c.Dir, ".new-")
	if err != nil {
		return
	}
	_, err = tmp.Write(append([]byte(sumOf(text)+"\n"), text...))
	if closed := tmp.Close(); err != nil || closed != nil || os.Rename(tmp.Name(), file) != nil {
		os.Remove(tmp.Name())
		return
	}
	c.trim(kind)
}

// trim removes all but the last used of a kind.
func (c *Cache) trim(kind string) {
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return
	}
	var kept []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), kind+"-") {
			kept = append(kept, info)
		}
	}
	slices.SortFunc(kept, func(a, b fs.FileInfo) int { return cmp.Compare(b.ModTime().UnixNano(), a.ModTime().UnixNano()) })
	for _, info := range kept[min(len(kept), maxKept):] {
		os.Remove(filepath.Join(c.Dir, info.Name()))
	}
}
