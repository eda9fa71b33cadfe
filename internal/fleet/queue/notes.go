// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
)

// Notes are what is told of series besides their jobs, by a key that begins so.
const (
	bucketNotes = "lsmpatch-notes"
	noteMeets   = "meets."
	// noteBranch is the key of what the branch of all that passed came to.
	noteBranch = "integration"
)

// meetsKey is that of a series.
func meetsKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return noteMeets + hex.EncodeToString(sum[:])
}

// Meet notes how a series stands to others, in place of what was noted.
func (q *Queue) Meet(ctx context.Context, m *fleet.Meetings) error {
	return q.putNote(ctx, meetsKey(m.ID), m)
}

// Met returns what was noted of a series, by its ID, or nil.
func (q *Queue) Met(ctx context.Context, id string) (*fleet.Meetings, error) {
	return note[fleet.Meetings](ctx, q, meetsKey(id))
}

// Integrate notes what the branch of all that passed came to, in place of what was noted.
func (q *Queue) Integrate(ctx context.Context, i *fleet.Integrated) error {
	return q.putNote(ctx, noteBranch, i)
}

// Integrated returns that, or nil.
func (q *Queue) Integrated(ctx context.Context) (*fleet.Integrated, error) {
	return note[fleet.Integrated](ctx, q, noteBranch)
}

// note returns what was noted under key, or nil.
func note[T any](ctx context.Context, q *Queue, key string) (*T, error) {
	entry, err := q.notes.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v := new(T)
	return v, json.Unmarshal(entry.Value(), v)
}

func (q *Queue) putNote(ctx context.Context, key string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = q.notes.Put(ctx, key, text)
	return err
}

// tellNote tells w of a note.
func tellNote(w Watcher, key string, text []byte) {
	switch {
	case key == noteBranch:
		if i := new(fleet.Integrated); text != nil && json.Unmarshal(text, i) == nil {
			w.Integrates(i)
		}
	case strings.HasPrefix(key, noteMeets):
		if m := new(fleet.Meetings); text != nil && json.Unmarshal(text, m) == nil {
			w.Meets(m)
		}
	}
}
