// SPDX-License-Identifier: GPL-2.0-only

// Package ccache is a store of compiled objects for ccache, over HTTP.
//
// For most uses, call [Open] and serve the [Cache] as a handler. It answers GET, HEAD, PUT and DELETE of /HASH as ccache's remote
// storage asks them (layouts subdirs and flat). Anybody may read; to write takes a token.
//
// Each object is a file that appears whole or not at all. What was not asked for longest goes when all of them would be more
// than the quota. Objects are not made durable, as losing one costs a compilation, and ccache holds each against the sum in it.
package ccache

import (
	"container/list"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// nameRE is what ccache calls an object: a hash in its base 32, the first two digits of which may be a folder. Nothing else
// becomes a part of a file's name.
var nameRE = lazyregexp.New(`^/([0-9a-v]{2})/?([0-9a-v]{20,62})$`)

// fresh is what names of files begin with that are not whole yet.
const fresh = "fresh-"

// A Cache is a folder of objects. It is used by one process at a time.
type Cache struct {
	root  *os.Root
	token [sha256.Size]byte
	quota int64

	mu sync.Mutex
	// order has an *object for each, that which was asked for last in front; objects finds them by their names.
	order   *list.List
	objects map[string]*list.Element
	// size is that of all of them, with those that are being written.
	size int64
}

type object struct {
	name string
	size int64
}

// Open opens the cache in dir, and makes it where there is none. Quota is how many bytes the objects may have together. The token is
// what has to be shown by those who write, "Authorization: Bearer TOKEN".
func Open(dir string, quota int64, token string) (*Cache, error) {
	if token == "" {
		return nil, errors.New("a cache that anybody may write to is none to build from")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	c := &Cache{root: root, token: sha256.Sum256([]byte(token)), quota: quota, order: list.New(), objects: map[string]*list.Element{}}
	if err := c.load(); err != nil {
		root.Close()
		return nil, fmt.Errorf("the cache of objects: %w", err)
	}
	return c, nil
}

// Close closes the folder.
func (c *Cache) Close() error { return c.root.Close() }

// load learns what is in the folder, by the times at which it was asked for last, and removes what a killed process left.
func (c *Cache) load() error {
	type aged struct {
		object
		last time.Time
	}
	var all []aged
	err := fs.WalkDir(c.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasPrefix(d.Name(), fresh) {
			return c.root.Remove(name)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if nameRE.MatchString("/"+name) && info.Mode().IsRegular() {
			all = append(all, aged{object{name, info.Size()}, info.ModTime()})
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b aged) int { return b.last.Compare(a.last) })
	for _, o := range all {
		c.objects[o.name] = c.order.PushBack(&o.object)
		c.size += o.size
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evict()
	return nil
}

// ServeHTTP answers ccache.
func (c *Cache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := nameRE.FindStringSubmatch(r.URL.Path)
	if m == nil {
		http.Error(w, "this is no name of an object", http.StatusBadRequest)
		return
	}
	name := m[1] + "/" + m[2]
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		c.get(w, r, name)
	case http.MethodPut, http.MethodDelete:
		if !c.may(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "the token is needed", http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodDelete {
			c.remove(name)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		c.put(w, r, name)
	default:
		w.Header().Set("Allow", "GET, HEAD, PUT, DELETE")
		http.Error(w, "no such method", http.StatusMethodNotAllowed)
	}
}

// may reports whether r shows the token.
func (c *Cache) may(r *http.Request) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	ok := strings.EqualFold(scheme, "Bearer")
	sum := sha256.Sum256([]byte(given))
	return ok && subtle.ConstantTimeCompare(sum[:], c.token[:]) == 1
}

// get answers with an object, which is the last to go now.
func (c *Cache) get(w http.ResponseWriter, r *http.Request, name string) {
	c.mu.Lock()
	e := c.objects[name]
	if e != nil {
		c.order.MoveToFront(e)
	}
	c.mu.Unlock()
	if e == nil {
		http.NotFound(w, r)
		return
	}
	f, err := c.root.OpenFile(name, os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) { // it went in this moment, or somebody removed it
			c.remove(name)
		}
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	now := time.Now()
	_ = c.root.Chtimes(name, now, now) // for the next process
	// A time would have clients ask for parts and changes, which ccache does not.
	http.ServeContent(w, r, "", time.Time{}, f)
}

// put takes an object. It reserves the bytes that the header announces before the first of them is written.
func (c *Cache) put(w http.ResponseWriter, r *http.Request, name string) {
	switch size := r.ContentLength; {
	case size < 0:
		http.Error(w, "the length has to be said", http.StatusLengthRequired)
		return
	case size > min(limit.CacheObject, c.quota):
		http.Error(w, fmt.Sprintf("an object has up to %d MiB", min(limit.CacheObject, c.quota)>>20), http.StatusRequestEntityTooLarge)
		return
	}
	if !c.reserve(r.ContentLength) {
		http.Error(w, "others are being written, and there is room for no more", http.StatusInsufficientStorage)
		return
	}
	err := c.write(name, r.Body, r.ContentLength)
	if err == nil {
		w.WriteHeader(http.StatusCreated)
		return
	}
	c.release(r.ContentLength)
	code := http.StatusInternalServerError
	switch {
	case errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT):
		code = http.StatusInsufficientStorage
	case errors.Is(err, io.ErrUnexpectedEOF) || r.Context().Err() != nil:
		code = http.StatusBadRequest
	}
	http.Error(w, "the object is not stored", code)
}

// reserve counts bytes that are about to be written, and makes room for them. It reports false where those that others are about to
// write leave none.
func (c *Cache) reserve(size int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size += size
	c.evict()
	if c.size > c.quota {
		c.size -= size
		return false
	}
	return true
}

// release gives back what was reserved and not written.
func (c *Cache) release(size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size -= size
}

// write makes the file of an object of a size, for which there is room.
func (c *Cache) write(name string, body io.Reader, size int64) error {
	dir := filepath.Dir(name)
	if err := c.root.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	part := filepath.Join(dir, fresh+rand.Text())
	f, err := c.root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, body)
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, c.root.Remove(part))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.root.Rename(part, name); err != nil {
		return errors.Join(err, c.root.Remove(part))
	}
	if e := c.objects[name]; e != nil {
		c.size -= e.Value.(*object).size
		c.order.Remove(e)
	}
	c.objects[name] = c.order.PushFront(&object{name, size})
	return nil
}

// remove forgets an object, where it is there.
func (c *Cache) remove(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.objects[name]; e != nil {
		c.drop(e)
	}
}

// evict removes those that were not asked for longest, until there is room. The caller holds the lock.
func (c *Cache) evict() {
	for c.size > c.quota && c.order.Len() > 0 {
		c.drop(c.order.Back())
	}
}

// drop removes an object. The caller holds the lock.
func (c *Cache) drop(e *list.Element) {
	o := c.order.Remove(e).(*object)
	delete(c.objects, o.name)
	c.size -= o.size
	_ = c.root.Remove(o.name) // what cannot be removed is nothing that is served
}
