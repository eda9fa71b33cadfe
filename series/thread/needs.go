// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
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

// needsOf reads the lines of a mail that begin with one of the keys. What a diff adds or quotes begins otherwise.
func (b *setBuilder) needsOf(text string, patch int) {
	for _, key := range needKeys {
		for rest := text; len(b.set.Needs) < maxNeeds; {
			// All but the first letter, which people write large or small.
			i := strings.Index(rest, key[1:]+":")
			if i < 0 {
				break
			}
			at := i - 1
			value, after, _ := strings.Cut(rest[i+len(key):], "\n")
			starts := at >= 0 && strings.EqualFold(rest[at:i], key[:1]) && (at == 0 || rest[at-1] == '\n')
			if value = strings.TrimSpace(value); starts && value != "" {
				b.need(patchset.Need{Key: key, Value: value, Patch: patch})
			}
			rest = after
		}
	}
}

// need adds a need once, wherever it is said.
func (b *setBuilder) need(n patchset.Need) {
	for _, have := range b.set.Needs {
		if have.Key == n.Key && have.Value == n.Value {
			return
		}
	}
	b.set.Needs = append(b.set.Needs, n)
}
