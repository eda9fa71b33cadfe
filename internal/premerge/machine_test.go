// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"encoding/json"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/boot"
)

// A boot in which no test ran looked like one in which all did, and a User Mode Linux was said to lack KVM.
func TestBootSummary(t *testing.T) {
	const common = `"booted": true, "active": ["capability", "yama"], "hook_lines": ["yama: hook"], `
	for _, c := range []struct{ result, want string }{
		{`{"booted": false}`, "the kernel does not come up"},
		{`{` + common + `"arch": "um"}`, "capability,yama; 1 log line of hooks; User Mode Linux"},
		{`{` + common + `"arch": "x86_64", "kvm": true}`, "capability,yama; 1 log line of hooks; under KVM"},
		{`{` + common + `"arch": "arm64", "tests": [{"name": "a", "status": "passed"}, {"name": "b", "status": "passed"}, {"name": "c", "status": "skipped"}]}`,
			"capability,yama; 1 log line of hooks; 3 tests, 2 passed, 1 skipped; without KVM"},
	} {
		var b boot.Result
		if err := json.Unmarshal([]byte(c.result), &b); err != nil {
			t.Fatal(err)
		}
		if got := bootSummary(&b); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
