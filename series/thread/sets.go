// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lane"
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

// readers is how many sets are read at once, or wait for the caller: reading is the most of the work.
const readers = 3

// Sets reads the sets of inputs, one after the other, and closes the inputs. While the caller
// looks at one set, the next ones are read.
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
		for set, err := range lane.Map(each(groups), readers, func(g *group) (*patchset.Set, error) {
			own := *x // with a mailbox of its own open
			own.current, own.reader = nil, nil
			defer own.close()
			set, err := own.set(g)
			if large := new(tooLargeError); opts.PassOver != nil && errors.As(err, large) {
				opts.PassOver(err)
				return nil, nil
			}
			return set, err
		}) {
			if (set != nil || err != nil) && !yield(set, err) {
				return
			}
		}
	}
}

// each yields the groups.
func each(groups []*group) iter.Seq2[*group, error] {
	return func(yield func(*group, error) bool) {
		for _, g := range groups {
			if !yield(g, nil) {
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
	x.listed(inputs)
	groups := x.assemble()
	if len(groups) == 0 {
		return nil, x.nothing()
	}
	return groups, x.withoutPatch(inputs)
}

// withoutPatch is the error for a file of patches that has none and is no cover letter and no reply, or nil: git am stops at
// it. Of a series file of quilt patches may be empty.
func (x *index) withoutPatch(inputs []*source.Input) error {
	has := map[*source.Input]bool{}
	for _, e := range x.entries {
		if e.kind != kindReply || e.diff || e.subj.Reply || e.parent != 0 || e.target != nil {
			has[e.in] = true
		}
	}
	for _, in := range inputs {
		if in.Files && !in.Ordered && !in.IsForeign() && !has[in] {
			return hint.Wrap(fmt.Errorf("%s: %w in this file", in.Name, source.ErrNoPatches), "leave it out, or put the patch into it")
		}
	}
	return nil
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
	way := "fetch the whole thread: name the Message-ID of one of its mails"
	if first.in.Wanted != "" {
		way = "what they answer is not in it: look in another archive"
	}
	return hint.Wrap(fmt.Errorf("%w: %s (the first: %s), nothing but replies", source.ErrNoPatches, report.Plural(len(x.entries), "mail"), where), way)
}
