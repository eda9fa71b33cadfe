// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"slices"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// TestAsksBefore holds the ways to ask whether a function may sleep against whether they keep it from msleep. A flag that was
// named was enough once, so that "if (!rcu) return;" and "if (rcu) mask = 0;" passed.
func TestAsksBefore(t *testing.T) {
	for body, want := range map[string]bool{
		"if (rcu) return 1; msleep();":                              true,
		"if (unlikely(rcu)) { x(); return 1; } msleep();":           true,
		"if ((m & rcu) != 0) goto out; msleep();":                   true,
		"if ((m & rcu) == 0) msleep();":                             true,
		"if (!(m & rcu)) { msleep(); }":                             true,
		"if (rcu) x(); else msleep();":                              true,
		"if (rcu || y) return 1; msleep();":                         true,
		"bool no = m & rcu; if (no) return 1; msleep();":            true,
		"x(rcu); msleep();":                                         true,
		"x(rcu ? 1 : 2); msleep();":                                 true,
		"int f = rcu ? 1 : 2; msleep(f);":                           true,
		"msleep(rcu ? 1 : 2);":                                      false,
		"if (!rcu) return 1; msleep();":                             false,
		"if (rcu) m = 0; msleep();":                                 false,
		"if (rcu) msleep();":                                        false,
		"if (rcu) { if (x) return 1; } msleep();":                   true,
		"msleep(); if (rcu) return 1;":                              false,
		"bool no = rcu; msleep();":                                  false,
		"if (!rcu) x(); msleep();":                                  false,
		"msleep();":                                                 false,
		"if (x) return 1; msleep();":                                false,
		"if (rcu) return 1; if (x) { if (!y) return 2; msleep(); }": true,
		"if (!!rcu) return 1; msleep();":                            true,
		"if (!rcu) { x(); } else { return 1; } msleep();":           true,
		"for (;;) { if (rcu) break; msleep(); }":                    true,
	} {
		u := ctype.ParseUnit("x.c", []byte("int f(bool rcu)\n{\n"+body+"\n}\n"), nil)
		fn := u.Find("f")[0]
		at := fn.Body[slices.IndexFunc(fn.Body, func(t ctype.Token) bool { return t.Is("msleep") })].Pos()
		if got := asksBefore(fn, "rcu", at); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}
