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
		for _, p := range sets[i].Patches {
			key := changeKey(seed, p)
			if key == 0 || p.CarriedFrom != 0 {
				continue
			}
			own := p.Received
			before := given[key]
			if unread := unreadTrailers(fmt.Sprintf("patch %d", p.Index)); len(own)+len(before) > limit.Received && !slices.Contains(sets[i].Unread, unread) {
				sets[i].Unread = append(sets[i].Unread, unread)
			}
			p.Received = append(own[:len(own):len(own)], before[:min(len(before), limit.Received-len(own))]...)
			for _, t := range own[:min(len(own), limit.Received-len(before))] {
				t.FromVersion = sets[i].Version
				given[key] = append(given[key], t)
			}
		}
	}
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
