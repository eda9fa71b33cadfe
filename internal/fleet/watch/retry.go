// SPDX-License-Identifier: GPL-2.0-only

package watch

import (
	"cmp"
	"errors"
	"maps"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
)

// A failure is a series that could not be planned. It is tried again, the later the more often that was so.
type failure struct {
	list  string
	next  time.Time
	pause time.Duration
}

// The pause before a series that could not be planned is tried again, at first and at most.
const (
	firstRetry = time.Minute
	lastRetry  = time.Hour
)

// due reports whether a series of a list is to be tried again.
func (w *Watcher) due(list string) bool {
	for _, f := range w.failed {
		if f.list == list && !time.Now().Before(f.next) {
			return true
		}
	}
	return false
}

// forget drops what was due on a list before a look and was not tried by it: a newer version came, or it is too old. Else the list
// would be read again at each look.
func (w *Watcher) forget(list string, before time.Time) {
	maps.DeleteFunc(w.failed, func(_ string, f *failure) bool { return f.list == list && f.next.Before(before) })
}

// fails notes that a series could not be planned.
func (w *Watcher) fails(list *fleet.List, id string, err error) {
	if errors.Is(err, fleet.ErrNoPatch) {
		w.known[id] = []string{} // nor will it be
		w.note("list %s: %v", list.Name, err)
		return
	}
	f := w.failed[id]
	if f == nil {
		f = &failure{list: list.Name, pause: cmp.Or(w.Retry, firstRetry) / 2}
		w.failed[id] = f
	}
	f.pause = min(2*f.pause, lastRetry)
	f.next = time.Now().Add(f.pause)
	w.note("list %s: %v; it is tried again in %v", list.Name, err, f.pause)
}
