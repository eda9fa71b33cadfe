// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// needKeys are the lines that name what has to be applied first, by their keys in lower case: those of git
// format-patch and b4, and those that people write, in QEMU's way or DPDK's.
var needKeys = map[string]string{
	"prerequisite-patch-id": "prerequisite-patch-id", "prerequisite-message-id": "prerequisite-message-id",
	"prerequisite-change-id": "prerequisite-change-id", "based-on": "Based-on", "depends-on": "Depends-on",
}

// longestNeed is the length of the longest key.
const longestNeed = len("prerequisite-message-id")

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

// needsOf reads the lines of a mail that begin with one of the keys. What a diff adds or quotes begins otherwise.
func (b *setBuilder) needsOf(text string, patch int) {
	for line := range strings.Lines(text) {
		colon := strings.IndexByte(line[:min(len(line), longestNeed+1)], ':')
		if colon < 0 {
			continue
		}
		name, value := strings.ToLower(line[:colon]), strings.TrimSpace(line[colon+1:])
		key := needKeys[name]
		if words := needKeys[strings.ReplaceAll(name, " ", "-")]; key == "" && words != "" && mail.NamesMail(value) {
			key = words // "Based on: https://lore.kernel.org/r/…"
		}
		if key == "" || value == "" || len(b.set.Needs) >= maxNeeds {
			continue
		}
		if !slices.ContainsFunc(b.set.Needs, func(n patchset.Need) bool { return n.Key == key && n.Value == value }) {
			b.set.Needs = append(b.set.Needs, patchset.Need{Key: key, Value: value, Patch: patch})
		}
	}
}
