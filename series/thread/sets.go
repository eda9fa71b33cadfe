// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"fmt"
	"iter"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Sets reads the sets of inputs, one after the other, and closes the inputs. While the caller
// looks at one set, the next is read.
func Sets(inputs []*Input, opts IndexOptions) iter.Seq2[*patchset.Set, error] {
	return func(yield func(*patchset.Set, error) bool) {
		defer CloseAll(inputs)
		x := NewIndex(opts)
		defer x.Close()
		for _, in := range inputs {
			if err := x.Add(in); err != nil {
				yield(nil, err)
				return
			}
		}
		groups := x.assemble()
		if len(groups) == 0 {
			yield(nil, x.nothing())
			return
		}
		stop := make(chan struct{})
		ready := x.readAhead(groups, stop)
		defer func() {
			close(stop)
			for range ready { // until the reader has ended
			}
		}()
		for r := range ready {
			if !yield(r.set, r.err) || r.err != nil {
				return
			}
		}
	}
}

type setResult struct {
	set *patchset.Set
	err error
}

// readAhead reads the sets of groups in order, until one fails or stop is closed; then it
// closes the channel.
func (x *index) readAhead(groups []*group, stop <-chan struct{}) <-chan setResult {
	ready := make(chan setResult)
	go func() {
		defer close(ready)
		for _, g := range groups {
			set, err := x.set(g)
			select {
			case ready <- setResult{set, err}:
			case <-stop:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return ready
}

// nothing says why there is no set.
func (x *index) nothing() error {
	if len(x.Entries) == 0 {
		return hint.Wrap(fmt.Errorf("%w: there is no mail", NoPatchesErr),
			"name an mbox, a maildir, a folder of .patch files, a Message-ID or A..B")
	}
	first := x.Entries[0]
	where := first.In.Source(first.span.Line)
	for _, e := range x.Entries {
		if !e.subj.Reply && e.parent == 0 {
			return hint.Wrap(fmt.Errorf("%w: %s (the first: %s), none of them with a diff", NoPatchesErr, report.Plural(len(x.Entries), "mail"), where),
				"is this the right file?")
		}
	}
	return hint.Wrap(fmt.Errorf("%w: %d mails (the first: %s), all of them replies", NoPatchesErr, len(x.Entries), where),
		"fetch the whole thread: name the Message-ID of one of its mails")
}
