// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// Names of what JetStream keeps for us.
const (
	jobStream      = "LSMPATCH_JOBS"
	advisoryStream = "LSMPATCH_EXCEEDED"
	jobSubject     = "lsmpatch.job." // CLASS.KEY
	advisories     = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES." + jobStream + ".*"
	bucketJobs     = "lsmpatch-jobs"
	bucketResults  = "lsmpatch-results"
	bucketDead     = "lsmpatch-dead"
	bucketRunning  = "lsmpatch-running"
	bucketSaid     = "lsmpatch-said"
	bucketMails    = "lsmpatch-mails"
	bucketReports  = "lsmpatch-reports"
)

// Options say where the queue is.
type Options struct {
	// URL is that of a NATS server with JetStream. Engine, where it is not nil, is asked in its place, without a network or TLS.
	URL    string
	Engine *Engine
	// TokenFile has a token, Creds is a file of NATS credentials; CA, Cert and Key are PEM files for TLS. All may be "".
	TokenFile, Creds, CA, Cert, Key string
	// AckWait is how long a worker may be silent before its job goes to another, 30 s where it is 0. Deliveries is how often a
	// job is handed out in all, 10 where it is 0: one that ends its workers is given up then.
	AckWait    time.Duration
	Deliveries int
}

// A Queue is a connection to one. It finds its way back when the server is away for a while.
type Queue struct {
	conn                         *nats.Conn
	js                           jetstream.JetStream
	stream                       jetstream.Stream
	jobs, results, dead, running jetstream.KeyValue
	said, notes                  jetstream.KeyValue
	mails, reports               jetstream.ObjectStore
	// chunks is the stream that reports are in.
	chunks     jetstream.Stream
	ackWait    time.Duration
	deliveries int
	// handAge, orphanAge and markWait are the constants, but for tests.
	handAge, orphanAge, markWait time.Duration
}

// Connect connects, and makes what is not there yet.
func Connect(ctx context.Context, opts *Options) (*Queue, error) {
	conn, err := dial(opts)
	if err != nil {
		return nil, err
	}
	q := &Queue{conn: conn, ackWait: cmp.Or(opts.AckWait, 30*time.Second), deliveries: cmp.Or(opts.Deliveries, 10), handAge: handAge, orphanAge: orphanAge, markWait: markWait}
	if q.js, err = jetstream.New(conn); err == nil {
		err = q.prepare(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("the queue: %w", err)
	}
	return q, nil
}

// dial opens the connection, which is made anew whenever it breaks.
func dial(opts *Options) (*nats.Conn, error) {
	dialing := []nats.Option{nats.Name("lsmpatch"), nats.MaxReconnects(-1), nats.ReconnectWait(500 * time.Millisecond), nats.Timeout(10 * time.Second)}
	url, tokenFile := opts.URL, opts.TokenFile
	ca, cert, key := opts.CA, opts.Cert, opts.Key
	if opts.Engine != nil {
		url, tokenFile = "", opts.Engine.TokenFile
		ca, cert, key = "", "", "" // those of the server: nothing is encrypted within a process
		dialing = append(dialing, nats.InProcessServer(opts.Engine.server))
	}
	if tokenFile != "" {
		token, err := Token(tokenFile, false)
		if err != nil {
			return nil, err
		}
		dialing = append(dialing, nats.Token(token))
	}
	if opts.Creds != "" {
		dialing = append(dialing, nats.UserCredentials(opts.Creds))
	}
	if ca != "" {
		dialing = append(dialing, nats.RootCAs(ca))
	}
	if cert != "" || key != "" {
		dialing = append(dialing, nats.ClientCert(cert, key))
	}
	conn, err := nats.Connect(url, dialing...)
	if errors.Is(err, nats.ErrAuthorization) || err != nil && strings.Contains(strings.ToLower(err.Error()), "authorization") {
		err = hint.Wrap(err, "--token-file names the file token in the folder of serve, --creds a file of NATS credentials")
	}
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", cmp.Or(url, "the queue"), err)
	}
	return conn, nil
}

// prepare makes the streams and buckets.
func (q *Queue) prepare(ctx context.Context) (err error) {
	// One message for a subject, and so for a key, as long as it is not done; beyond that the window drops doubles.
	q.stream, err = q.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: jobStream, Subjects: []string{jobSubject + ">"}, Retention: jetstream.WorkQueuePolicy,
		Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, MaxMsgsPerSubject: 1, Duplicates: 2 * time.Minute,
		MaxMsgSize: limit.QueueMessage})
	if err != nil {
		return err
	}
	_, err = q.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: advisoryStream, Subjects: []string{advisories}, Retention: jetstream.WorkQueuePolicy,
		Storage: jetstream.FileStorage})
	if err != nil {
		return err
	}
	for _, b := range []struct {
		at   *jetstream.KeyValue
		name string
		ttl  time.Duration
	}{{&q.jobs, bucketJobs, 0}, {&q.results, bucketResults, 0}, {&q.dead, bucketDead, 0}, {&q.said, bucketSaid, 0}, {&q.notes, bucketNotes, 0}, {&q.running, bucketRunning, handAge}} {
		if *b.at, err = q.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: b.name, History: 1, TTL: b.ttl, Storage: jetstream.FileStorage}); err != nil {
			return err
		}
	}
	if q.mails, err = q.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: bucketMails, Storage: jetstream.FileStorage, Compression: true}); err != nil {
		return err
	}
	if q.reports, err = q.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: bucketReports, Storage: jetstream.FileStorage}); err != nil {
		return err
	}
	q.chunks, err = q.js.Stream(ctx, "OBJ_"+bucketReports)
	return err
}

// Close ends the connection.
func (q *Queue) Close() { q.conn.Close() }

// classOf returns what a worker must be able to do for j, as a word of a subject and as words for people.
func classOf(j *fleet.Job) (string, map[string]string) {
	needs := map[string]string{"kind": "checks"}
	if j.Build {
		needs = map[string]string{"kind": "build", "arch": j.Arch, "toolchain": j.Toolchain, "kvm": strconv.FormatBool(j.KVM), "memory": strconv.Itoa((j.Memory + 1023) / 1024)}
	}
	sum := sha256.New()
	for _, name := range []string{"kind", "arch", "toolchain", "kvm", "memory"} {
		fmt.Fprintf(sum, "%q\n", needs[name])
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], needs
}

// Submit puts jobs into the queue, and the mailbox that they name, and returns how many were not done or queued before. It
// may be called again after an error, or by several: nothing is queued twice.
func (q *Queue) Submit(ctx context.Context, jobs []*fleet.Job, box []byte) (fresh int, err error) {
	if len(jobs) == 0 {
		return 0, nil
	}
	name := jobs[0].Series.Mails
	if _, err := q.mails.GetInfo(ctx, name); errors.Is(err, jetstream.ErrObjectNotFound) {
		if _, err := q.mails.PutBytes(ctx, name, box); err != nil {
			return 0, fmt.Errorf("storing the mails of %q: %w", jobs[0].Series.Title, err)
		}
	} else if err != nil {
		return 0, err
	}
	classes := map[string]bool{}
	for _, j := range jobs {
		text, err := json.Marshal(j)
		if err != nil {
			return fresh, err
		}
		// First the record, then the message: Recover queues what has no result and no message.
		_, err = q.jobs.Create(ctx, j.Key, text)
		if err == nil {
			fresh++
		} else if !errors.Is(err, jetstream.ErrKeyExists) {
			return fresh, err
		}
		if _, err := q.results.Get(ctx, j.Key); err == nil {
			continue
		}
		if _, err := q.dead.Get(ctx, j.Key); err == nil {
			continue // it was given up; Retry takes it up again
		}
		if err := q.publish(ctx, j, text, j.Key, classes); err != nil {
			return fresh, err
		}
	}
	return fresh, nil
}

// publish queues a job, unless it is queued. Its class gets a consumer, unless it is among classes, which have one.
func (q *Queue) publish(ctx context.Context, j *fleet.Job, text []byte, id string, classes map[string]bool) error {
	class, needs := classOf(j)
	if !classes[class] {
		_, err := q.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: class, FilterSubject: jobSubject + class + ".*", AckPolicy: jetstream.AckExplicitPolicy,
			AckWait: q.ackWait, MaxDeliver: q.deliveries, MaxAckPending: limit.QueueConnections, Metadata: needs})
		if err != nil {
			return err
		}
		classes[class] = true
	}
	_, err := q.js.Publish(ctx, jobSubject+class+"."+j.Key, text, jetstream.WithMsgID(id))
	var api *jetstream.APIError
	if errors.As(err, &api) && strings.Contains(api.Description, "maximum messages per subject") {
		return nil // it is queued
	}
	return err
}

// Supersede takes those of keys out of the queue that nobody works on yet, and notes what came in their place.
func (q *Queue) Supersede(ctx context.Context, keys []string, by string) error {
	for _, key := range keys {
		entry, err := q.jobs.Get(ctx, key)
		if err != nil {
			return err
		}
		if _, err := q.results.Get(ctx, key); err == nil {
			continue
		}
		if err := q.takeOut(ctx, key); err != nil {
			return err
		}
		j := new(fleet.Job)
		if err := json.Unmarshal(entry.Value(), j); err != nil {
			return err
		}
		if err := q.put(ctx, q.dead, &Grave{Job: *j, Superseded: by}); err != nil {
			return err
		}
	}
	return nil
}

// takeOut takes the job of a key out of the queue, where it is in it.
func (q *Queue) takeOut(ctx context.Context, key string) error {
	return q.stream.Purge(ctx, jetstream.WithPurgeSubject(jobSubject+"*."+key))
}

// A Grave says why a job is not done.
type Grave struct {
	Job fleet.Job `json:"job"`
	// Error is why it was given up; Superseded is the ID of the series that came in its place.
	Error      string    `json:"error,omitempty"`
	Superseded string    `json:"superseded,omitempty"`
	When       time.Time `json:"when"`
}

func (q *Queue) put(ctx context.Context, bucket jetstream.KeyValue, g *Grave) error {
	g.When = time.Now().UTC()
	text, err := json.Marshal(g)
	if err != nil {
		return err
	}
	_, err = bucket.Put(ctx, g.Job.Key, text)
	return err
}

// GivenUp returns why the job of a key is not done, and [fleet.ErrNone] where it is, or may yet be.
func (q *Queue) GivenUp(ctx context.Context, key string) (string, error) {
	entry, err := q.dead.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		err = fleet.ErrNone
	}
	if err != nil {
		return "", err
	}
	g := new(Grave)
	if err := json.Unmarshal(entry.Value(), g); err != nil {
		return "", err
	}
	if g.Superseded != "" {
		return "a newer version came: " + g.Superseded, nil
	}
	return g.Error, nil
}

// Said are the trailers that replies gave to a series.
type Said struct {
	ID       string   `json:"id"`
	Trailers []string `json:"trailers"`
}

// Say notes the trailers of a series, by its ID, in place of those that it had.
func (q *Queue) Say(ctx context.Context, id string, trailers []string) error {
	text, err := json.Marshal(Said{id, trailers})
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(id))
	key := hex.EncodeToString(sum[:])
	if now, err := q.said.Get(ctx, key); err == nil && bytes.Equal(now.Value(), text) || errors.Is(err, jetstream.ErrKeyNotFound) && len(trailers) == 0 {
		return nil
	}
	_, err = q.said.Put(ctx, key, text)
	return err
}

// Retry queues a job again that was given up.
func (q *Queue) Retry(ctx context.Context, key string) error {
	entry, err := q.jobs.Get(ctx, key)
	if err != nil {
		return fmt.Errorf("%w: %w", fleet.ErrNone, err)
	}
	j, err := fleet.ParseJob(entry.Value())
	if err != nil {
		return err
	}
	// Who buried it may be about to take it out of the queue; until then it would be queued already, and then gone.
	if _, err := q.dead.Get(ctx, key); err == nil {
		if err := q.takeOut(ctx, key); err != nil {
			return err
		}
	}
	if err := q.dead.Purge(ctx, key); err != nil {
		return err
	}
	return q.publish(ctx, j, entry.Value(), fmt.Sprintf("%s.%d", key, time.Now().UnixNano()), map[string]bool{})
}

// stored is a result as the bucket has it, with the name of the object that has its files.
type stored struct {
	fleet.Result
	Object string `json:"object"`
}

// Result returns what the job of a key came to.
func (q *Queue) Result(ctx context.Context, key string) (*fleet.Result, error) {
	s, err := q.stored(ctx, key)
	if err != nil {
		return nil, err
	}
	return &s.Result, nil
}

func (q *Queue) stored(ctx context.Context, key string) (*stored, error) {
	entry, err := q.results.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		err = fleet.ErrNone
	}
	if err != nil {
		return nil, err
	}
	s := new(stored)
	return s, json.Unmarshal(entry.Value(), s)
}

// Mails returns the mailbox of a hash, as jobs name it, which it is held against: whoever may put into the queue may put another
// one there after the first has passed.
func (q *Queue) Mails(ctx context.Context, hash string) ([]byte, error) {
	box, err := q.mails.GetBytes(ctx, hash)
	if sum := sha256.Sum256(box); err == nil && hex.EncodeToString(sum[:]) != hash {
		return nil, fmt.Errorf("the mails %.12s are not what they were", hash)
	}
	return box, err
}

// File returns a file of what the job of a key brought.
func (q *Queue) File(ctx context.Context, key, name string) ([]byte, error) {
	s, err := q.stored(ctx, key)
	if err != nil {
		return nil, err
	}
	object, err := q.object(ctx, s.Object)
	if err != nil {
		return nil, fmt.Errorf("the files of %.12s: %w", key, err)
	}
	r, err := zip.NewReader(bytes.NewReader(object), int64(len(object)))
	if err != nil {
		return nil, err
	}
	f, err := r.Open(name)
	if err != nil {
		return nil, fleet.ErrNone
	}
	defer f.Close()
	return below.ReadAll(f, name, below.MaxFile)
}

// object reads the files of a report. Most are one chunk, which is asked for at once and held against its sum; to follow an
// object by a consumer of its own, as the library does, costs the server many times as much.
func (q *Queue) object(ctx context.Context, name string) ([]byte, error) {
	info, err := q.reports.GetInfo(ctx, name)
	if err != nil {
		return nil, err
	}
	if info.Chunks != 1 {
		return q.reports.GetBytes(ctx, name)
	}
	msg, err := q.chunks.GetLastMsgForSubject(ctx, "$O."+bucketReports+".C."+info.NUID)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(msg.Data)
	if info.Digest != "SHA-256="+base64.URLEncoding.EncodeToString(sum[:]) {
		return nil, errors.New("the sum is another")
	}
	return msg.Data, nil
}
