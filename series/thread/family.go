// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/series/mail"
)

// A family is a series with all its versions.
type family struct {
	number int
	groups []*group
}

// byFamily returns the groups by family, each with its newest version first; requests to pull
// come last.
func (a *assembly) byFamily() []*group {
	for _, g := range a.groups {
		slices.SortStableFunc(g.members, func(x, y *entry) int {
			return cmp.Or(cmp.Compare(x.subj.Index, y.subj.Index), cmp.Compare(x.seq, y.seq))
		})
	}
	byTitle := map[string]*family{}
	var families []*family
	for _, g := range a.groups {
		f := a.relative(g, byTitle)
		if f == nil {
			f = &family{number: len(families)}
			families = append(families, f)
		}
		g.family = f
		f.groups = append(f.groups, g)
		for _, e := range g.members {
			if byTitle[familyTitle(e)] == nil {
				byTitle[familyTitle(e)] = f
			}
		}
	}
	var out, pulls []*group
	for _, f := range families {
		slices.SortStableFunc(f.groups, newestFirst)
		for _, g := range f.groups {
			if g.pull {
				pulls = append(pulls, g)
			} else {
				out = append(out, g)
			}
		}
	}
	return append(out, pulls...)
}

// newestFirst orders the groups of a family: an RFC comes before the first version, and of the
// same version sent twice the later one counts.
func newestFirst(x, y *group) int {
	return cmp.Or(cmp.Compare(y.version, x.version), cmp.Compare(x.rfc(), y.rfc()), cmp.Compare(y.members[0].seq, x.members[0].seq))
}

// rfc returns 1 for a request for comments, else 0.
func (g *group) rfc() int {
	if slices.ContainsFunc(g.members[0].subj.Words, func(w string) bool { return mail.EqualFold(w, "RFC") }) {
		return 1
	}
	return 0
}

func familyTitle(e *entry) string { return e.kind.String() + strings.ToLower(e.subj.Title) }

func (k mailKind) String() string { return [...]string{"patch", "cover", "reply", "pull"}[k] }

// relative returns the family of another version of g: one of the same sender with a mail of the same
// title, or one that g answers and that is of the same sender or has a title in common. What a reader
// sends in answer to a series, as they would do it, is no version of it.
func (a *assembly) relative(g *group, byTitle map[string]*family) *family {
	for _, e := range g.members {
		if f := byTitle[familyTitle(e)]; f != nil && f.groups[0].members[0].author == e.author && !f.hasForAnotherTree(g) {
			return f
		}
		for _, up := range a.above(e) {
			if up.group == nil || up.group.family == nil || up.group == g || up.group.version == g.version {
				continue
			}
			if f := up.group.family; up.group.hasAuthor(e.author) || g.sharesTitle(f, byTitle) {
				return f
			}
		}
	}
	return nil
}

// hasForAnotherTree reports whether f has the version of g for another tree, as backports to two kernels are.
func (f *family) hasForAnotherTree(g *group) bool {
	return slices.ContainsFunc(f.groups, func(other *group) bool {
		return other.version == g.version && !other.members[0].sameTarget(g.members[0])
	})
}

// sharesTitle reports whether g has a patch or cover letter of a title that f has.
func (g *group) sharesTitle(f *family, byTitle map[string]*family) bool {
	return slices.ContainsFunc(g.members, func(e *entry) bool { return byTitle[familyTitle(e)] == f })
}
