// SPDX-License-Identifier: GPL-2.0-only

// Package watch makes jobs of what comes to lists.
//
// For most uses, make a [Watcher] and call [Watcher.Run]; [Watcher.Look] looks once. New series and new versions become jobs of
// a queue once all of their patches are there, and a newer version takes the older ones, as far as nobody works on them, out
// of it. All that is known is in the queue, so that a watcher may end and begin at any moment.
package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
	"github.com/lsmpatch/lsmpatch/series/source"
)

// A Sink takes jobs: a queue.
type Sink interface {
	Submit(ctx context.Context, jobs []*fleet.Job, box []byte) (fresh int, err error)
	Supersede(ctx context.Context, keys []string, by string) error
	Known(ctx context.Context) ([]*fleet.Job, error)
	// Say notes the trailers that replies gave to a series, by its ID.
	Say(ctx context.Context, id string, trailers []string) error
	// Mails returns a mailbox that was submitted, by its hash. Meet notes how a series stands to others, and Met returns what was
	// noted of one, by its ID, or nil.
	Mails(ctx context.Context, hash string) ([]byte, error)
	Meet(ctx context.Context, m *fleet.Meetings) error
	Met(ctx context.Context, id string) (*fleet.Meetings, error)
}

// A Watcher looks at lists.
type Watcher struct {
	Lists   []fleet.List
	Planner *fleet.Planner
	Queue   Sink
	// Window is how far back archives in git are looked at, 30 days where it is 0, and Pause how long the watcher rests
	// between two looks, 20 s where it is 0.
	Window, Pause time.Duration
	// Retry is how long a series rests that could not be planned, after the first time; a minute where it is 0.
	Retry time.Duration
	// Note is told what happens, and Client asks servers; both may be nil.
	Note   func(format string, args ...any)
	Client *http.Client

	meetBytes int // limit.MeetingBytes where it is 0, but for tests

	known    map[string][]string            // the jobs of a series, by its ID
	ids      map[string]string              // the ID of a series, by the Message-ID of its first patch
	failed   map[string]*failure            // the series that could not be planned, by their IDs
	first    map[string]*fleet.Job          // one of its jobs, by the ID of the series
	waiting  map[string]map[string]*pending // what is pending, by list and family
	versions map[string]map[int]string      // the IDs of a family, by version
	said     map[string]string              // the trailers of a series, by its ID
	prints   map[string]string              // what a list looked like
	told     sync.Map                       // what was told last, by what it is about
	pages    map[string]int                 // the page of a patchwork project with which the next look begins, if not the first
	whole    map[string]time.Time           // when the whole window of a patchwork project was looked at
	rests    map[string]time.Time           // until when a series of patchwork is not asked for
}

// Run looks at all lists again and again until ctx ends. What goes wrong with a list is noted, and tried again.
func (w *Watcher) Run(ctx context.Context) error {
	for {
		for i := range w.Lists {
			if _, err := w.Look(ctx, &w.Lists[i]); ctx.Err() == nil {
				w.complain(&w.Lists[i], "", err)
			}
		}
		select {
		case <-time.After(cmp.Or(w.Pause, 20*time.Second)):
		case <-ctx.Done():
			return nil
		}
	}
}

func (w *Watcher) note(format string, args ...any) {
	if w.Note != nil {
		w.Note(format, args...)
	}
}

// Look looks at a list, unless it is as it was, and returns how many jobs came of it.
func (w *Watcher) Look(ctx context.Context, list *fleet.List) (jobs int, err error) {
	if err := w.begin(ctx); err != nil {
		return 0, err
	}
	if list.Fetch {
		w.complain(list, "fetch", fetch(ctx, list.From)) // what is here is looked at all the same
	}
	since := time.Now().Add(-cmp.Or(w.Window, 30*24*time.Hour))
	if strings.HasPrefix(list.From, fleet.PatchworkPrefix) {
		if err := w.Planner.Refresh(); err != nil {
			return 0, err
		}
		return w.patchwork(ctx, list, since)
	}
	now, err := fingerprint(ctx, list.From)
	if err != nil || now == w.prints[list.Name] && !w.due(list.Name) {
		return 0, err
	}
	if err := w.Planner.Refresh(); err != nil {
		return 0, err
	}
	start := time.Now()
	var versions []*patchset.Set
	for set, err := range series.All(ctx, []string{list.From}, &series.Options{Since: since, PassOver: w.passOver(list)}) {
		if errors.Is(err, series.ErrNoPatches) {
			break
		}
		if err != nil {
			return jobs, err
		}
		if len(versions) > 0 && versions[0].Family != set.Family {
			n, err := w.family(ctx, list, versions)
			if jobs += n; err != nil {
				return jobs, err
			}
			versions = nil
		}
		versions = append(versions, set)
	}
	n, err := w.family(ctx, list, versions)
	if jobs += n; err == nil {
		w.prints[list.Name] = now
		w.forget(list.Name, start)
		err = w.meet(ctx, list.Name)
	}
	return jobs, err
}

// begin learns, once, which series have jobs.
func (w *Watcher) begin(ctx context.Context) error {
	if w.known != nil {
		return nil
	}
	jobs, err := w.Queue.Known(ctx)
	if err != nil {
		return err
	}
	w.first, w.waiting = map[string]*fleet.Job{}, map[string]map[string]*pending{}
	w.known, w.versions, w.said, w.prints, w.pages = map[string][]string{}, map[string]map[int]string{}, map[string]string{}, map[string]string{}, map[string]int{}
	w.ids, w.failed, w.whole, w.rests = map[string]string{}, map[string]*failure{}, map[string]time.Time{}, map[string]time.Time{}
	for _, j := range jobs {
		w.learn(j)
	}
	return nil
}

// learn notes a job that there is.
func (w *Watcher) learn(j *fleet.Job) {
	w.known[j.Series.ID] = append(w.known[j.Series.ID], j.Key)
	if w.first[j.Series.ID] == nil {
		w.first[j.Series.ID] = &fleet.Job{Series: j.Series, Tree: j.Tree}
	}
	if j.Series.First != "" {
		w.ids[j.Series.First] = j.Series.ID
	}
	if w.versions[j.Series.Family] == nil {
		w.versions[j.Series.Family] = map[int]string{}
	}
	w.versions[j.Series.Family][j.Series.Version] = j.Series.ID
}

// family makes jobs of the newest of the versions of a series that is whole, and takes those of the older ones back.
func (w *Watcher) family(ctx context.Context, list *fleet.List, versions []*patchset.Set) (int, error) {
	i := slices.IndexFunc(versions, isWhole)
	if i < 0 {
		return 0, nil
	}
	id := w.idOf(versions[i])
	if err := w.say(ctx, id, versions[i]); err != nil {
		return 0, err
	}
	if w.known[id] != nil {
		w.wait(list.Name, id, versions[i], false)
		return 0, nil
	}
	if f := w.failed[id]; f != nil && time.Now().Before(f.next) {
		return 0, nil
	}
	jobs, box, err := w.Planner.Plan(ctx, versions[i], list.Name)
	if err != nil {
		w.fails(list, id, err)
		return 0, context.Cause(ctx)
	}
	delete(w.failed, id)
	w.adopt(jobs, versions[i+1:])
	fresh, err := w.Queue.Submit(ctx, jobs, box)
	if err != nil {
		return fresh, err
	}
	// Only now: a version that is not queued takes the place of none. Older ones are known by their thread, or by author and title.
	var older []string
	for _, set := range versions[i+1:] {
		older = append(older, w.idOf(set))
	}
	for _, j := range jobs {
		for version, known := range w.versions[j.Series.Family] {
			if version < j.Series.Version {
				older = append(older, known)
			}
		}
	}
	slices.Sort(older)
	for _, old := range slices.Compact(older) {
		if err := w.Queue.Supersede(ctx, w.known[old], id); err != nil {
			return fresh, err
		}
	}
	w.known[id] = []string{}
	for _, j := range jobs {
		w.learn(j)
	}
	w.wait(list.Name, id, versions[i], true)
	if fresh > 0 {
		w.note("list %s: %q v%d, %s", list.Name, jobs[0].Series.Title, versions[i].Version, report.Plural(fresh, "job"))
	}
	return fresh, nil
}

// adopt has jobs be of the family that the older versions of their series are of, which may have had another title.
func (w *Watcher) adopt(jobs []*fleet.Job, older []*patchset.Set) {
	for _, set := range older {
		if known := w.first[w.idOf(set)]; known != nil {
			for _, j := range jobs {
				j.Series.Family = known.Series.Family
			}
			return
		}
	}
}

// idOf returns the ID of set, which is that of the same series where it came by another list, with or without its cover letter.
func (w *Watcher) idOf(set *patchset.Set) string {
	if len(set.Patches) > 0 {
		if id := w.ids[fleet.FirstID(set)]; id != "" {
			return id
		}
	}
	return fleet.SeriesID(set)
}

// say notes the trailers that replies gave to a series, where they are others than before.
func (w *Watcher) say(ctx context.Context, id string, set *patchset.Set) error {
	trailers := []string{}
	for _, t := range set.Received {
		trailers = append(trailers, t.Key+": "+t.Value)
	}
	for _, p := range set.Patches {
		for _, t := range p.Received {
			trailers = append(trailers, fmt.Sprintf("patch %d: %s: %s", p.Index, t.Key, t.Value))
		}
	}
	if more := len(trailers) - fleet.BriefTrailers; more > 0 {
		trailers = append(trailers[:fleet.BriefTrailers], fmt.Sprintf("and %d more", more))
	}
	for i := range trailers {
		trailers[i] = fleet.Brief(trailers[i])
	}
	text := strings.Join(trailers, "\n")
	if w.said[id] == text {
		return nil
	}
	if err := w.Queue.Say(ctx, id, trailers); err != nil {
		return err
	}
	w.said[id] = text
	return nil
}

// isWhole reports whether all patches are there that the subjects announce, of what is a submission: mails of a series come one by one.
func isWhole(set *patchset.Set) bool {
	if set.Pull || len(set.Patches) == 0 || series.NotSubmission(&check.View{Set: set}) != "" {
		return false
	}
	there := map[int]bool{}
	for _, p := range set.Patches {
		there[p.Index] = true
	}
	return len(there) >= set.Total
}

// Replay makes jobs of all that came to a list since a time, version by version in the order of their dates, as fast as it
// goes: a test of a policy, and of a site. It returns how many jobs came of it.
func (w *Watcher) Replay(ctx context.Context, list *fleet.List, since time.Time) (jobs int, err error) {
	if err := w.begin(ctx); err != nil {
		return 0, err
	}
	var sets []*patchset.Set
	for set, err := range series.All(ctx, []string{list.From}, &series.Options{Since: since, PassOver: w.passOver(list)}) {
		if errors.Is(err, series.ErrNoPatches) {
			break
		}
		if err != nil {
			return 0, err
		}
		if isWhole(set) && !posted(set).Before(since) {
			sets = append(sets, set)
		}
	}
	slices.SortStableFunc(sets, func(a, b *patchset.Set) int { return posted(a).Compare(posted(b)) })
	older := map[int][]*patchset.Set{}
	for _, set := range sets {
		n, err := w.family(ctx, list, append([]*patchset.Set{set}, older[set.Family]...))
		if jobs += n; err != nil {
			return jobs, err
		}
		older[set.Family] = append(older[set.Family], set)
	}
	return jobs, w.meet(ctx, list.Name)
}

func posted(set *patchset.Set) time.Time { return fleet.FirstMail(set).From.When }

// inboxOf returns the folder of a public-inbox, and whether from is one. A maildir may be named the same way, and is none.
func inboxOf(from string) (dir string, ok bool) {
	dir, ok = strings.CutPrefix(from, "inbox:")
	if _, err := os.Stat(filepath.Join(dir, "cur")); err == nil {
		return dir, false
	}
	return dir, ok
}

// fetch gets what is new in the last epoch of an archive.
func fetch(ctx context.Context, from string) error {
	dir, ok := inboxOf(from)
	if !ok {
		return fmt.Errorf("%s is no archive in git to fetch", from)
	}
	return source.FetchInbox(ctx, dir)
}

// fingerprint returns a text that changes where what from names does: the heads of an archive in git, the names of a
// maildir's mails, the time and size of a mailbox.
func fingerprint(ctx context.Context, from string) (string, error) {
	dir, ok := inboxOf(from)
	if ok {
		return source.InboxHeads(ctx, dir)
	}
	var text strings.Builder
	for _, name := range []string{dir, filepath.Join(dir, "cur"), filepath.Join(dir, "new")} {
		info, err := os.Stat(name)
		if err != nil {
			if name == dir {
				return "", err
			}
			continue
		}
		fmt.Fprintf(&text, "%d %d\n", info.Size(), info.ModTime().UnixNano())
	}
	return text.String(), nil
}
