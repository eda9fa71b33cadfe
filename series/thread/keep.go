// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// keepTrailers gives the patches of each version, the newest first, what the same patches were given in
// earlier versions. A review holds as long as the code is what was reviewed.
func keepTrailers(sets []*patchset.Set) {
	if len(sets) < 2 {
		return
	}
	if len(sets) > limit.VersionsBack {
		if !slices.Contains(sets[0].Unread, unreadVersions) {
			sets[0].Unread = append(sets[0].Unread, unreadVersions)
		}
		sets = sets[:limit.VersionsBack]
	}
	seed := maphash.MakeSeed()
	given := map[uint64][]patchset.ReceivedTrailer{}
	for i := len(sets) - 1; i >= 0; i-- {
		keys := make([]uint64, len(sets[i].Patches))
		for k, p := range sets[i].Patches {
			if keys[k] = changeKey(seed, p); keys[k] != 0 {
				giveKept(sets[i], p, given[keys[k]])
			}
		}
		for k, p := range sets[i].Patches {
			if keys[k] != 0 && p.CarriedFrom == 0 { // what a carried one was given is noted with its own version
				given[keys[k]] = noteGiven(given[keys[k]], sets[i], p)
			}
		}
	}
}

// giveKept gives p, a patch of set, what the same change was given before, as far as it has room and does not have it.
func giveKept(set *patchset.Set, p *patchset.Patch, before []patchset.ReceivedTrailer) {
	own := p.Received[:len(p.Received):len(p.Received)]
	for _, t := range before {
		if slices.ContainsFunc(own, func(o patchset.ReceivedTrailer) bool { return o.MessageID == t.MessageID && o.Trailer == t.Trailer }) {
			continue
		}
		if len(p.Received) >= limit.Received {
			if unread := unreadTrailers(fmt.Sprintf("patch %d", p.Index)); !slices.Contains(set.Unread, unread) {
				set.Unread = append(set.Unread, unread)
			}
			return
		}
		p.Received = append(p.Received, t)
	}
}

// noteGiven adds to given what p was given in the version of set: by those who answer it, and by those who answer the cover letter, which
// speaks of each patch. One more than a patch takes tells that there are more.
func noteGiven(given []patchset.ReceivedTrailer, set *patchset.Set, p *patchset.Patch) []patchset.ReceivedTrailer {
	for _, t := range slices.Concat(p.Received, set.Received) {
		if t.FromVersion == 0 && len(given) <= limit.Received {
			t.FromVersion = set.Version
			given = append(given, t)
		}
	}
	return given
}

// changeKey is the same for patches that change the same lines in the same way, wherever they stand and
// whatever white space they have, as with git patch-id; 0 for a patch without changes.
func changeKey(seed maphash.Seed, p *patchset.Patch) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	changes := 0
	for _, f := range p.Files {
		h.WriteString(f.OldName + "\x00" + f.NewName + "\x00")
		for _, frag := range f.TextFragments {
			for _, line := range frag.Lines {
				h.WriteByte(byte(line.Op) + 1)
				h.WriteString(strings.Join(strings.Fields(line.Line), ""))
				changes++
			}
		}
	}
	if changes == 0 || p.DiffErr != nil {
		return 0
	}
	return h.Sum64()
}
