// SPDX-License-Identifier: GPL-2.0-only

package symbols

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// FuzzConfig: what is read of a .config and written again is read the same.
func FuzzConfig(f *testing.F) {
	f.Add("CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=\"a\\\"b=c\"\nCONFIG_D=0x10\n#\n# Heading\n#\nCONFIG_A=m\n")
	f.Add("  CONFIG_A=y\r\nCONFIG_=y\nCONFIG_A\nA=y\n# CONFIG_A is not set")
	f.Fuzz(func(t *testing.T, text string) {
		read := ParseConfig(text)
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(read)) {
			if strings.ContainsAny(name, " =\n#") || strings.Contains(read[name], "\n") {
				t.Errorf("%q = %q", name, read[name])
			}
			fmt.Fprintf(&b, "CONFIG_%s=%s\n", name, read[name])
		}
		if again := ParseConfig(b.String()); !maps.Equal(read, again) {
			t.Errorf("%v became %v", read, again)
		}
	})
}

// FuzzParse: the facts that conf prints of a Kconfig are read, or refused, whatever a tree makes it print.
func FuzzParse(f *testing.F) {
	f.Add("symbol A bool\nprompt A y\ndepends A B && !C\nselect A D if E\ndefault A y if (B || C=m)\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse(strings.NewReader(text))
		if (m == nil) == (err == nil) {
			t.Errorf("%v, %v", m, err)
		}
	})
}
