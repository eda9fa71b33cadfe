// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/thread"
)

// maxStacked is how many patches may stand below a series.
const maxStacked = 1000

// Stack returns set upon the patches that its mails, and the mails of these in turn, say have to be applied first,
// each patch once, in the order in which they have to be applied. They are looked for in places, as [Find] takes
// them. What hasPatch says is in the tree, by its stable patch ID, is left out; it may be nil.
//
// Needs of the result say what became of each. The error is that of ctx; what is not found is data.
func Stack(ctx context.Context, set *patchset.Set, places []string, hasPatch func(id string) (bool, error), opts *Options) (*patchset.Set, error) {
	s := stacker{ctx: ctx, places: places, opts: opts, hasPatch: hasPatch,
		have: map[string]bool{}, own: map[string]bool{}, done: map[string]bool{}, newer: map[string]string{}, path: map[string]string{}}
	for _, p := range set.Patches {
		s.have[patchKey(p)], s.own[patchKey(p)] = true, true // at its place in the series itself
	}
	s.top = setKey(set)
	s.path[s.top] = thread.Describe(set)
	s.below(set, "")
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := *set
	out.Needs = s.needs
	out.Patches = nil
	for _, list := range [][]*patchset.Patch{s.patches, set.Patches} {
		for _, p := range list {
			copied := *p
			out.Patches = append(out.Patches, &copied)
		}
	}
	for i, p := range out.Patches {
		if p.Prerequisite = i < len(s.patches); p.Prerequisite {
			p.Index = i + 1
		} else {
			p.Index += len(s.patches)
		}
	}
	out.Total += len(s.patches)
	return &out, nil
}

// A stacker follows needs, the deepest first.
type stacker struct {
	ctx      context.Context
	places   []string
	opts     *Options
	hasPatch func(id string) (bool, error)

	patches []*patchset.Patch // below, in order
	needs   []patchset.Need
	have    map[string]bool   // patches, by patchKey, that stand somewhere
	own     map[string]bool   // those of the series itself
	top     string            // the series itself, by setKey
	done    map[string]bool   // series, by setKey, that were followed
	newer   map[string]string // series, by setKey, with the newer version that is there, or ""
	path    map[string]string // series that are being followed, with their names
}

// patchKey is the same for patches that make the same change.
func patchKey(p *patchset.Patch) string {
	if id := mail.PatchID(p.Diff); id != "" {
		return id
	}
	return p.MessageID
}

// setKey is the same for a series wherever it was found.
func setKey(set *patchset.Set) string {
	first := firstMail(set)
	if first.MessageID != "" {
		return first.MessageID
	}
	return fmt.Sprintf("%s\x00%s\x00%d", first.Subject, first.From.Email, set.Version)
}

// below stacks what set needs. Of is its name where it is a prerequisite itself.
func (s *stacker) below(set *patchset.Set, of string) {
	var ids []string
	for _, n := range set.Needs {
		if n.Key == needsPatch {
			ids = append(ids, n.Value)
		}
	}
	found, failed := s.findPatches(ids)
	for _, n := range set.Needs {
		n.Of = of
		if s.ctx.Err() != nil {
			return
		}
		if n.Key == needsPatch {
			s.addPatch(&n, found[n.Value], failed)
		} else {
			s.addSeries(&n)
		}
		if !slices.ContainsFunc(s.needs, func(have patchset.Need) bool {
			return have.Key == n.Key && have.Value == n.Value && have.State == n.State
		}) {
			s.needs = append(s.needs, n)
		}
	}
}

const needsPatch = "prerequisite-patch-id"

// posted is a patch as it was found, and the series that it is of.
type posted struct {
	patch *patchset.Patch
	of    *patchset.Set
}

// findPatches looks for patches by their IDs. Of one that was posted several times it takes the last. Failed is why
// a place could not be asked.
func (s *stacker) findPatches(ids []string) (found map[string]posted, failed error) {
	found = map[string]posted{}
	for _, place := range s.places {
		missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return found[id].patch != nil || s.have[id] || s.inTree(id) })
		if len(missing) == 0 {
			break
		}
		sets, err := Find(s.ctx, place, &Query{PatchIDs: missing}, s.opts)
		if err != nil && !errors.Is(err, ErrNoPatches) {
			failed = err
		}
		for _, set := range sets {
			for _, p := range set.Patches {
				if id := mail.PatchID(p.Diff); slices.Contains(missing, id) {
					found[id] = posted{p, set}
				}
			}
		}
	}
	return found, failed
}

func (s *stacker) inTree(id string) bool {
	if s.hasPatch == nil {
		return false
	}
	has, err := s.hasPatch(id)
	return err == nil && has
}

// addPatch stacks one patch; there is none where it was not found, perhaps since a place failed.
func (s *stacker) addPatch(n *patchset.Need, found posted, failed error) {
	p := found.patch
	switch {
	case s.own[n.Value]:
		n.State = patchset.NeedOwn
	case s.have[n.Value]:
		n.State, n.What = patchset.NeedStacked, "another line asks for it too"
	case s.inTree(n.Value):
		n.State = patchset.NeedInTree
	case p == nil:
		n.State, n.What = patchset.NeedMissing, s.missing(failed)
		if failed == nil && s.hasPatch != nil {
			n.What += ", and not in the tree"
		}
	case s.push(p):
		n.State, n.What = patchset.NeedStacked, strconv.Quote(p.Subject)
		s.superseded(n, found.of)
	default:
		n.State, n.What = patchset.NeedMissing, tooMany
	}
}

var tooMany = fmt.Sprintf("more than %d patches below a series", maxStacked)

// push puts p on top of what is below; false where there are too many.
func (s *stacker) push(p *patchset.Patch) bool {
	if len(s.patches) == maxStacked {
		return false
	}
	s.have[patchKey(p)] = true
	s.patches = append(s.patches, p)
	return true
}

// missing says why something was not found: failed is why a place could not be asked.
func (s *stacker) missing(failed error) string {
	if failed != nil {
		return failed.Error()
	}
	var names []string
	for _, place := range s.places {
		if place == "" {
			place = "the server of the lists"
		}
		names = append(names, place)
	}
	if len(names) == 0 {
		return "there is no archive to look in"
	}
	return "not posted in " + strings.Join(names, ", ")
}

// addSeries stacks a series, upon what it needs itself.
func (s *stacker) addSeries(n *patchset.Need) {
	set, why := s.find(n)
	if set == nil {
		if n.What = why; why != "" {
			n.State = patchset.NeedMissing
		}
		return
	}
	key, name := setKey(set), thread.Describe(set)
	switch {
	case key == s.top && n.Of == "":
		n.State = patchset.NeedOwn
		return
	case s.path[key] != "":
		n.State, n.What = patchset.NeedCycle, name
		return
	case s.done[key]:
		n.State, n.What, n.Newer = patchset.NeedStacked, name, s.newer[key]
		return
	}
	s.path[key] = name
	s.below(set, name)
	delete(s.path, key)
	s.done[key] = true
	n.State, n.What = patchset.NeedInTree, name
	for _, p := range set.Patches {
		id := patchKey(p)
		if s.inTree(id) {
			continue
		}
		n.State = patchset.NeedStacked
		if !s.have[id] && !s.push(p) {
			n.State, n.What = patchset.NeedMissing, tooMany
			return
		}
	}
	if n.State == patchset.NeedStacked {
		s.superseded(n, set)
	}
	if missing := set.Total - len(set.Patches); missing > 0 {
		n.What += fmt.Sprintf("; %s of it missing", report.Plural(missing, "patch"))
	}
}

// superseded notes in n, which stacks patches of set, the newest version of set where that is another, or that nobody knows.
func (s *stacker) superseded(n *patchset.Need, set *patchset.Set) {
	key := setKey(set)
	newer, asked := s.newer[key]
	if !asked {
		latest := *set
		latest.Newer = ""
		err := Newest(s.ctx, &latest, s.places, s.opts)
		if newer = latest.Newer; newer == "" && err != nil {
			n.What += "; whether it has a newer version is not known: " + err.Error()
		}
		s.newer[key] = newer
	}
	n.Newer = newer
}

var (
	reAngled   = lazyregexp.New(`<([^\s<>@]+@[^\s<>@]+)>`)
	reBareID   = lazyregexp.New(`(?:^|/)([^\s<>@/]+@[^\s<>@/]+)(?:$|[/\s])`)
	reChangeID = lazyregexp.New(`^(\d{8}-[A-Za-z0-9_.-]+)(?::v(\d+))?$`)
	reCommit   = lazyregexp.New(`^(?:commit )?[0-9a-f]{7,40}\b`)
)

// find looks for the series that n names. Where there is none it says why; n may also name no mail at all, which
// is "".
func (s *stacker) find(n *patchset.Need) (set *patchset.Set, why string) {
	q, version := &Query{}, 0
	if m := reChangeID.FindStringSubmatch(n.Value); m != nil {
		q.ChangeID = m[1]
		version, _ = strconv.Atoi(m[2])
	} else if n.Key == "prerequisite-change-id" {
		id, v, _ := strings.Cut(n.Value, ":v")
		q.ChangeID = id
		version, _ = strconv.Atoi(v)
	} else if m := reAngled.FindStringSubmatch(n.Value); m != nil {
		q.MessageID = m[1]
	} else if m := reBareID.FindStringSubmatch(n.Value); m != nil {
		q.MessageID = strings.ReplaceAll(m[1], "%40", "@")
	} else if reCommit.MatchString(n.Value) {
		return nil, ""
	} else if strings.Contains(n.Value, "://") {
		return nil, "the URL names no mail"
	} else {
		q.Title = mail.ParseSubject(strings.Trim(n.Value, `"' .`)).Title
	}
	var failed error
	for _, place := range s.places {
		sets, err := Find(s.ctx, place, q, s.opts)
		if err != nil && !errors.Is(err, ErrNoPatches) {
			failed = err
		}
		var best *patchset.Set
		for _, set := range sets {
			if (version == 0 || set.Version == version) && (best == nil || !isNewer(best, set)) {
				best = set
			}
		}
		if best != nil {
			return best, ""
		}
	}
	return nil, s.missing(failed)
}
