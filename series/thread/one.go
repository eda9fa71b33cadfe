// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"fmt"
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/source"
)

// maxLeftOut is how many series that were left out are named.
const maxLeftOut = 10

// One reads one series in all its versions, the newest first, and closes the inputs: the one that
// has the mail that the user named, else the first of the inputs. Each set says what was left out,
// and which version is newer. Of the other series no more than the headers is in memory.
func One(inputs []*source.Input, opts Options) ([]*patchset.Set, error) {
	defer source.CloseAll(inputs)
	x := newIndex(opts)
	defer x.close()
	groups, err := x.groups(inputs)
	if err != nil {
		return nil, err
	}
	named, err := x.named(inputs)
	if err != nil {
		return nil, err
	}
	chosen := groups[0].family
	var leftOut []string
	others := 0
	if named != nil {
		chosen = named.family
	} else if leftOut, others, err = x.leftOut(groups, chosen); err != nil {
		return nil, err
	}
	mails := 0
	for _, g := range chosen.groups {
		mails += len(g.members) + len(g.replies)
	}
	if err := chosen.groups[0].tooMany(mails); err != nil {
		return nil, err
	}
	var sets []*patchset.Set
	newest := ""
	for _, g := range groups {
		if g.family != chosen {
			continue
		}
		set, err := x.set(g)
		if err != nil {
			return nil, err
		}
		set.Named, set.Others, set.LeftOut = g == named, others, leftOut
		if len(sets) > 0 && sets[0].Version > set.Version {
			set.Newer = newest
		} else if newest, err = x.describe(g); err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	if named == nil {
		tellOtherSender(sets)
	}
	keepTrailers(sets)
	return sets, nil
}

// tellOtherSender counts the newest version of another sender among what was left out: whoever answers a series with a version of their own
// does not put it out of sight.
func tellOtherSender(sets []*patchset.Set) {
	sender := senderOf(sets[0])
	for _, set := range sets[1:] {
		if !senderOf(set).MayBe(sender) {
			sets[0].Others++
			sets[0].LeftOut = append(slices.Clip(sets[0].LeftOut), Describe(set))
			return
		}
	}
}

func senderOf(set *patchset.Set) mail.Person {
	first := set.Cover
	if first == nil {
		first = &set.Patches[0].Mail
	}
	return mail.Person{Name: first.From.Name, Email: first.From.Email}
}

// named returns the group of the mail that the user named, or nil where none was.
func (x *index) named(inputs []*source.Input) (*group, error) {
	i := slices.IndexFunc(inputs, func(in *source.Input) bool { return in.Wanted != "" })
	if i < 0 {
		return nil, nil
	}
	id := inputs[i].Wanted
	e := x.byID[x.hash(id)]
	switch {
	case e == nil && inputs[i].Single:
		return nil, hint.Wrap(fmt.Errorf("%w: the maildir does not have the mail <%s>", source.ErrNoPatches, id), "is it up to date? lei up gets what is new")
	case e == nil:
		return nil, hint.Wrap(fmt.Errorf("%w: the mail <%s> is not in its own thread", source.ErrNoPatches, id), "is the Message-ID complete?")
	case e.group == nil:
		return nil, hint.Wrap(fmt.Errorf("%w: the mail <%s> is of no series", source.ErrNoPatches, id), "name a patch or a cover letter")
	}
	return e.group, nil
}

// leftOut names the series of other families, each by its newest version, and counts them.
func (x *index) leftOut(groups []*group, chosen *family) (names []string, n int, err error) {
	var last *family
	for _, g := range groups {
		if g.family == chosen || g.family == last {
			continue
		}
		last = g.family
		if n++; n > maxLeftOut {
			continue
		}
		text, err := x.describe(g)
		if err != nil {
			return nil, 0, err
		}
		names = append(names, text)
	}
	return names, n, nil
}

// describe names a group by its first mail: "[PATCH 0/2] lsm: title" by A U Thor, 3 mails.
func (x *index) describe(g *group) (string, error) {
	m, _, err := x.decode(g.members[0])
	if err != nil {
		return "", err
	}
	return describe(m, len(g.members)), nil
}

func describe(first *patchset.Mail, mails int) string {
	return fmt.Sprintf("%q by %s, %s", first.Subject, first.From.Name, report.Plural(mails, "mail"))
}

// Describe names a set as a group of mails that was left out is named, with where its first mail is.
func Describe(set *patchset.Set) string {
	mails := len(set.Patches)
	if set.Cover != nil {
		return describe(set.Cover, mails+1) + where(set.Cover)
	}
	return describe(&set.Patches[0].Mail, mails) + where(&set.Patches[0].Mail)
}

func where(m *patchset.Mail) string {
	if m.MessageID == "" {
		return ""
	}
	return ", <" + m.MessageID + ">"
}
