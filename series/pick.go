// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Pick returns set with the patches alone that spec names: numbers and ranges such as "1-3,5", or a
// shell pattern that fits their titles. Picked is set, so that no check takes the rest for missing; so each
// number that spec names has to be there.
func Pick(set *patchset.Set, spec string) (*patchset.Set, error) {
	wanted, ranges, err := picker(spec)
	if err != nil {
		return nil, hint.Wrap(err, "-P takes numbers such as 1-3,5, or a pattern such as '*docs*'")
	}
	there := map[int]bool{}
	for _, p := range set.Patches {
		there[p.Index] = true
	}
	for _, r := range ranges {
		for n := r.first; n <= r.last; n++ { // of a range that is not there the first number is told
			if !there[n] {
				return nil, hint.Wrap(fmt.Errorf("there is no patch %d", n), "the series has "+report.Plural(len(set.Patches), "patch")+"; 3- is all from the third on")
			}
		}
	}
	out := *set
	out.Picked = true
	out.Patches = slices.DeleteFunc(slices.Clone(set.Patches), func(p *patchset.Patch) bool { return !wanted(p) })
	if len(out.Patches) == 0 {
		err := fmt.Errorf("%w: none of the %d fits %q", ErrNoPatches, len(set.Patches), spec)
		if !strings.ContainsAny(spec, "*?[") {
			err = hint.Wrap(err, "a pattern fits a whole title: '*"+spec+"*'")
		}
		return nil, err
	}
	return &out, nil
}

// A numberRange is some patches by number. In one that is open, as "3-" is, the last is 0.
type numberRange struct{ first, last int }

func (r numberRange) has(n int) bool { return r.first <= n && (n <= r.last || r.last == 0) }

// picker returns whether a patch is one that spec names, and the numbers that it names.
func picker(spec string) (func(*patchset.Patch) bool, []numberRange, error) {
	if strings.Trim(spec, "0123456789-, ") != "" {
		if _, err := path.Match(spec, ""); err != nil {
			return nil, nil, fmt.Errorf("%q: %w", spec, err)
		}
		flat := strings.NewReplacer("/", "\x00") // a slash in a title is no border
		return func(p *patchset.Patch) bool {
			ok, _ := path.Match(flat.Replace(spec), flat.Replace(p.Title))
			return ok
		}, nil, nil
	}
	var ranges []numberRange
	for part := range strings.SplitSeq(spec, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		isOpen := isRange && to == "" // "3-" is all from the third on
		if err1 != nil || err2 != nil && !isOpen || first < 1 || last < first && !isOpen {
			return nil, nil, fmt.Errorf("%q names no patches", spec)
		}
		ranges = append(ranges, numberRange{first, last})
	}
	return func(p *patchset.Patch) bool {
		return slices.ContainsFunc(ranges, func(r numberRange) bool { return r.has(p.Index) })
	}, ranges, nil
}
