// SPDX-License-Identifier: GPL-2.0-only

package lazyregexp

import (
	"sync"
	"testing"
)

func TestNewPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New took what is no regular expression")
		}
	}()
	New("(")
}

func TestFirstUse(t *testing.T) {
	r := &Regexp{expr: `a(b+)`}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if m := r.FindStringSubmatch("xabb"); len(m) != 2 || m[1] != "bb" {
				t.Errorf("got %q", m)
			}
		})
	}
	group.Wait()
}
