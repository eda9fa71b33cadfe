// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// maxTwins is how many mails of one Message-ID are compared.
const maxTwins = 10

// twins notes the mails of g that share their Message-ID with another mail that says something else. What two lists kept of one mail is
// the same, and what [setBuilder.member] kept twice under one number is told as that.
func (b *setBuilder) twins(g *group) error {
	seen := map[uint64]bool{}
	for _, e := range slices.Concat(g.members, g.replies) {
		if seen[e.id] || len(b.later[e.id]) == 0 {
			continue
		}
		seen[e.id] = true
		first := b.byID[e.id]
		taken, _, err := b.decode(first)
		if err != nil {
			return err
		}
		for _, other := range b.later[e.id][:min(len(b.later[e.id]), maxTwins)] {
			if p, q := b.byEntry[first], b.byEntry[other]; p != nil && q != nil && p.Index == q.Index {
				continue
			}
			m, _, err := b.decode(other)
			if err != nil {
				return err
			}
			if first.subj.Title != other.subj.Title || first.subj.Version != other.subj.Version || !sameText(taken.Body, m.Body) {
				b.set.Twins = append(b.set.Twins, patchset.Twin{Taken: taken, Other: m})
				break
			}
		}
	}
	return nil
}

// sameText reports whether two texts have the same words, but for what a list adds below one of them, or a relay cuts off.
func sameText(a, b string) bool {
	a, b = strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " ")
	if len(a) > len(b) {
		a, b = b, a
	}
	rest, ok := strings.CutPrefix(b, a)
	rest = strings.TrimSpace(rest)
	return ok && (rest == "" || slices.ContainsFunc([]string{"--", "__", "==", "diff "}, func(start string) bool { return strings.HasPrefix(rest, start) }))
}
