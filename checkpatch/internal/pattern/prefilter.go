// SPDX-License-Identifier: GPL-2.0-only

package pattern

// firstBytes are the bytes that a match can start with; nullable is whether it can be empty or start with anything.
type firstBytes struct {
	set      *byteSet // nil: anything
	nullable bool
}

// firstOf returns the bytes that a match of p can start with.
func firstOf(p *piece) (*byteSet, bool) {
	if p.first == nil {
		set, nullable := findFirst(p)
		p.first = &firstBytes{set, nullable}
	}
	return p.first.set, p.first.nullable
}

func findFirst(p *piece) (*byteSet, bool) {
	switch p.kind {
	case kSet:
		return p.set, false
	case kSeq:
		set := new(byteSet)
		for _, sub := range p.subs {
			first, nullable := firstOf(sub)
			if first == nil {
				return nil, true
			}
			set.union(first)
			if !nullable {
				return set, false
			}
		}
		return set, true
	case kAlt:
		set, empty := new(byteSet), false
		for _, sub := range p.subs {
			first, nullable := firstOf(sub)
			if first == nil {
				return nil, true
			}
			set.union(first)
			empty = empty || nullable
		}
		return set, empty
	case kRepeat:
		first, nullable := firstOf(p.subs[0])
		return first, nullable || p.min == 0
	case kCapture, kAtomic:
		return firstOf(p.subs[0])
	case kNative:
		set := new(byteSet)
		for _, c := range []byte(p.native.First) {
			set.add(c)
		}
		return set, false
	case kLook, kAssert, kEmpty:
		return new(byteSet), true
	}
	return nil, true
}

// startsAt reports whether p can only match where what, an anchor or a boundary, holds.
func startsAt(p *piece, what byte) bool {
	switch p.kind {
	case kAssert:
		return p.assert == what
	case kSeq:
		return len(p.subs) > 0 && startsAt(p.subs[0], what)
	case kAlt:
		for _, sub := range p.subs {
			if !startsAt(sub, what) {
				return false
			}
		}
		return true
	case kCapture, kAtomic:
		return startsAt(p.subs[0], what)
	}
	return false
}

// maxNeeds is how many strings are worth looking for before a search.
const maxNeeds = 12

// needs returns strings of which each match has at least one, or nil where there are none worth
// looking for.
func needs(p *piece) []string {
	if p.needs == nil {
		words := findNeeds(p)
		p.needs = &words
	}
	return *p.needs
}

func findNeeds(p *piece) []string {
	switch p.kind {
	case kSet:
		if b, ok := p.set.single(); ok {
			return []string{string([]byte{b})}
		}
	case kSeq:
		return seqNeeds(p.subs)
	case kAlt:
		var all []string
		for _, sub := range p.subs {
			words := needs(sub)
			if words == nil {
				return nil
			}
			all = append(all, words...)
		}
		if len(all) <= maxNeeds {
			return all
		}
	case kRepeat:
		if p.min > 0 {
			return needs(p.subs[0])
		}
	case kCapture, kAtomic:
		return needs(p.subs[0])
	}
	return nil
}

// seqNeeds picks the best among the runs of single bytes and what the other pieces need.
func seqNeeds(subs []*piece) []string {
	var best []string
	consider := func(words []string) {
		if words != nil && (best == nil || shortest(words) > shortest(best)) {
			best = words
		}
	}
	run := ""
	for _, sub := range subs {
		if sub.kind == kSet {
			if b, ok := sub.set.single(); ok {
				run += string([]byte{b})
				continue
			}
		}
		if run != "" {
			consider([]string{run})
		}
		run = ""
		consider(needs(sub))
	}
	if run != "" {
		consider([]string{run})
	}
	return best
}

// shortest returns the length of the shortest word, lowered by how many there are.
func shortest(words []string) int {
	n := len(words[0])
	for _, w := range words {
		n = min(n, len(w))
	}
	return 4*n - len(words)
}
