// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
)

// orphanAge is how long no result names the files of a report before they are removed: until then the worker that stored them may
// be about to name them. It is waited for, and not read off a clock, which may jump.
const orphanAge = time.Hour

// Recover queues the jobs that have neither a result nor a grave nor a message, which a crash between the two halves of
// [Queue.Submit] leaves. It returns how many there were, and how many records there are that cannot be read: they are passed over.
func (q *Queue) Recover(ctx context.Context) (queued, unread int, err error) {
	results, err := q.each(ctx, q.results)
	if err != nil {
		return 0, 0, err
	}
	dead, err := q.each(ctx, q.dead)
	if err != nil {
		return 0, 0, err
	}
	jobs, unread, err := q.records(ctx)
	if err != nil {
		return 0, 0, err
	}
	classes := map[string]bool{}
	for _, j := range jobs {
		if results[j.Key] != nil || dead[j.Key] != nil {
			continue
		}
		text, err := json.Marshal(j)
		if err != nil {
			return queued, unread, err
		}
		if err := q.publish(ctx, j, text, fmt.Sprintf("%s.%d", j.Key, time.Now().UnixNano()), classes); err != nil {
			return queued, unread, err
		}
		queued++
	}
	return queued, unread, nil
}

// Sweep removes the files that no result names, until ctx ends: those of which that is so at two looks, an hour apart.
func (q *Queue) Sweep(ctx context.Context) error {
	var before map[string]bool
	for ctx.Err() == nil {
		now, err := q.orphans(ctx)
		for name := range now {
			if err == nil && before[name] {
				err = q.reports.Delete(ctx, name)
			}
		}
		if err == nil { // else the server is away, and the next look is as good
			before = now
		}
		sleep(ctx, q.orphanAge)
	}
	return nil
}

// orphans returns the objects that no result names.
func (q *Queue) orphans(ctx context.Context) (map[string]bool, error) {
	found := map[string]bool{}
	// First the objects: what comes to be named meanwhile is none.
	objects, err := q.objects(ctx)
	if err != nil {
		return nil, err
	}
	results, err := q.each(ctx, q.results)
	if err != nil {
		return nil, err
	}
	for _, name := range objects {
		key, _, _ := strings.Cut(name, ".")
		var s stored
		if text := results[key]; text != nil && json.Unmarshal(text, &s) != nil {
			continue // a result that cannot be read may name it
		}
		if s.Object != name {
			found[name] = true
		}
	}
	return found, nil
}

// objects returns the names of all reports' objects.
func (q *Queue) objects(ctx context.Context) (names []string, err error) {
	err = listed(func() error {
		all, err := q.reports.Watch(ctx, jetstream.IgnoreDeletes())
		if err != nil {
			return err
		}
		defer all.Stop()
		names = nil
		return untilMark(ctx, all.Updates(), q.markWait, func(o *jetstream.ObjectInfo) { names = append(names, o.Name) })
	})
	return names, err
}

// Known returns all jobs that were ever submitted, in no order. Records that cannot be read are passed over; [Queue.Recover] counts
// them.
func (q *Queue) Known(ctx context.Context) ([]*fleet.Job, error) {
	jobs, _, err := q.records(ctx)
	return jobs, err
}

// records returns the jobs that were ever submitted, and how many records there are that cannot be read, such as those of another
// version: one of them is no reason to do nothing for the others.
func (q *Queue) records(ctx context.Context) (jobs []*fleet.Job, unread int, err error) {
	texts, err := q.each(ctx, q.jobs)
	for _, text := range texts {
		if j, err := fleet.ParseJob(text); err == nil {
			jobs = append(jobs, j)
		} else {
			unread++
		}
	}
	return jobs, unread, err
}

// each returns what a bucket has, by its keys.
func (q *Queue) each(ctx context.Context, bucket jetstream.KeyValue) (found map[string][]byte, err error) {
	err = listed(func() error {
		all, err := bucket.WatchAll(ctx, jetstream.IgnoreDeletes())
		if err != nil {
			return err
		}
		defer all.Stop()
		found = map[string][]byte{}
		return untilMark(ctx, all.Updates(), q.markWait, func(entry jetstream.KeyValueEntry) { found[entry.Key()] = entry.Value() })
	})
	return found, err
}

// Undertake buries the jobs that were handed out too often, because they ended each worker that had them, until ctx ends.
func (q *Queue) Undertake(ctx context.Context) error {
	stream, err := q.js.Stream(ctx, advisoryStream)
	if err != nil {
		return err
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: "undertaker", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		return err
	}
	running, err := consumer.Consume(func(msg jetstream.Msg) {
		if q.bury(ctx, msg.Data()) == nil {
			_ = msg.Ack()
		}
	})
	if err != nil {
		return err
	}
	<-ctx.Done()
	running.Stop()
	return nil
}

// bury takes the job of an advisory out of the queue.
func (q *Queue) bury(ctx context.Context, advisory []byte) error {
	var exceeded server.JSConsumerDeliveryExceededAdvisory
	if err := json.Unmarshal(advisory, &exceeded); err != nil {
		return nil // none of ours
	}
	msg, err := q.stream.GetMsg(ctx, exceeded.StreamSeq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil // it was done after all
	}
	if err != nil {
		return err
	}
	j, err := fleet.ParseJob(msg.Data)
	if err != nil {
		return q.stream.DeleteMsg(ctx, exceeded.StreamSeq)
	}
	if _, err := q.results.Get(ctx, j.Key); err != nil {
		g := &Grave{Job: *j, Error: fmt.Sprintf("given up after it was handed out %d times: no worker came to an end with it", exceeded.Deliveries)}
		if err := q.put(ctx, q.dead, g); err != nil {
			return err
		}
	}
	return q.stream.DeleteMsg(ctx, exceeded.StreamSeq)
}
