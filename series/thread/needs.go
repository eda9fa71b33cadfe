// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// needKeys are the lines that name what has to be applied first: those of git format-patch and b4, and those that
// people write, in QEMU's way or DPDK's.
var needKeys = [...]string{"prerequisite-patch-id", "prerequisite-message-id", "prerequisite-change-id", "Based-on", "Depends-on"}

// maxNeeds is how many of them are read of one series.
const maxNeeds = 200

// needs reads what has to be applied first out of the cover letter and the patches.
func (b *setBuilder) needs() {
	if b.set.Cover != nil {
		b.needsOf(b.set.Cover.Body, 0)
	}
	for _, p := range b.set.Patches {
		b.needsOf(p.Body, p.Index)
	}
}

// needsOf reads the lines of a mail that begin with one of the keys, in their order. What a diff adds or quotes
// begins otherwise.
func (b *setBuilder) needsOf(text string, patch int) {
	type found struct {
		at   int
		need patchset.Need
	}
	var all []found
	for _, key := range needKeys {
		for at := 0; len(all) < maxNeeds; {
			// All but the first letter, which people write large or small.
			i := strings.Index(text[at:], key[1:]+":")
			if i < 0 {
				break
			}
			i += at
			value, _, _ := strings.Cut(text[i+len(key):], "\n")
			starts := i > 0 && strings.EqualFold(text[i-1:i], key[:1]) && (i == 1 || text[i-2] == '\n')
			if value = strings.TrimSpace(value); starts && value != "" {
				all = append(all, found{i, patchset.Need{Key: key, Value: value, Patch: patch}})
			}
			at = i + len(key)
		}
	}
	slices.SortFunc(all, func(x, y found) int { return cmp.Compare(x.at, y.at) })
	for _, f := range all {
		if len(b.set.Needs) < maxNeeds && !slices.ContainsFunc(b.set.Needs, func(n patchset.Need) bool { return n.Key == f.need.Key && n.Value == f.need.Value }) {
			b.set.Needs = append(b.set.Needs, f.need)
		}
	}
}
