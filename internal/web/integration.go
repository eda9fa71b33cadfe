// SPDX-License-Identifier: GPL-2.0-only

package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
)

// Integrates notes what the branch of all that passed came to.
func (x *Index) Integrates(i *fleet.Integrated) { x.change(func() { x.seen++; x.integrated = i }) }

// Integrated returns that, or nil.
func (x *Index) Integrated() *fleet.Integrated {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.integrated
}

// Passed returns the series whose newest version passed in all of its jobs, the oldest first, of lists that are wanted.
func (x *Index) Passed(wanted func(list string) bool) []fleet.Series {
	var passed []fleet.Series
	for _, f := range x.Families() {
		v := f.Versions[0]
		// Of one that a newer one of another title took the place of, jobs may be superseded.
		open := slices.ContainsFunc(v.Jobs, func(e *Entry) bool { return e.State() != "passed" })
		if !open && wanted(v.List) {
			passed = append(passed, v.Series)
		}
	}
	slices.SortFunc(passed, func(a, b fleet.Series) int { return cmp.Or(a.Posted.Compare(b.Posted), cmp.Compare(a.ID, b.ID)) })
	return passed
}

func (s *server) integrationView() view {
	return view{Title: "Integration", At: "integration", Root: "../", Integrated: s.Index.Integrated()}
}

func (s *server) integration(w http.ResponseWriter, r *http.Request) {
	if s.Index.Integrated() == nil {
		http.NotFound(w, r)
		return
	}
	s.show(w, "integration", s.integrationView())
}

func (s *server) integrationJSON(w http.ResponseWriter, r *http.Request) {
	i := s.Index.Integrated()
	if i == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(i)
}
