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
)

// Pick returns set with the patches alone that spec names: numbers and ranges such as "1-3,5", or a
// shell pattern that fits their titles. Picked is set, so that no check takes the rest for missing.
func Pick(set *patchset.Set, spec string) (*patchset.Set, error) {
	wanted, err := picker(spec)
	if err != nil {
		return nil, hint.Wrap(err, "-P takes numbers such as 1-3,5, or a pattern such as '*docs*'")
	}
	out := *set
	out.Picked = true
	out.Patches = slices.DeleteFunc(slices.Clone(set.Patches), func(p *patchset.Patch) bool { return !wanted(p) })
	if len(out.Patches) == 0 {
		return nil, fmt.Errorf("%w: none of the %d fits %q", ErrNoPatches, len(set.Patches), spec)
	}
	return &out, nil
}

// picker returns whether a patch is one that spec names.
func picker(spec string) (func(*patchset.Patch) bool, error) {
	if strings.Trim(spec, "0123456789-, ") != "" {
		if _, err := path.Match(spec, ""); err != nil {
			return nil, fmt.Errorf("%q: %w", spec, err)
		}
		flat := strings.NewReplacer("/", "\x00") // a slash in a title is no border
		return func(p *patchset.Patch) bool {
			ok, _ := path.Match(flat.Replace(spec), flat.Replace(p.Title))
			return ok
		}, nil
	}
	var ranges [][2]int
	for part := range strings.SplitSeq(spec, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if isRange && to == "" { // "3-" is all from the third on
			last, err2 = 1<<30, nil
		}
		if err1 != nil || err2 != nil || first < 1 || last < first {
			return nil, fmt.Errorf("%q names no patches", spec)
		}
		ranges = append(ranges, [2]int{first, last})
	}
	return func(p *patchset.Patch) bool {
		return slices.ContainsFunc(ranges, func(r [2]int) bool { return r[0] <= p.Index && p.Index <= r[1] })
	}, nil
}
