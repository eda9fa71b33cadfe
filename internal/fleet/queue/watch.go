// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
)

// A Watcher hears of all that is in a queue and of all that comes, each from a goroutine of its own. Running is nil where a
// worker has put its job down, or was not heard of for a minute.
type Watcher interface {
	Job(j *fleet.Job)
	Result(r *fleet.Result)
	Gave(key string, g *Grave)
	Runs(worker string, r *Running)
	Said(s *Said)
	Meets(m *fleet.Meetings)
	Integrates(i *fleet.Integrated)
}

// Watch tells w of what the queue has, calls ready, and tells it of what comes until ctx ends.
func (q *Queue) Watch(ctx context.Context, w Watcher, ready func()) error {
	var caught errgroup.Group
	group, ctx := errgroup.WithContext(ctx)
	hands := &hands{last: map[string]time.Time{}}
	group.Go(func() error {
		hands.bury(ctx, q.handAge, func(worker string) { w.Runs(worker, nil) })
		return nil
	})
	for _, bucket := range []struct {
		kv   jetstream.KeyValue
		tell func(key string, text []byte)
	}{
		{q.jobs, func(_ string, text []byte) {
			if j := new(fleet.Job); json.Unmarshal(text, j) == nil && text != nil {
				w.Job(j)
			}
		}},
		{q.results, func(_ string, text []byte) {
			if r := new(fleet.Result); json.Unmarshal(text, r) == nil && text != nil {
				w.Result(r)
			}
		}},
		{q.dead, func(key string, text []byte) {
			if g := new(Grave); text == nil {
				w.Gave(key, nil)
			} else if json.Unmarshal(text, g) == nil {
				w.Gave(key, g)
			}
		}},
		{q.said, func(_ string, text []byte) {
			if s := new(Said); json.Unmarshal(text, s) == nil && text != nil {
				w.Said(s)
			}
		}},
		{q.notes, func(key string, text []byte) { tellNote(w, key, text) }},
		{q.running, func(worker string, text []byte) {
			if r := new(Running); text == nil {
				hands.told(worker, false)
				w.Runs(worker, nil)
			} else if json.Unmarshal(text, r) == nil {
				hands.told(worker, true)
				w.Runs(worker, r)
			}
		}},
	} {
		all, err := bucket.kv.WatchAll(ctx)
		if err != nil {
			return err
		}
		there := make(chan struct{})
		caught.Go(func() error {
			select {
			case <-there:
			case <-ctx.Done():
			}
			return nil
		})
		group.Go(func() error {
			defer all.Stop()
			return follow(ctx, all.Updates(), q.markWait, func() { close(there) }, func(entry jetstream.KeyValueEntry) { hear(entry, bucket.tell) })
		})
	}
	_ = caught.Wait()
	ready()
	return group.Wait()
}

// follow calls one for each entry that a watcher tells of until ctx ends, and there once it has told what was there: after its mark, or
// after wait without one, as what is missing has gone.
func follow(ctx context.Context, updates <-chan jetstream.KeyValueEntry, wait time.Duration, there func(), one func(jetstream.KeyValueEntry)) error {
	for told := false; ; told = true {
		err := untilMark(ctx, updates, wait, one)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !errors.Is(err, errNoMark):
			return err
		case !told:
			there()
		}
	}
}

// hear passes an entry on, with nil for one that is gone.
func hear(entry jetstream.KeyValueEntry, tell func(key string, text []byte)) {
	if entry.Operation() == jetstream.KeyValuePut {
		tell(entry.Key(), entry.Value())
	} else {
		tell(entry.Key(), nil)
	}
}

// handAge is how long what a worker says of its job counts; it says it anew every five seconds at least. The server forgets it
// then, and tells nobody.
const handAge = time.Minute

// hands are those that have a job, with when each was last heard of.
type hands struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (h *hands) told(worker string, runs bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.last, worker)
	if runs {
		h.last[worker] = time.Now()
	}
}

// bury calls gone for each hand that says nothing for a time, until ctx ends.
func (h *hands) bury(ctx context.Context, age time.Duration, gone func(worker string)) {
	for ctx.Err() == nil {
		sleep(ctx, age/4)
		h.mu.Lock()
		for worker, last := range h.last {
			if time.Since(last) > age {
				delete(h.last, worker)
				gone(worker)
			}
		}
		h.mu.Unlock()
	}
}
