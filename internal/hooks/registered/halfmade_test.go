// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
)

// TestUnfinishedCred: credentials that a hook may change are not finished; those that it may only read are.
func TestUnfinishedCred(t *testing.T) {
	hooks, bad := defs.Parse([]byte(`LSM_HOOK(int, 0, cred_prepare, struct cred *new, const struct cred *old, gfp_t gfp)
LSM_HOOK(int, 0, capget, const struct task_struct *target, struct credit *cred)
`))
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	for _, tc := range []struct {
		hook, param, params int
		want                string
	}{
		{0, 0, 3, "hook cred_prepare gets `struct cred *new` before it is finished"},
		{0, 1, 3, ""}, // const
		{0, 2, 3, ""},
		{0, 0, 2, ""}, // a method that takes other parameters than the hook: nobody knows which is which
		{1, 1, 2, ""}, // another struct
	} {
		if got := unfinishedCred(&hooks[tc.hook], tc.param, tc.params); got != tc.want {
			t.Errorf("%+v: %q", tc, got)
		}
	}
}
