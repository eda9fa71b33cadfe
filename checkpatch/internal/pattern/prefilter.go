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

// The most strings that stand for one run of pieces, and for a pattern.
const (
	maxExact = 12
	maxNeeds = 48
)

// needs returns strings of which each match of p has at least one, or nil where there are none worth
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
		return exactly(p)
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

// exactly returns all strings that p matches, conditions on what is around aside, or nil where they are too many.
func exactly(p *piece) []string {
	switch p.kind {
	case kSet:
		return p.set.strings(maxExact)
	case kSeq:
		all := nothing
		for subs := p.subs; len(subs) > 0; {
			var words []string
			if words, subs = exactlyFirst(subs); len(words) == 0 {
				return nil
			}
			if all = product(all, words); all == nil {
				return nil
			}
		}
		return all
	case kAlt:
		var all []string
		for _, sub := range p.subs {
			words := exactly(sub)
			if words == nil {
				return nil
			}
			all = append(all, words...)
		}
		if len(all) <= maxExact {
			return all
		}
	case kCapture, kAtomic:
		return exactly(p.subs[0])
	case kAssert, kLook, kEmpty:
		return nothing
	}
	return nil
}

// nothing is the empty string alone, to which others are added.
var nothing = []string{""}

// exactlyFirst is exactly for the first of subs, or for the single bytes that they start with, and returns those that are left.
func exactlyFirst(subs []*piece) (words []string, rest []*piece) {
	n := 0
	for n < len(subs) && subs[n].isByte() {
		n++
	}
	if n < 2 {
		return exactly(subs[0]), subs[1:]
	}
	return []string{string(bytesOf(subs[:n]))}, subs[n:]
}

// product returns each of heads with each of tails behind it, or nil where there are too many.
func product(heads, tails []string) []string {
	switch {
	case len(heads)*len(tails) > maxExact || len(heads) == 0 || len(tails) == 0:
		return nil
	case len(heads) == 1 && heads[0] == "":
		return tails
	case len(tails) == 1 && tails[0] == "":
		return heads
	}
	all := make([]string, 0, len(heads)*len(tails))
	for _, head := range heads {
		for _, tail := range tails {
			all = append(all, head+tail)
		}
	}
	return all
}

// seqNeeds picks the best among the strings that runs of pieces match, and what single pieces need.
func seqNeeds(subs []*piece) []string {
	var best []string
	consider := func(words []string) {
		if len(words) > 0 && shortest(words) > 0 && (best == nil || worth(words) > worth(best)) {
			best = words
		}
	}
	run := nothing
	for len(subs) > 0 {
		sub := subs[0]
		// Of what is repeated, one end touches each neighbour.
		repeated := sub.kind == kRepeat && sub.min > 0
		var words []string
		if repeated {
			words, subs = exactly(sub.subs[0]), subs[1:]
		} else {
			words, subs = exactlyFirst(subs)
		}
		longer := product(run, words)
		if longer == nil {
			consider(run)
			consider(needs(sub))
			longer = words
		}
		if repeated {
			consider(longer)
			longer = words
		}
		if longer == nil {
			longer = nothing
		}
		run = longer
	}
	consider(run)
	return best
}

// worth ranks words: long ones are rare, and few are found fast.
func worth(words []string) int { return 4*shortest(words) - len(words) }

func shortest(words []string) int {
	n := len(words[0])
	for _, w := range words {
		n = min(n, len(w))
	}
	return n
}
