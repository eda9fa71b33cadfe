// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"fmt"
	"io"
	"iter"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/source"
)

// Read reads one series in all its versions of r, an mbox or a single mail, as [One] does. Name stands for r in messages.
func Read(r io.Reader, name string, opts Options) ([]*patchset.Set, error) {
	in, err := source.Stream(name, r, opts.PatchFormat)
	if err != nil {
		return nil, err
	}
	return One([]*source.Input{in}, opts)
}

// Sets reads the sets of inputs, one after the other, and closes the inputs. While the caller
// looks at one set, the next is read.
func Sets(inputs []*source.Input, opts Options) iter.Seq2[*patchset.Set, error] {
	return func(yield func(*patchset.Set, error) bool) {
		defer source.CloseAll(inputs)
		x := newIndex(opts)
		defer x.close()
		groups, err := x.groups(inputs)
		if err != nil {
			yield(nil, err)
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

// groups reads the headers of inputs and sorts the mails into series.
func (x *index) groups(inputs []*source.Input) ([]*group, error) {
	for _, in := range inputs {
		if err := x.add(in); err != nil {
			return nil, err
		}
	}
	groups := x.assemble()
	if len(groups) == 0 {
		return nil, x.nothing()
	}
	return groups, nil
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
	if len(x.entries) == 0 {
		return hint.Wrap(fmt.Errorf("%w: there is no mail", source.ErrNoPatches),
			"name an mbox, a maildir, a folder of .patch files, a Message-ID or A..B")
	}
	first := x.entries[0]
	where := first.in.Source(first.span.Line)
	for _, e := range x.entries {
		if !e.subj.Reply && e.parent == 0 {
			return hint.Wrap(fmt.Errorf("%w: %s (the first: %s), none of them with a diff", source.ErrNoPatches, report.Plural(len(x.entries), "mail"), where),
				"is this the right file?")
		}
	}
	return hint.Wrap(fmt.Errorf("%w: %s (the first: %s), nothing but replies", source.ErrNoPatches, report.Plural(len(x.entries), "mail"), where),
		"fetch the whole thread: name the Message-ID of one of its mails")
}
