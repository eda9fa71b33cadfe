// SPDX-License-Identifier: GPL-2.0-only

package maintainers

import "slices"

// prefixes finds the entries that may cover a path, by what each path that fits a pattern of theirs starts with: asking
// all entries for all files takes the product of both.
type prefixes struct {
	// entries are the numbers of the entries by a prefix, each in order; that of "" may fit any path.
	entries map[string][]int
	lengths []int // of the prefixes, each once, in order
}

func newPrefixes(sections []*Section) *prefixes {
	p := &prefixes{entries: map[string][]int{}}
	for i, s := range sections {
		for _, pattern := range s.files {
			known := p.entries[pattern.prefix]
			if n := len(known); n > 0 && known[n-1] == i {
				continue
			}
			p.entries[pattern.prefix] = append(known, i)
			p.lengths = append(p.lengths, len(pattern.prefix))
		}
	}
	slices.Sort(p.lengths)
	p.lengths = slices.Compact(p.lengths)
	return p
}

// candidates returns the numbers of the entries that may cover file, in order.
func (p *prefixes) candidates(file string) []int {
	var found []int
	for _, length := range p.lengths {
		if length > len(file) {
			break
		}
		found = append(found, p.entries[file[:length]]...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}
