// SPDX-License-Identifier: GPL-2.0-only

// Package web shows what a queue of jobs has come to, as pages for people.
//
// For most uses, make an [Index], have [queue.Queue.Watch] fill it, and serve [New] over it. The pages are made by the server
// and need no script; a small one shows progress while it runs. What a series says is text in them, and nothing from
// outside becomes the name of a file.
package web

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/fleet/queue"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// An Index has all jobs in memory, without their reports. It may be used by several at once.
type Index struct {
	mu         sync.RWMutex
	jobs       map[string]*Entry
	families   map[string][]*Entry
	workers    map[string]*queue.Running
	said       map[string][]string        // the trailers of a series, by its ID
	meets      map[string]*fleet.Meetings // how a series stands to others, by its ID
	integrated *fleet.Integrated
	// sorted are the families, the newest first; nil where something changed.
	sorted []*Family
	// changed is closed, and made anew, where something changes.
	changed chan struct{}
	// seen counts what became of jobs: new ones, results, those that were given up.
	seen int64
}

// An Entry is a job, and what became of it.
type Entry struct {
	fleet.Job
	Result *fleet.Result
	Grave  *queue.Grave
	Worker *queue.Running
}

// State is one word: passed, failed, error, superseded, running or queued.
func (e *Entry) State() string {
	switch {
	case e.Result != nil:
		return string(e.Result.Verdict)
	case e.Worker != nil:
		return "running"
	case e.Grave != nil && e.Grave.Superseded != "":
		return "superseded"
	case e.Grave != nil:
		return string(report.Broken)
	}
	return "queued"
}

// A Family is a series with all its versions.
type Family struct {
	ID       string
	Versions []*Version
}

// A Version is one of them, with its jobs.
type Version struct {
	fleet.Series
	Jobs []*Entry
	// Trailers are those that replies gave.
	Trailers []string
	// Meetings are how it stands to others that are pending, or nil where it was held against none.
	Meetings *fleet.Meetings
}

// State is the worst of the jobs that say something, else what they wait for.
func (v *Version) State() string {
	have := map[string]bool{}
	for _, j := range v.Jobs {
		have[j.State()] = true
	}
	for _, state := range []string{"failed", "error", "running", "queued", "passed", "superseded"} {
		if have[state] {
			return state
		}
	}
	return "queued"
}

// StepNames returns the names of the steps that any job of the version has.
func (v *Version) StepNames() []string {
	var names []string
	for _, j := range v.Jobs {
		if j.Result == nil {
			continue
		}
		for _, step := range j.Result.Steps {
			if !slices.Contains(names, step.Name) {
				names = append(names, step.Name)
			}
		}
	}
	return names
}

// HasLines reports whether any job of the version counted lines.
func (v *Version) HasLines() bool {
	return slices.ContainsFunc(v.Jobs, func(e *Entry) bool { return e.Result != nil && e.Result.Lines != nil })
}

// NewIndex returns an index of nothing.
func NewIndex() *Index {
	return &Index{jobs: map[string]*Entry{}, families: map[string][]*Entry{}, workers: map[string]*queue.Running{}, said: map[string][]string{}, meets: map[string]*fleet.Meetings{}, changed: make(chan struct{})}
}

// change runs f on the index, and wakes those who wait for a change.
func (x *Index) change(f func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	f()
	x.sorted = nil
	close(x.changed)
	x.changed = make(chan struct{})
}

// entry returns that of a job, which it makes where there is none. Long texts are left out.
func (x *Index) entry(j fleet.Job) *Entry {
	e := x.jobs[j.Key]
	if e == nil {
		j.Policy = ""
		if j.Config != nil {
			j.Config = &fleet.Config{Name: j.Config.Name, Target: j.Config.Target}
		}
		e = &Entry{Job: j}
		x.jobs[j.Key] = e
		x.families[j.Series.Family] = append(x.families[j.Series.Family], e)
	}
	return e
}

// keyRE and familyRE are what becomes a part of a URL, and of a file's name.
var (
	keyRE    = lazyregexp.New(`^[0-9a-f]{64}$`)
	familyRE = lazyregexp.New(`^[0-9a-f]{16}$`)
)

// isJob reports whether j is one as a planner makes it. Whoever may put into the queue may put anything there.
func isJob(j *fleet.Job) bool {
	return keyRE.MatchString(j.Key) && familyRE.MatchString(j.Series.Family)
}

// Job adds a job.
func (x *Index) Job(j *fleet.Job) {
	if isJob(j) {
		x.change(func() { x.seen++; x.entry(*j) })
	}
}

// Result adds what a job came to. An entry is replaced, as readers may hold the old one.
func (x *Index) Result(r *fleet.Result) {
	if !isJob(&r.Job) {
		return
	}
	x.change(func() {
		x.seen++
		short := *r
		short.Job = fleet.Job{}
		x.replace(x.entry(r.Job), func(e *Entry) { e.Result = &short })
	})
}

// Gave notes that a job was given up, and why; nil that it is wanted again.
func (x *Index) Gave(key string, g *queue.Grave) {
	x.change(func() {
		x.seen++
		e := x.jobs[key]
		if e == nil && g != nil && isJob(&g.Job) {
			e = x.entry(g.Job)
		}
		if e != nil {
			x.replace(e, func(e *Entry) { e.Grave = g })
		}
	})
}

// Runs notes what a worker does.
func (x *Index) Runs(worker string, r *queue.Running) {
	x.change(func() {
		if old := x.workers[worker]; old != nil && x.jobs[old.Key] != nil {
			x.replace(x.jobs[old.Key], func(e *Entry) { e.Worker = nil })
		}
		delete(x.workers, worker)
		if r == nil {
			return
		}
		x.workers[worker] = r
		if e := x.jobs[r.Key]; e != nil {
			x.replace(e, func(e *Entry) { e.Worker = r })
		}
	})
}

func (x *Index) replace(old *Entry, change func(*Entry)) {
	e := *old
	change(&e)
	x.jobs[e.Key] = &e
	family := slices.Clone(x.families[e.Series.Family])
	family[slices.Index(family, old)] = &e
	x.families[e.Series.Family] = family
}

// Said notes the trailers that replies gave to a series.
func (x *Index) Said(s *queue.Said) { x.change(func() { x.said[s.ID] = s.Trailers }) }

// Meets notes how a series stands to others.
func (x *Index) Meets(m *fleet.Meetings) { x.change(func() { x.meets[m.ID] = m }) }

// Get returns the job of a key, or nil.
func (x *Index) Get(key string) *Entry {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.jobs[key]
}

// Seen counts the jobs that came, and what became of them. What workers say meanwhile is not among it.
func (x *Index) Seen() int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.seen
}

// Changed returns a channel that is closed at the next change.
func (x *Index) Changed() <-chan struct{} {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.changed
}

// Workers returns what is done at the moment, by worker.
func (x *Index) Workers() []*queue.Running {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var all []*queue.Running
	for _, r := range x.workers {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *queue.Running) int { return cmp.Compare(a.Worker, b.Worker) })
	return all
}

// Families returns all series, the newest first. What it returns is not changed afterwards.
func (x *Index) Families() []*Family {
	x.mu.RLock()
	sorted := x.sorted
	x.mu.RUnlock()
	if sorted != nil {
		return sorted
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.sorted != nil {
		return x.sorted
	}
	x.sorted = make([]*Family, 0, len(x.families))
	for id, entries := range x.families {
		f := family(id, entries)
		for _, v := range f.Versions {
			v.Trailers = x.said[v.ID]
		}
		x.sorted = append(x.sorted, f)
	}
	x.addMeetings()
	slices.SortFunc(x.sorted, func(a, b *Family) int {
		return cmp.Or(b.Versions[0].Posted.Compare(a.Versions[0].Posted), cmp.Compare(a.ID, b.ID))
	})
	return x.sorted
}

// addMeetings gives the newest version of each family how it stands to others, as far as these are the newest as well.
func (x *Index) addMeetings() {
	newest := map[string]bool{}
	for _, f := range x.sorted {
		newest[f.Versions[0].ID] = true
	}
	for _, f := range x.sorted {
		v := f.Versions[0]
		if known := x.meets[v.ID]; known != nil {
			m := *known
			m.With = slices.DeleteFunc(slices.Clone(m.With), func(other fleet.Meeting) bool { return !newest[other.ID] || !familyRE.MatchString(other.Family) })
			v.Meetings = &m
		}
	}
}

// Family returns the series of an ID, or nil.
func (x *Index) Family(id string) *Family {
	families := x.Families()
	if i := slices.IndexFunc(families, func(f *Family) bool { return f.ID == id }); i >= 0 {
		return families[i]
	}
	return nil
}

// family sorts jobs by versions, the newest first.
func family(id string, entries []*Entry) *Family {
	f := &Family{ID: id}
	byID := map[string]*Version{}
	for _, e := range entries {
		v := byID[e.Series.ID]
		if v == nil {
			v = &Version{Series: e.Series}
			byID[e.Series.ID] = v
			f.Versions = append(f.Versions, v)
		}
		v.Jobs = append(v.Jobs, e)
	}
	slices.SortFunc(f.Versions, func(a, b *Version) int {
		return cmp.Or(cmp.Compare(b.Version, a.Version), b.Posted.Compare(a.Posted), cmp.Compare(a.ID, b.ID))
	})
	for _, v := range f.Versions {
		slices.SortFunc(v.Jobs, func(a, b *Entry) int { return cmp.Or(cmp.Compare(a.Label(), b.Label()), cmp.Compare(a.Key, b.Key)) })
	}
	return f
}

// A Query says which series are looked for; what is "" fits all.
type Query struct {
	List, State, Text string
}

// Find returns the series that fit q, the newest first.
func (x *Index) Find(q *Query) []*Family {
	text := strings.ToLower(q.Text)
	var found []*Family
	for _, f := range x.Families() {
		v := f.Versions[0]
		if q.List != "" && v.List != q.List || q.State != "" && v.State() != q.State {
			continue
		}
		if text == "" || slices.ContainsFunc(f.Versions, func(v *Version) bool {
			return strings.Contains(strings.ToLower(v.Title+"\n"+v.Author+"\n"+v.ID), text)
		}) {
			found = append(found, f)
		}
	}
	return found
}

// Jobs returns the jobs in a state, the newest first, up to a number, and how many there are.
func (x *Index) Jobs(state string, limit int) (jobs []*Entry, total int) {
	for _, f := range x.Families() {
		for _, v := range f.Versions {
			for _, e := range v.Jobs {
				if e.State() != state {
					continue
				}
				if total++; total <= limit {
					jobs = append(jobs, e)
				}
			}
		}
	}
	return jobs, total
}

// Lists returns the names of all lists.
func (x *Index) Lists() []string {
	var names []string
	for _, f := range x.Families() {
		if name := f.Versions[0].List; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
