// SPDX-License-Identifier: GPL-2.0-only

package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// What two versions say is held against each other on request, one pair at a time, and kept for so many pairs. Mailboxes beyond a
// size are not, and of findings a page shows so many.
const (
	maxCompared = 100
	maxBox      = 16 << 20
	maxTold     = 200
)

// A comparison is what changed between two versions.
type comparison struct {
	Old, New *Version
	Changes  *report.Changes
	Jobs     []jobPair
	// Unlike is why the patches are not held against each other, or "".
	Unlike string
}

// A jobPair is the same job of two versions, with the findings that came and went.
type jobPair struct {
	Old, New    *Entry
	Fresh, Gone told
}

// told are findings under a heading, up to a number.
type told struct {
	Title    string
	Total    int
	Findings []report.Finding
}

// comparisons keeps what patches of two mailboxes came to.
type comparisons struct {
	mu   sync.Mutex
	kept map[[2]string]*report.Changes
}

// pair returns the versions that two numbers name; without them the newest and the one before. They are nil where there are no two.
func (f *Family) pair(old, new string) (before, after *Version) {
	if len(f.Versions) < 2 {
		return nil, nil
	}
	if old == "" && new == "" {
		return f.Versions[1], f.Versions[0]
	}
	for _, v := range f.Versions {
		if before == nil && strconv.Itoa(v.Version) == old {
			before = v
		}
		if after == nil && strconv.Itoa(v.Version) == new {
			after = v
		}
	}
	if before == nil || after == nil || before == after {
		return nil, nil
	}
	return before, after
}

// changes shows what changed between two versions: the patches, and what the jobs say.
func (s *server) changes(w http.ResponseWriter, r *http.Request) {
	f := s.Index.Family(r.PathValue("family"))
	if f == nil || s.Mails == nil {
		http.NotFound(w, r)
		return
	}
	old, new := f.pair(r.URL.Query().Get("old"), r.URL.Query().Get("new"))
	if old == nil {
		http.NotFound(w, r)
		return
	}
	c, err := s.compare(r.Context(), old, new)
	if err != nil {
		http.Error(w, "these versions cannot be compared at the moment", http.StatusServiceUnavailable)
		return
	}
	s.show(w, "changed", changesView(f, c))
}

func changesView(f *Family, c *comparison) view {
	return view{Title: "What changed: " + f.Versions[0].Title, At: "series", Root: "../../../", Family: f, Changed: c, Changes: c.Changes}
}

// compare holds two versions against each other.
func (s *server) compare(ctx context.Context, old, new *Version) (*comparison, error) {
	c := &comparison{Old: old, New: new}
	var err error
	c.Changes, err = s.patchChanges(ctx, old.Mails, new.Mails)
	switch {
	case errors.Is(err, errUnlike):
		c.Unlike = err.Error()
	case err != nil:
		return nil, err
	}
	for _, after := range new.Jobs {
		for _, before := range old.Jobs {
			if before.Label() != after.Label() || before.Result == nil || after.Result == nil {
				continue
			}
			pair, err := s.findingChanges(ctx, before, after)
			if err != nil {
				return nil, err
			}
			c.Jobs = append(c.Jobs, *pair)
			break
		}
	}
	return c, nil
}

// errUnlike is the error for mailboxes that are not held against each other, whenever they are asked for.
var errUnlike = errors.New("the patches are not compared")

// patchChanges returns what became of each patch from one mailbox to another.
func (s *server) patchChanges(ctx context.Context, old, new string) (*report.Changes, error) {
	s.compared.mu.Lock()
	defer s.compared.mu.Unlock()
	key := [2]string{old, new}
	if c := s.compared.kept[key]; c != nil {
		return c, nil
	}
	var boxes [2][]byte
	for i, hash := range key {
		box, err := s.Mails(ctx, hash)
		if err != nil {
			return nil, err
		}
		if len(box) > maxBox {
			return nil, fmt.Errorf("%w: the mails %.12s have more than %d MiB", errUnlike, hash, maxBox>>20)
		}
		boxes[i] = box
	}
	c, err := fleet.Changes(ctx, boxes[0], boxes[1])
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: %w", errUnlike, err)
	}
	if err != nil {
		return nil, err
	}
	if s.compared.kept == nil || len(s.compared.kept) >= maxCompared {
		s.compared.kept = map[[2]string]*report.Changes{}
	}
	s.compared.kept[key] = c
	return c, nil
}

// findingChanges returns the findings that one job has and another does not, wherever in their files they stand.
func (s *server) findingChanges(ctx context.Context, before, after *Entry) (*jobPair, error) {
	old, err := s.findings(ctx, before.Key)
	if err != nil {
		return nil, err
	}
	new, err := s.findings(ctx, after.Key)
	if err != nil {
		return nil, err
	}
	p := &jobPair{Old: before, New: after}
	p.Fresh, p.Gone = without(new, old), without(old, new)
	p.Fresh.Title, p.Gone.Title = "New findings", "Findings that are gone"
	return p, nil
}

// findings returns those of a job's report that stand.
func (s *server) findings(ctx context.Context, key string) ([]report.Finding, error) {
	text, err := s.Reports.File(ctx, key, fleet.ReportJSON)
	if err != nil {
		return nil, err
	}
	r, err := report.Read(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	var all []report.Finding
	for _, step := range r.Steps {
		for _, f := range step.Findings {
			if f.Waived == "" {
				all = append(all, f)
			}
		}
	}
	return all, nil
}

// without returns the findings of list that other does not have, each as often as it is there more often.
func without(list, other []report.Finding) told {
	key := func(f report.Finding) string { return f.Check + "\n" + f.File + "\n" + f.Message }
	has := map[string]int{}
	for _, f := range other {
		has[key(f)]++
	}
	var t told
	for _, f := range list {
		if has[key(f)]--; has[key(f)] >= 0 {
			continue
		}
		if t.Total++; t.Total <= maxTold {
			t.Findings = append(t.Findings, f)
		}
	}
	return t
}
