// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Ability is what a worker can do.
type Ability struct {
	// Checks alone: no builds.
	Checks bool
	// Arches and Toolchains are those it builds for and with; any where there are none.
	Arches, Toolchains []string
	KVM                bool
	// Memory is what it has, in MiB; 0 is any.
	Memory int
}

// can reports whether the jobs of a consumer are for a worker.
func (a *Ability) can(needs map[string]string) bool {
	if needs["kind"] != "build" {
		return true
	}
	gib, _ := strconv.Atoi(needs["memory"])
	return !a.Checks && oneOf(a.Arches, needs["arch"]) && oneOf(a.Toolchains, needs["toolchain"]) &&
		(a.KVM || needs["kvm"] != "true") && (a.Memory == 0 || gib*1024 <= a.Memory)
}

func oneOf(names []string, name string) bool { return len(names) == 0 || slices.Contains(names, name) }

// Running is what a worker tells about the job in its hands.
type Running struct {
	Worker  string    `json:"worker"`
	Key     string    `json:"key"`
	Since   time.Time `json:"since"`
	Attempt int       `json:"attempt"`
	// Says is the last line of the job.
	Says string `json:"says,omitempty"`
}

// Work takes jobs out of the queue that worker can do, up to parallel at once, until ctx ends or, where once is set, none
// is left that waits. It calls done for each, one call at a time; fresh is false where the job had been done before.
//
// A job whose worker ends is handed out again. One that breaks rests, the longer the more often it broke, and is given up
// after worker.Attempts times.
func (q *Queue) Work(ctx context.Context, worker *fleet.Worker, can *Ability, parallel int, once bool, done func(r *fleet.Result, fresh bool)) error {
	group, ctx := errgroup.WithContext(ctx)
	var turn sync.Mutex
	for i := range max(1, parallel) {
		hand := &hand{queue: q, worker: worker, can: can, name: fmt.Sprintf("%s-%d", worker.Name, i+1)}
		group.Go(func() error {
			return hand.work(ctx, once, func(r *fleet.Result, fresh bool) {
				turn.Lock()
				defer turn.Unlock()
				done(r, fresh)
			})
		})
	}
	return group.Wait()
}

// A hand does one job at a time.
type hand struct {
	queue     *Queue
	worker    *fleet.Worker
	can       *Ability
	name      string
	consumers []jetstream.Consumer
	looked    time.Time
	// ackWait is that of the consumer of the job in hand.
	ackWait time.Duration
}

// idle is how long a hand waits for a job before it looks whether there are new kinds of them.
const idle = time.Second

func (h *hand) work(ctx context.Context, once bool, done func(*fleet.Result, bool)) error {
	for empty := 0; ctx.Err() == nil; {
		msg, err := h.next(ctx, once)
		switch {
		case err != nil: // the server is away
			sleep(ctx, idle)
		case msg != nil:
			empty = 0
			h.take(ctx, msg, done)
		case once:
			// A job that was submitted a moment ago may not be known to its consumer yet: the server tells it when it has time.
			if empty++; empty == 2 {
				return nil
			}
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// next returns a job that this hand can do, or nil where there is none for a while; where once is set, for a moment.
func (h *hand) next(ctx context.Context, once bool) (jetstream.Msg, error) {
	if time.Since(h.looked) > idle || len(h.consumers) == 0 {
		if err := h.look(ctx); err != nil {
			return nil, err
		}
	}
	for i := range h.consumers {
		batch, err := h.consumers[i].FetchNoWait(1)
		if err != nil {
			return nil, err
		}
		msg, err := h.first(h.consumers[i], batch)
		if msg != nil {
			// The next time the others come first.
			h.consumers = append(h.consumers[i+1:], h.consumers[:i+1]...)
		}
		if msg != nil || err != nil {
			return msg, err
		}
	}
	if once || len(h.consumers) != 1 {
		sleep(ctx, idle/4)
		return nil, ctx.Err()
	}
	batch, err := h.consumers[0].Fetch(1, jetstream.FetchMaxWait(idle))
	if err != nil {
		return nil, err
	}
	return h.first(h.consumers[0], batch)
}

// first returns the message that a batch has, or nil where it has none.
func (h *hand) first(c jetstream.Consumer, batch jetstream.MessageBatch) (jetstream.Msg, error) {
	for msg := range batch.Messages() {
		h.ackWait = c.CachedInfo().Config.AckWait
		return msg, nil
	}
	if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) {
		return nil, err
	}
	return nil, nil
}

// look lists the consumers whose jobs this hand can do.
func (h *hand) look(ctx context.Context) error {
	list := h.queue.stream.ListConsumers(ctx)
	found := map[string]bool{}
	for info := range list.Info() {
		found[info.Name] = h.can.can(info.Config.Metadata)
	}
	if err := list.Err(); err != nil {
		return err
	}
	h.looked = time.Now()
	h.consumers = slices.DeleteFunc(h.consumers, func(c jetstream.Consumer) bool { return !found[c.CachedInfo().Name] })
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if !found[name] || slices.ContainsFunc(h.consumers, func(c jetstream.Consumer) bool { return c.CachedInfo().Name == name }) {
			continue
		}
		c, err := h.queue.stream.Consumer(ctx, name)
		if err != nil {
			return err
		}
		h.consumers = append(h.consumers, c)
	}
	return nil
}

// take does the job of a message and acknowledges it; what cannot be done goes back into the queue.
func (h *hand) take(ctx context.Context, msg jetstream.Msg, done func(*fleet.Result, bool)) {
	attempt := 1
	if meta, err := msg.Metadata(); err == nil {
		attempt = int(meta.NumDelivered)
	}
	j, err := fleet.ParseJob(msg.Data())
	if err != nil {
		_ = msg.TermWithReason(err.Error())
		return
	}
	if s, err := h.queue.Result(ctx, j.Key); err == nil {
		if msg.DoubleAck(ctx) == nil {
			done(s, false)
		}
		return
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	said := new(lastLine)
	beat := h.beat(ctx, msg, Running{Worker: h.name, Key: j.Key, Since: time.Now().UTC(), Attempt: attempt}, said)
	out, err := h.do(ctx, j, said)
	if err != nil || out.Verdict == report.Broken {
		beat()
		h.giveBack(ctx, msg, j, attempt, out, err)
		return
	}
	out.Attempt = attempt
	// The outcome of an hour's build waits for a server that is away.
	var fresh bool
	for pause := idle / 4; ; pause = min(2*pause, 10*time.Second) {
		if fresh, err = h.queue.Keep(ctx, out, h.name); err == nil || ctx.Err() != nil {
			break
		}
		sleep(ctx, pause)
	}
	beat()
	if err != nil {
		return // the job comes again
	}
	_ = msg.DoubleAck(ctx) // else the job comes again, and finds its result
	done(&out.Result, fresh)
}

// do fetches the mails of a job and does it.
func (h *hand) do(ctx context.Context, j *fleet.Job, said *lastLine) (*fleet.Outcome, error) {
	box, err := h.queue.Mails(ctx, j.Series.Mails)
	if err != nil {
		return nil, fmt.Errorf("the mails of the job: %w", err)
	}
	w := *h.worker
	w.Name, w.Progress = h.name, said
	return w.Do(ctx, j, box)
}

// giveBack returns a job that broke, or buries it after the last try.
func (h *hand) giveBack(ctx context.Context, msg jetstream.Msg, j *fleet.Job, attempt int, out *fleet.Outcome, err error) {
	why := ""
	switch {
	case out != nil:
		why = out.Error
	case err != nil:
		why = err.Error()
	}
	if ctx.Err() != nil { // this worker is ending: another may begin at once
		_ = msg.Nak()
		return
	}
	if attempt < h.worker.Tries() {
		_ = msg.NakWithDelay(h.ackWait << min(attempt-1, 6))
		return
	}
	if err := h.queue.put(ctx, h.queue.dead, &Grave{Job: *j, Error: why}); err == nil {
		_ = msg.TermWithReason("it broke too often")
	}
}

// beat tells the queue and whoever watches that the job is in work, until the returned function is called.
func (h *hand) beat(ctx context.Context, msg jetstream.Msg, now Running, said *lastLine) func() {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	key := unsafeKey.ReplaceAllString(h.name, "_")
	go func() {
		defer close(ended)
		for {
			now.Says = said.String()
			text, _ := json.Marshal(now)
			_, _ = h.queue.running.Put(ctx, key, text)
			sleep(ctx, min(h.ackWait/3, 5*time.Second))
			if ctx.Err() != nil {
				return
			}
			_ = msg.InProgress()
		}
	}()
	return func() {
		cancel()
		<-ended
		_ = h.queue.running.Delete(context.WithoutCancel(ctx), key)
	}
}

// unsafeKey is what a key of a bucket cannot have.
var unsafeKey = lazyregexp.New(`[^-/_=.a-zA-Z0-9]|^\.|\.$`)

// Keep stores an outcome that by brings, and reports whether it was the first of its key: all others leave nothing.
func (q *Queue) Keep(ctx context.Context, out *fleet.Outcome, by string) (bool, error) {
	var object bytes.Buffer
	w := zip.NewWriter(&object)
	for _, name := range slices.Sorted(maps.Keys(out.Files)) {
		f, err := w.Create(name)
		if err != nil {
			return false, err
		}
		if _, err := f.Write(out.Files[name]); err != nil {
			return false, err
		}
	}
	if err := w.Close(); err != nil {
		return false, err
	}
	s := stored{Result: out.Result, Object: strings.Join([]string{out.Job.Key, unsafeKey.ReplaceAllString(by, "_"), strconv.FormatInt(time.Now().UnixNano(), 36)}, ".")}
	if _, err := q.reports.PutBytes(ctx, s.Object, object.Bytes()); err != nil {
		return false, err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return false, err
	}
	_, err = q.results.Create(ctx, out.Job.Key, text)
	if err == nil {
		_ = q.dead.Purge(ctx, out.Job.Key)
		return true, nil
	}
	// Another was first; or this very call was, and its answer got lost.
	if now, getErr := q.stored(ctx, out.Job.Key); getErr == nil {
		if now.Object == s.Object {
			return true, nil
		}
		_ = q.reports.Delete(ctx, s.Object)
		return false, nil
	}
	return false, err
}

// lastLine keeps the last line that was written to it.
type lastLine struct {
	mu         sync.Mutex
	line, part []byte
}

// maxLine is how much of a line is kept.
const maxLine = 400

func (l *lastLine) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(b) {
		l.part = append(l.part, line[:min(len(line), maxLine-min(maxLine, len(l.part)))]...)
		if bytes.ContainsAny(line, "\r\n") {
			if text := bytes.TrimSpace(l.part); len(text) > 0 {
				l.line = bytes.Clone(text)
			}
			l.part = l.part[:0]
		}
	}
	return len(b), nil
}

func (l *lastLine) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return report.Printable(string(l.line))
}
