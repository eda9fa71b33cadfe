// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset"
)

func TestPick(t *testing.T) {
	set := &patchset.Set{Total: 4}
	for i, title := range []string{"lsm: a", "docs/lsm: b", "lsm: c", "lsm: d"} {
		set.Patches = append(set.Patches, &patchset.Patch{Index: i + 1, Title: title})
	}
	for spec, want := range map[string]string{
		"1-2,4": "1 2 4", "3": "3", "3-": "3 4", " 2 , 3": "2 3", "*lsm: b": "2", "docs*": "2", "lsm: [ac]": "1 3",
		"5": "no patch 5", "1-7": "no patch 5", "1,9-12": "no patch 9", "5-": "none of the 4", "4-,1": "1 4", "2-1": "names no patches", "0": "names no patches", "-": "names no patches", "[": "syntax error",
	} {
		var got []string
		picked, err := Pick(set, spec)
		if err != nil {
			got = append(got, err.Error())
		} else {
			for _, p := range picked.Patches {
				got = append(got, fmt.Sprint(p.Index))
			}
		}
		if s := strings.Join(got, " "); !strings.Contains(s, want) || err == nil && s != want {
			t.Errorf("%q: got %s, want %s", spec, s, want)
		}
	}
	if len(set.Patches) != 4 || set.Picked {
		t.Error("the set itself was changed")
	}
}
