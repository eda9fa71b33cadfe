// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// A placed is one patch of the stack, with what the lock says of it.
type placed struct {
	entry *Locked
	patch *LockedPatch
	// sent is the patch as it was sent, and used the one that is applied: that, or what was resolved.
	sent, used *patchset.Patch
	// number is its place in the stack, and index that in its entry, both from 1, among all patches: those that are left
	// out too.
	number, index int
}

// A plan is all patches of a lock in their order.
type plan struct {
	manifest *Manifest
	patches  []*placed
}

// plan reads the mails of all entries.
func (s *Stack) plan(ctx context.Context, m *Manifest, l *Lock) (*plan, error) {
	p := &plan{manifest: m}
	for _, e := range l.Entries {
		set, err := s.mails(ctx, e)
		if err != nil {
			return nil, err
		}
		for i, patch := range set.Patches {
			at := &placed{entry: e, patch: e.Patches[i], sent: patch, used: patch, number: len(p.patches) + 1, index: i + 1}
			if at.patch.Resolved != "" {
				if at.used, err = s.resolution(at.patch.Resolved); err != nil {
					return nil, fmt.Errorf("entry %s: patch %d: %w", e.Name, i+1, err)
				}
			}
			p.patches = append(p.patches, at)
		}
	}
	return p, nil
}

// resolution reads a patch below resolved/.
func (s *Stack) resolution(name string) (*patchset.Patch, error) {
	data, err := below.ReadNamed(filepath.Join(s.Dir, resolvedDir, name), maxMails)
	if errors.Is(err, os.ErrNotExist) {
		return nil, hint.Wrap(fmt.Errorf("%s is not there, which the lock names", filepath.Join(resolvedDir, name)), "copy "+resolvedDir+"/ from where the stack was made")
	}
	if err != nil {
		return nil, err
	}
	return onePatch(data, name)
}

// onePatch reads a mail with one patch.
func onePatch(data []byte, name string) (*patchset.Patch, error) {
	sets, err := series.Read(bytes.NewReader(data), name, nil)
	if err != nil {
		return nil, err
	}
	if len(sets[0].Patches) != 1 {
		return nil, fmt.Errorf("%s holds %d patches, and stands for one", name, len(sets[0].Patches))
	}
	return sets[0].Patches[0], nil
}

// parts returns what is applied: the patches that wanted keeps, each entry with its options. Where threeWay is set every entry
// may be merged. A patch that was resolved goes in as it is.
func (p *plan) parts(wanted func(*placed) bool, threeWay bool) []apply.Part {
	var parts []apply.Part
	var last *Locked
	for _, at := range p.patches {
		if !wanted(at) {
			continue
		}
		if at.entry != last || len(parts) == 0 {
			last = at.entry
			parts = append(parts, apply.Part{Set: &patchset.Set{Picked: true, Total: len(p.patches)}, Options: p.options(at.entry.Name, threeWay)})
		}
		patch := *at.used
		patch.Index = at.number
		set := parts[len(parts)-1].Set
		set.Patches = append(set.Patches, &patch)
	}
	return parts
}

// options returns how the patches of an entry are placed.
func (p *plan) options(name string, threeWay bool) *apply.Options {
	opts := &apply.Options{ThreeWay: threeWay}
	e := p.manifest.Entry(name)
	if e == nil {
		return opts
	}
	opts.ThreeWay = threeWay || e.ThreeWay
	opts.Fuzz = e.Fuzz
	if e.Strip != nil {
		if opts.Strip = *e.Strip; opts.Strip == 0 {
			opts.Strip = -1
		}
	}
	return opts
}

// inStack keeps what is not upstream already.
func inStack(at *placed) bool { return at.patch.Upstream == "" }

// at returns the patch with that number.
func (p *plan) at(number int) *placed { return p.patches[number-1] }

// name is how people call a patch: "rust-lsm 3/5: title".
func (at *placed) name() string {
	return fmt.Sprintf("%s %d/%d: %s", at.entry.Name, at.index, len(at.entry.Patches), at.patch.Title)
}
