// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestUnreadableRecord: one record that is no job keeps the others from nothing. It once kept serve from starting.
func TestUnreadableRecord(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	q.mustSubmit(t, testJobs(2, nil))
	if err := q.stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	for key, text := range map[string]string{"bad1": "{", "bad2": `{"key":"of another version"}`} {
		if _, err := q.jobs.Create(t.Context(), key, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if queued, unread, err := q.Recover(t.Context()); queued != 2 || unread != 2 || err != nil {
		t.Errorf("%d queued, %d unread, %v", queued, unread, err)
	}
	if jobs, err := q.Known(t.Context()); len(jobs) != 2 || err != nil {
		t.Errorf("%d jobs, %v", len(jobs), err)
	}
}

// TestSweep: files that no result names go, at the second look and not before: whoever stored them may be about to name them. That was
// once read off the clock, and one that jumped took the files of reports that were just being stored.
func TestSweep(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	q.orphanAge = time.Second
	j := testJobs(1, nil)[0]
	if fresh, err := q.Keep(t.Context(), &fleet.Outcome{Result: fleet.Result{Job: *j, Verdict: report.Passed}, Files: map[string][]byte{fleet.ReportJSON: []byte("x")}}, "w"); err != nil || !fresh {
		t.Fatal(err)
	}
	if _, err := q.reports.PutBytes(t.Context(), j.Key+".w.dead", []byte("y")); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go q.Sweep(ctx)
	time.Sleep(q.orphanAge / 3)
	if all, err := q.objects(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("at the first look: %d, %v", len(all), err)
	}
	var all []string
	for deadline := time.Now().Add(10 * time.Second); len(all) != 1 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var err error
		if all, err = q.objects(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := q.File(t.Context(), j.Key, fleet.ReportJSON); len(all) != 1 || err != nil || string(text) != "x" {
		t.Errorf("%d are left, %q, %v", len(all), text, err)
	}
}

// TestOneConsumerForAClass: a class of jobs gets its consumer once for all that are submitted together. There once was a call of the
// server for each job.
func TestOneConsumerForAClass(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	calls, err := q.conn.SubscribeSync("$JS.API.CONSUMER.*." + jobStream + ".>")
	if err != nil {
		t.Fatal(err)
	}
	q.mustSubmit(t, testJobs(20, nil))
	q.mustSubmit(t, testJobs(4, func(j *fleet.Job) { j.Build, j.Arch = true, "arm64" }))
	if err := q.conn.Flush(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := calls.Pending(); err != nil || n != 2 {
		t.Errorf("%d calls, %v", n, err)
	}
}

// TestRetryWhileBuried: a job that is wanted again between its burial and the end of its message is queued. It once was lost: it
// counted as queued, and then that message went.
func TestRetryWhileBuried(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	j := testJobs(1, nil)[0]
	q.mustSubmit(t, []*fleet.Job{j})
	info, err := q.stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := q.put(t.Context(), q.dead, &Grave{Job: *j, Error: "handed out too often"}); err != nil {
		t.Fatal(err)
	}
	if err := q.Retry(t.Context(), j.Key); err != nil {
		t.Fatal(err)
	}
	_ = q.stream.DeleteMsg(t.Context(), info.State.LastSeq) // as bury does
	if info, err := q.stream.Info(t.Context()); err != nil || info.State.Msgs != 1 {
		t.Errorf("%+v, %v", info, err)
	}
}

// silentStore is a store of objects whose list lost its mark, some times over.
type silentStore struct {
	jetstream.ObjectStore
	silent *int
}

func (s silentStore) Watch(context.Context, ...jetstream.WatchOpt) (jetstream.ObjectWatcher, error) {
	c := make(chan *jetstream.ObjectInfo, 2)
	c <- &jetstream.ObjectInfo{ObjectMeta: jetstream.ObjectMeta{Name: "o"}}
	if *s.silent--; *s.silent < 0 {
		c <- nil
	}
	return silentWatcher(c), nil
}

type silentWatcher chan *jetstream.ObjectInfo

func (w silentWatcher) Updates() <-chan *jetstream.ObjectInfo { return w }
func (silentWatcher) Stop() error                             { return nil }

// TestListWithoutMark: a list whose last entry went while it was told has no mark at its end. Whoever waited for that once waited for
// good; the list is asked for again, and is not taken for whole where none has its mark.
func TestListWithoutMark(t *testing.T) {
	t.Parallel()
	for silent, want := range map[int]error{0: nil, 2: nil, 9: errNoMark} {
		q := &Queue{markWait: 20 * time.Millisecond, reports: silentStore{silent: &silent}}
		if names, err := q.objects(t.Context()); !errors.Is(err, want) || err == nil && !slices.Equal(names, []string{"o"}) {
			t.Errorf("%q, %v", names, err)
		}
	}
}

// TestListWhileRemoved: the real server loses such a mark about once in 1,500 lists.
func TestListWhileRemoved(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	q.markWait = 300 * time.Millisecond
	for i := range 100 {
		for k := range 3 {
			if _, err := q.reports.PutBytes(t.Context(), string(rune('a'+k)), []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		ended := make(chan error, 1)
		go func() { ended <- q.reports.Delete(t.Context(), "c") }()
		time.Sleep(time.Duration(i%40) * 20 * time.Microsecond)
		if names, err := q.objects(t.Context()); err != nil || len(names) < 2 {
			t.Errorf("%q, %v", names, err)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
}
