// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"maps"
	"testing"
)

const countBlocks = `
#if IS_ENABLED(CONFIG_SECURITY_YAMA)
#define YAMA_ENABLED 1,
#else
#define YAMA_ENABLED
#endif
#if IS_ENABLED(CONFIG_SECURITY_MINE)
#define MINE_ENABLED 1,
#else
#define MINE_ENABLED
#endif
`

// A list of LSMs with a name of its own was not looked into, so each LSM in it was "not counted".
func TestCountedFollowsMacros(t *testing.T) {
	both := map[string]int{"SECURITY_YAMA": 1, "SECURITY_MINE": 1}
	for _, c := range []struct {
		name, text string
		want       map[string]int
	}{
		{"in place", "#define MAX_LSM_COUNT COUNT_LSMS( \\\n YAMA_ENABLED \\\n MINE_ENABLED)\n", both},
		{"by a list", "#define LIST YAMA_ENABLED MINE_ENABLED\n#define MAX_LSM_COUNT COUNT_LSMS(LIST)\n", both},
		{"by a macro", "#define FOR_LSMS(MACRO) MACRO(YAMA_ENABLED MINE_ENABLED)\n#define MAX_LSM_COUNT FOR_LSMS(COUNT_LSMS)\n", both},
		{"one left out", "#define LIST YAMA_ENABLED\n#define MAX_LSM_COUNT COUNT_LSMS(LIST)\n",
			map[string]int{"SECURITY_YAMA": 1}},
		{"round in circles", "#define A B YAMA_ENABLED\n#define B A MINE_ENABLED\n#define MAX_LSM_COUNT A\n", both},
		{"several of one symbol", "#if IS_ENABLED(CONFIG_SECURITY_MINE)\n#define MORE 1, 1,\n#endif\n#define MAX_LSM_COUNT COUNT_LSMS(YAMA_ENABLED YAMA_ENABLED MINE_ENABLED MORE)\n",
			map[string]int{"SECURITY_YAMA": 2, "SECURITY_MINE": 3}},
		{"none", "#define LIST YAMA_ENABLED MINE_ENABLED\n", nil},
	} {
		if got := counted([]byte(countBlocks + c.text)); !maps.Equal(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
