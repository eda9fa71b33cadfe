// SPDX-License-Identifier: GPL-2.0-only

package symbols

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var (
	setRE   = lazyregexp.New(`^CONFIG_([A-Za-z0-9_]+)=(.*)$`)
	unsetRE = lazyregexp.New(`^# CONFIG_([A-Za-z0-9_]+) is not set$`)
)

// ParseConfig returns the symbols of a .config or a fragment with their values, without CONFIG_; "n"
// for one that is said not to be set. Other lines mean nothing.
func ParseConfig(text string) map[string]string {
	symbols := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if m := setRE.FindStringSubmatch(line); m != nil {
			symbols[m[1]] = m[2]
		} else if m := unsetRE.FindStringSubmatch(line); m != nil {
			symbols[m[1]] = "n"
		}
	}
	return symbols
}
