// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
)

// noteEars hears how series stand to others.
type noteEars struct {
	ears
	meets chan *fleet.Meetings
}

func (e noteEars) Meets(m *fleet.Meetings) { e.meets <- m }

// TestMeet: what is noted of a series is kept, replaced, and told to those who watch.
func TestMeet(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	if m, err := q.Met(t.Context(), "a@x"); m != nil || err != nil {
		t.Errorf("%+v, %v", m, err)
	}
	want := &fleet.Meetings{ID: "a@x", Tree: "t", Compared: 2, With: []fleet.Meeting{{ID: "b@x", Order: "none", Files: []string{"f"}}}}
	for _, m := range []*fleet.Meetings{{ID: "a@x"}, want} {
		if err := q.Meet(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if m, err := q.Met(t.Context(), "a@x"); err != nil || !cmp.Equal(want, m) {
		t.Errorf("%+v, %v", m, err)
	}
	e := noteEars{meets: make(chan *fleet.Meetings, 1)}
	ctx, stop := context.WithCancel(t.Context())
	ended, ready := make(chan error, 1), make(chan bool)
	go func() { ended <- q.Watch(ctx, e, func() { close(ready) }) }()
	if m := <-e.meets; !cmp.Equal(want, m) {
		t.Errorf("%+v", m)
	}
	<-ready
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestMailsStay: mails that somebody put in the place of those that passed are no mails of theirs. Workers held them against their
// hash, and what makes the branch of all that passed did not.
func TestMailsStay(t *testing.T) {
	t.Parallel()
	q := testQueue(t, t.TempDir())
	sum := sha256.Sum256([]byte("passed"))
	hash := hex.EncodeToString(sum[:])
	for _, box := range []string{"passed", "another"} {
		if _, err := q.mails.PutBytes(t.Context(), hash, []byte(box)); err != nil {
			t.Fatal(err)
		}
		if got, err := q.Mails(t.Context(), hash); (box == "passed") != (err == nil && string(got) == box) {
			t.Errorf("%s: %q, %v", box, got, err)
		}
	}
}
