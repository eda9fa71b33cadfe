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

// orphanAge is how old the files of a report are that no result names before they are removed: until then the worker that
// stored them may be about to name them.
const orphanAge = time.Hour

// Recover queues the jobs that have neither a result nor a grave nor a message, which a crash between the two halves of
// [Queue.Submit] leaves, and removes files that no result names. It returns how many of each there were.
func (q *Queue) Recover(ctx context.Context) (queued, removed int, err error) {
	results, err := q.each(ctx, q.results)
	if err != nil {
		return 0, 0, err
	}
	dead, err := q.each(ctx, q.dead)
	if err != nil {
		return 0, 0, err
	}
	jobs, err := q.each(ctx, q.jobs)
	if err != nil {
		return 0, 0, err
	}
	for key, text := range jobs {
		if results[key] != nil || dead[key] != nil {
			continue
		}
		j, err := fleet.ParseJob(text)
		if err != nil {
			return queued, removed, err
		}
		if err := q.publish(ctx, j, text, fmt.Sprintf("%s.%d", key, time.Now().UnixNano())); err != nil {
			return queued, removed, err
		}
		queued++
	}
	removed, err = q.sweep(ctx, results)
	return queued, removed, err
}

// sweep removes the objects that no result names.
func (q *Queue) sweep(ctx context.Context, results map[string][]byte) (removed int, err error) {
	objects, err := q.reports.List(ctx)
	if errors.Is(err, jetstream.ErrNoObjectsFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, o := range objects {
		key, _, _ := strings.Cut(o.Name, ".")
		var s stored
		if text := results[key]; text != nil {
			if err := json.Unmarshal(text, &s); err != nil {
				return removed, err
			}
		}
		if s.Object == o.Name || time.Since(o.ModTime) < orphanAge {
			continue
		}
		if err := q.reports.Delete(ctx, o.Name); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// Known returns all jobs that were ever submitted, in no order.
func (q *Queue) Known(ctx context.Context) ([]*fleet.Job, error) {
	texts, err := q.each(ctx, q.jobs)
	if err != nil {
		return nil, err
	}
	var jobs []*fleet.Job
	for _, text := range texts {
		j, err := fleet.ParseJob(text)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// errWatchEnded is the error of a bucket that says nothing more, as its connection is closed.
var errWatchEnded = errors.New("the queue is closed")

// each returns what a bucket has, by its keys.
func (q *Queue) each(ctx context.Context, bucket jetstream.KeyValue) (map[string][]byte, error) {
	all, err := bucket.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, err
	}
	defer all.Stop()
	found := map[string][]byte{}
	for {
		select {
		case entry, ok := <-all.Updates():
			if !ok {
				return nil, errWatchEnded
			}
			if entry == nil {
				return found, nil
			}
			found[entry.Key()] = entry.Value()
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
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
