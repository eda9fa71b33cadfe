// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"context"
	"errors"
	"io/fs"

	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// A Part is one series of several that land in one step. Of Options those count that say how a patch is read and placed:
// ThreeWay, Fuzz, Context, Strip, Directory, UnidiffZero, Filters, and what is added to messages. The indexes of the patches
// must be unique among all parts: results and conflicts name patches by them.
type Part struct {
	Set     *patchset.Set
	Options *Options
}

// Parts applies several series, one on top of the other, as [To] applies one: all of them land in one step, or nothing
// changes. Opts say where, and whether to go on after a patch that does not fit. T must be a git repository.
func Parts(ctx context.Context, t *tree.Tree, parts []Part, opts *Options) (*Result, error) {
	if !t.IsGit() {
		return nil, errors.New("several series land in a git repository only")
	}
	return applyGit(ctx, t, parts, opts)
}

// OverlayParts is [Overlay] for several series. Options.Reverse of opts takes all of them out, the last first.
func OverlayParts(ctx context.Context, before fs.FS, parts []Part, opts *Options) (after fs.FS, _ *Result, err error) {
	s := newSession(before, opts)
	s.keepSteps, s.result.before = true, before
	if s.white, err = whitespaceOf(ctx, nil, opts); err != nil {
		return nil, nil, err
	}
	if err := s.parts(ctx, parts); err != nil {
		return nil, nil, err
	}
	return s.files, s.result, nil
}

// parts applies each part with its own options, up to the first patch that does not fit, or all of them with KeepGoing.
func (s *session) parts(ctx context.Context, parts []Part) error {
	whole := s.opts
	defer func() { s.opts = whole }()
	for i := range parts {
		part := &parts[i]
		if whole.Reverse {
			part = &parts[len(parts)-1-i]
		}
		opts := *whole
		if o := part.Options; o != nil && o != whole {
			opts.ThreeWay, opts.Fuzz, opts.Context, opts.Strip, opts.Directory = o.ThreeWay, o.Fuzz, o.Context, o.Strip, o.Directory
			opts.UnidiffZero, opts.Filters = o.UnidiffZero, o.Filters
			opts.Signoff, opts.MessageID, opts.Link = o.Signoff, o.MessageID, o.Link
		}
		s.opts = &opts
		if err := s.patches(ctx, part.Set); err != nil {
			return err
		}
		if len(s.result.Conflicts) > 0 && !whole.KeepGoing {
			return nil
		}
	}
	return nil
}

// joined returns one set of the patches of all parts.
func joined(parts []Part) *patchset.Set {
	if len(parts) == 1 {
		return parts[0].Set
	}
	set := &patchset.Set{}
	for _, p := range parts {
		set.Patches = append(set.Patches, p.Set.Patches...)
	}
	set.Total = len(set.Patches)
	return set
}
