// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
)

// ears hears which worker begins and ends.
type ears struct{ begins, ends chan string }

func (ears) Job(*fleet.Job)               {}
func (ears) Result(*fleet.Result)         {}
func (ears) Gave(string, *Grave)          {}
func (ears) Said(*Said)                   {}
func (ears) Integrates(*fleet.Integrated) {}
func (ears) Meets(*fleet.Meetings)        {}
func (e ears) Runs(worker string, r *Running) {
	if r != nil {
		e.begins <- worker
	} else {
		e.ends <- worker
	}
}

// TestWorkerThatIsSilent: a worker that was killed has no job any more. The pages once showed it at work for good.
func TestWorkerThatIsSilent(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	q.handAge = 200 * time.Millisecond
	e := ears{make(chan string, 1), make(chan string, 1)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Watch(ctx, e, func() {}) }()
	if _, err := q.running.Put(t.Context(), "w-1", []byte(`{"worker":"w-1","key":"x"}`)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]chan string{"begins": e.begins, "ends": e.ends} {
		select {
		case worker := <-c:
			if worker != "w-1" {
				t.Errorf("%s %s", worker, name)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("nobody %s", name)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// closedBucket is one whose connection was closed before all was told.
type closedBucket struct {
	jetstream.KeyValue
	jetstream.KeyWatcher
}

func (b closedBucket) WatchAll(context.Context, ...jetstream.WatchOpt) (jetstream.KeyWatcher, error) {
	return b, nil
}
func (closedBucket) Stop() error { return nil }
func (closedBucket) Updates() <-chan jetstream.KeyValueEntry {
	c := make(chan jetstream.KeyValueEntry)
	close(c)
	return c
}

// TestQueueThatIsClosed: a bucket that falls silent is not one that told all. That was once taken for the end of the list.
func TestQueueThatIsClosed(t *testing.T) {
	t.Parallel()
	if found, err := (&Queue{markWait: markWait}).each(t.Context(), closedBucket{}); !errors.Is(err, errWatchEnded) {
		t.Errorf("%v, %v", found, err)
	}
	if err := follow(t.Context(), closedBucket{}.Updates(), markWait, nil, nil); !errors.Is(err, errWatchEnded) {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := follow(ctx, closedBucket{}.Updates(), markWait, nil, nil); err != nil {
		t.Error(err)
	}
}
